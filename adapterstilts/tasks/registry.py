"""Every format, task and metric by its name; adding one is adding its declaration."""

from adapterstilts.core.registry import Registry
from adapterstilts.tasks.formats.format import Format
from adapterstilts.tasks.metrics import Metric
from adapterstilts.tasks.task import Task

FORMATS: Registry[Format] = Registry("format", package="adapterstilts.tasks.formats", of=Format)
"""One module each in `tasks/formats`."""
TASKS: Registry[Task] = Registry("task", package="adapterstilts.tasks.catalog", of=Task)
"""Declarations in `tasks/catalog`."""
METRICS: Registry[Metric] = Registry("metric", package="adapterstilts.tasks.metrics", of=Metric)
"""Declarations in `tasks/metrics.py`."""
