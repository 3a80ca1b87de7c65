"""English intermediate-task training for zero-shot cross-lingual transfer, with adapters.

What is listed here is loaded when it is first asked for, so that importing the package, and asking
the command line for help, loads no torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapterstilts.api.compare import compare
    from adapterstilts.api.evaluate import evaluate
    from adapterstilts.api.load import load
    from adapterstilts.api.publishing.publish import card, publish
    from adapterstilts.api.run import run
    from adapterstilts.api.scores import scores
    from adapterstilts.api.train import train
    from adapterstilts.api.translate import translate
    from adapterstilts.cli.progress import Lines
    from adapterstilts.core.errors import StiltsError, UsageError
    from adapterstilts.modeling.blocks import Average, Fuse, Stack
    from adapterstilts.modeling.ready import Ready

__all__ = [
    "Average",
    "Fuse",
    "Lines",
    "Ready",
    "Stack",
    "StiltsError",
    "UsageError",
    "card",
    "compare",
    "evaluate",
    "load",
    "publish",
    "run",
    "scores",
    "train",
    "translate",
]

_WHERE = {
    "Average": "adapterstilts.modeling.blocks",
    "Fuse": "adapterstilts.modeling.blocks",
    "Lines": "adapterstilts.cli.progress",
    "Ready": "adapterstilts.modeling.ready",
    "Stack": "adapterstilts.modeling.blocks",
    "StiltsError": "adapterstilts.core.errors",
    "UsageError": "adapterstilts.core.errors",
    "card": "adapterstilts.api.publishing.publish",
    "compare": "adapterstilts.api.compare",
    "evaluate": "adapterstilts.api.evaluate",
    "load": "adapterstilts.api.load",
    "publish": "adapterstilts.api.publishing.publish",
    "run": "adapterstilts.api.run",
    "scores": "adapterstilts.api.scores",
    "train": "adapterstilts.api.train",
    "translate": "adapterstilts.api.translate",
}
"""Name to the module that has it."""


def __getattr__(name: str) -> Any:
    """Return a name of the public interface, its module imported at the first use."""
    if name not in _WHERE:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    found = globals()[name] = getattr(importlib.import_module(_WHERE[name]), name)
    return found


def __dir__() -> list[str]:
    """Return the public interface beside what the module has already."""
    return sorted({*globals(), *__all__})
