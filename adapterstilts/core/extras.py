"""Optional dependencies: imported where they are used, and named where they are missing."""

import importlib
import importlib.metadata
from types import ModuleType

from adapterstilts.core.errors import StiltsError

DISTRIBUTION = "adapterstilts"
"""Name that pip knows us by."""


def require(module: str, extra: str) -> ModuleType:
    """Return an optional module, or say which extra brings it.

    A module that is installed but broken is another matter: its own error says more.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise StiltsError(
            f"the package '{error.name}' is missing, which the extra '{extra}' brings:"
            f" run `pip install '{DISTRIBUTION}[{extra}]'`"
        ) from error


def version() -> str:
    """Return the installed version of this package."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
