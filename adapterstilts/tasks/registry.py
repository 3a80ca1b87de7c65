"""Every format, task, metric and reader by its name; adding one is adding its declaration."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import partial
from typing import Any

from adapterstilts.core.registry import Registry
from adapterstilts.tasks import readers
from adapterstilts.tasks.formats.format import Format
from adapterstilts.tasks.metrics import Metric
from adapterstilts.tasks.readers.reader import Converter, Reader
from adapterstilts.tasks.task import Task


def _tables(attribute: str) -> Iterator[tuple[str, Any]]:
    """Yield what the modules of `tasks/readers` say that they have, imported when it is asked."""
    for module in pkgutil.iter_modules(readers.__path__):
        found = importlib.import_module(f"{readers.__name__}.{module.name}")
        table = getattr(found, attribute, {})
        # A module that looks others up has the registry under the same name.
        yield from table.items() if isinstance(table, dict) else ()


FORMATS: Registry[Format] = Registry("format", package="adapterstilts.tasks.formats", of=Format)
"""One module each in `tasks/formats`."""
TASKS: Registry[Task] = Registry("task", package="adapterstilts.tasks.catalog", of=Task)
"""Declarations in `tasks/catalog`."""
METRICS: Registry[Metric] = Registry("metric", package="adapterstilts.tasks.metrics", of=Metric)
"""Declarations in `tasks/metrics.py`."""
READERS: Registry[Reader] = Registry("reader", entries=partial(_tables, "READERS"))
"""The tables `READERS` of the modules in `tasks/readers`."""
CONVERTERS: Registry[Converter] = Registry("converter", entries=partial(_tables, "CONVERTERS"))
"""The tables `CONVERTERS` of the modules in `tasks/readers`."""
