"""What each example got and could get, as a score stage left it."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.statistics import Tally


def read_tally(folder: Path, language: str, metric: str) -> Tally:
    """Return the tally of one metric in one language, one row an example."""
    path, key = folder / "tallies.safetensors", f"{language}/{metric}"
    try:
        with safe_open(path, framework="np") as stream:
            tally: Tally = stream.get_tensor(key)
    except (OSError, SafetensorError) as error:
        raise _broken(path, f"cannot read '{key}': {error}") from error
    if tally.ndim != 2 or tally.shape[1] != 2:
        raise _broken(path, f"'{key}' has shape {list(tally.shape)} where [n, 2] belongs")
    return tally


def read_ids(folder: Path) -> dict[str, str]:
    """Return language to the digest of the ids of its examples in order."""
    path = folder / "ids.json"
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if not isinstance(ids, dict):
        raise _broken(path, "not a JSON object")
    return {str(language): str(digest) for language, digest in ids.items()}


def _broken(path: Path, reason: str) -> StiltsError:
    return StiltsError(
        f"broken artifact {path}: {reason}; remove the stage's folder and run again to compute it"
    )
