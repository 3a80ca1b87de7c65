"""Where a backbone is: the embedded one, a folder, or a repository of the Hub.

Nothing here loads torch, so that a plan can be made, and data encoded, without it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.toyworld import embedded

TOYWORLD = "toyworld"
"""The backbone that comes with the package."""
RANDOM = "toyworld-random"
"""Its architecture with random weights: what a backbone must beat to be worth its name."""

SUPPORTED = ("xlm-roberta",)
"""Architectures (`model_type`) that the parity tests have seen."""

_FORBIDDEN = {
    # GHSA-29pf-2h5f-8g72: transformers 4.57 would download and run what this key names.
    "_attn_implementation_internal": "makes transformers run code from the Hub",
    "auto_map": "asks for code from the repository to be run",
}
_FILES = ("config.json", "tokenizer.json", "model.safetensors", "model.safetensors.index.json")


@dataclass(frozen=True, kw_only=True)
class Located:
    """A backbone whose files are at hand and whose configuration has been checked."""

    name: str
    """What the user called it; what files that belong to it say."""
    folder: Path
    """Folder with `config.json`, `tokenizer.json` and, unless it is random, the weights."""
    revision: str
    """Commit of the Hub, or digest of the local files."""
    random: bool = False
    """Whether the weights are to be drawn instead of read."""


def is_local(name: str) -> bool:
    """Return whether the backbone is on this machine by definition."""
    return name in (TOYWORLD, RANDOM) or Path(name).is_dir() or name.startswith((".", "/", "~"))


def stated_revision(name: str, revision: str) -> str:
    """Return what the identity of a stage says of the backbone's version.

    A folder is what its files hold, wherever it lies; a repository is what the recipe asks for, and
    its commit is resolved at first use and recorded.
    """
    return _digest(folder_of(name), name) if is_local(name) else revision


def locate(name: str, revision: str, *, pinned: str = "", offline: bool = False) -> Located:
    """Return the backbone's checked files, fetched from the Hub where that is where it is."""
    if is_local(name):
        folder = folder_of(name)
        found = Located(name=name, folder=folder, revision=_digest(folder, name), random=name == RANDOM)
    else:
        found = _from_hub(name, pinned or revision, offline=offline)
    check(found)
    return found


def trained(name: str, folder: Path) -> Located:
    """Return a backbone that a stage of ours has trained."""
    found = Located(name=name, folder=folder, revision=_digest(folder, name))
    check(found)
    return found


def check(found: Located) -> None:
    """Refuse a backbone that is not safe or not of a known architecture."""
    place = f"backbone '{found.name}' in {found.folder}"
    config = _config(found.folder, place)
    for key, why in _FORBIDDEN.items():
        if key in config:
            raise StiltsError(f"refused {place}: config.json has '{key}', which {why}; remove the key")
    if config.get("model_type") not in SUPPORTED:
        raise StiltsError(
            f"refused {place}: model_type {config.get('model_type')!r} is not one of"
            f" {', '.join(SUPPORTED)}; take an XLM-R checkpoint"
        )
    if not (found.folder / "tokenizer.json").is_file():
        raise StiltsError(
            f"{place} has no tokenizer.json: save the fast tokenizer there with"
            " AutoTokenizer.from_pretrained(…).save_pretrained(folder)"
        )
    if not found.random and not any((found.folder / name).is_file() for name in _FILES[2:]):
        raise StiltsError(
            f"refused {place}: it holds no safetensors, and nothing is unpickled here; convert the"
            " weights with model.save_pretrained(folder, safe_serialization=True)"
        )


def folder_of(name: str) -> Path:
    """Return the folder of a backbone that is on this machine."""
    if name in (TOYWORLD, RANDOM):
        return embedded.folder()
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise StiltsError(f"no backbone at {folder}: give a folder with config.json and model.safetensors")
    return folder.resolve()


def _digest(folder: Path, name: str) -> str:
    names = _FILES[:2] if name == RANDOM else sorted(path.name for path in folder.glob("*.safetensors"))
    files = {file: file_digest(folder / file) for file in {*_FILES[:2], *names} if (folder / file).is_file()}
    return fingerprint(files)


def _config(folder: Path, place: str) -> dict[str, object]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StiltsError(f"{place} has no config.json: it is not a saved model") from error
    except ValueError as error:
        raise StiltsError(f"{place}: config.json is not JSON ({error})") from error
    if not isinstance(config, dict):
        raise StiltsError(f"{place}: config.json is not a JSON object")
    return config


def _from_hub(name: str, revision: str, *, offline: bool) -> Located:
    from huggingface_hub import snapshot_download  # heavy; only where the Hub is really meant
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    offline = offline or os.environ.get("HF_HUB_OFFLINE", "") in ("1", "ON", "YES", "TRUE")
    try:
        folder = Path(
            snapshot_download(
                name, revision=revision, allow_patterns=list(_FILES) + ["model-*.safetensors"],
                local_files_only=offline,
            )
        )  # fmt: skip
    except RepositoryNotFoundError as error:
        raise StiltsError(
            f"no backbone '{name}' on the Hub, nor a folder of that name; for a private repository"
            " log in with `hf auth login`"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as error:
        raise StiltsError(
            f"backbone '{name}' at revision '{revision}' could not be fetched ({type(error).__name__}):"
            f" connect to the network and run `hf download {name} --revision {revision}` once,"
            " or give a local folder, or use the embedded backbone 'toyworld'"
        ) from error
    return Located(name=name, folder=folder, revision=folder.name)
