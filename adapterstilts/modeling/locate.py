"""Where a backbone is: the embedded one, a folder, or a repository of the Hub.

Nothing here loads torch, so that a plan can be made, and data encoded, without it.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.hub import Listing, cached
from adapterstilts.core.progress import Report, unheard
from adapterstilts.modeling import filenames, headers, model_configs
from adapterstilts.toyworld import embedded

TOYWORLD = "toyworld"
"""The backbone that comes with the package."""
RANDOM = "toyworld-random"
"""Its architecture with random weights: what a backbone must beat to be worth its name."""
EMBEDDED = (TOYWORLD, RANDOM)
"""Backbones that come with this package, and are on no Hub."""

SUPPORTED = ("xlm-roberta",)
"""Architectures (`model_type`) that the parity tests have seen."""

_FORBIDDEN = {
    # GHSA-29pf-2h5f-8g72: transformers 4.57 would download and run what this key names.
    "_attn_implementation_internal": "makes transformers run code from the Hub",
    "auto_map": "asks for code from the repository to be run",
}
CODE = "custom_generate"
"""Folder of code that transformers 4.57 runs when it loads a local model that can generate, which
one with adapters can, whatever it is told of `trust_remote_code`."""
CONFIG, TOKENIZER = "config.json", "tokenizer.json"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_SHARDS = "model-*.safetensors"
_SHARD = re.compile(r"[\w-][\w.-]{0,99}\.safetensors", re.ASCII)
_INDEX, _MOST_SHARDS = 2**22, 200
"""Bytes of a list of weights, and files that they may be in."""


@dataclass(frozen=True, kw_only=True)
class Located:
    """A backbone whose files are at hand and whose configuration has been checked."""

    name: str
    """What the user called it."""
    folder: Path
    """Folder with `config.json`, `tokenizer.json` and, unless it is random, the weights."""
    revision: str
    """Commit of the Hub, or digest of the local files."""
    random: bool = False
    """Whether the weights are to be drawn instead of read."""
    remedy: str = "save it again with model.save_pretrained(folder, safe_serialization=True)"
    """What to do where the files turn out to be broken."""

    @property
    def title(self) -> str:
        """Return what files that belong to it say."""
        return title(self.name)


def is_local(name: str) -> bool:
    """Return whether the backbone is on this machine by definition."""
    return name in (TOYWORLD, RANDOM) or Path(name).is_dir() or name.startswith((".", "/", "~"))


def title(name: str) -> str:
    """Return the name of a backbone for others to read: of a folder its last part, not its path."""
    return folder_of(name).name if is_local(name) and name not in (TOYWORLD, RANDOM) else name


def locate(
    name: str,
    revision: str,
    *,
    pins: hub.Pins | None = None,
    report: Report = unheard,
) -> Located:
    """Return the backbone's checked files, fetched from the Hub where that is where it is.

    Args:
        name: Embedded name, folder or model id.
        revision: Branch, tag or commit of a model id.
        pins: Where commits are kept from their first use on.
        report: Called with how far the fetching is.
    """
    if not is_local(name):
        found = _from_hub(name, revision, pins, report)
        check(found)
        return found
    folder, random = folder_of(name), name == RANDOM
    found = Located(name=name, folder=folder, revision="", random=random)
    check(found)
    return Located(name=name, folder=folder, revision=_digest(folder, random), random=random)


def trained(name: str, folder: Path) -> Located:
    """Return a backbone that a stage of ours has trained."""
    found = Located(
        name=name,
        folder=folder,
        revision=_digest(folder, random=False),
        remedy=f"remove the folder {folder.parent} and run again to train it anew",
    )
    check(found)
    return found


def check(found: Located) -> None:
    """Refuse a backbone that is not safe or not of a known architecture."""
    place, said = f"backbone '{found.name}' in {found.folder}", config(found)
    check_safe(said, found.folder, place)
    if said.get("model_type") not in SUPPORTED:
        raise StiltsError(
            f"refused {place}: model_type {headers.shown(repr(said.get('model_type')))} is not one"
            f" of {', '.join(SUPPORTED)}; take an XLM-R checkpoint"
        )
    if not (found.folder / TOKENIZER).is_file():
        raise StiltsError(
            f"{place} has no tokenizer.json: save the fast tokenizer there with"
            " AutoTokenizer.from_pretrained(…).save_pretrained(folder)"
        )
    if not found.random and not any((found.folder / name).is_file() for name in WEIGHTS):
        raise StiltsError(
            f"refused {place}: it holds no safetensors, and nothing is unpickled here; convert the"
            " weights with model.save_pretrained(folder, safe_serialization=True)"
        )


def check_safe(config: Mapping[str, Any], folder: Path, place: str) -> None:
    """Refuse a model that would have code run that came with it."""
    if (folder / CODE).exists():
        raise StiltsError(
            f"refused {place}: it has '{CODE}', code that would be run in place of transformers'"
            " own; copy the other files to a folder without it"
        )
    if (folder / filenames.ADAPTER_CONFIG).is_file():
        # With PEFT installed, transformers 4.57 loads the model that the adapter names instead.
        raise StiltsError(
            f"refused {place}: it has an {filenames.ADAPTER_CONFIG} beside its model, and the model"
            " that this names would be loaded instead; copy the other files to a folder without it"
        )
    for key, why in _FORBIDDEN.items():
        if key in config:
            raise StiltsError(
                f"refused {place}: config.json has '{key}', which {why}; remove the key"
            )
    if config.get("model_type") in SUPPORTED:
        model_configs.check(config, place)


def config(found: Located) -> dict[str, Any]:
    """Return what the configuration of a backbone says."""
    return said_of(found.folder, f"backbone '{found.name}' in {found.folder}")


def folder_of(name: str) -> Path:
    """Return the folder of a backbone that is on this machine."""
    if name in (TOYWORLD, RANDOM):
        return embedded.folder()
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise StiltsError(
            f"no backbone at {folder}: give a folder with config.json, tokenizer.json and"
            " model.safetensors"
        )
    return folder.resolve()


def _digest(folder: Path, random: bool) -> str:
    """Return what the files hold, wherever they lie."""
    weights = [] if random else sorted(path.name for path in folder.glob("*.safetensors"))
    names = [CONFIG, TOKENIZER, *weights]
    return fingerprint(
        {name: file_digest(folder / name) for name in names if (folder / name).is_file()}
    )


def said_of(folder: Path, place: str) -> dict[str, Any]:
    """Return what the configuration of a saved model says, or refuse what is none."""
    if not (folder / CONFIG).is_file():
        raise StiltsError(
            f"{place} has no config.json, so it is no saved model: give the folder that"
            " model.save_pretrained(folder) wrote"
        )
    return headers.document(folder / CONFIG)


def wanted(listing: Listing) -> tuple[str, ...]:
    """Return the files of a repository that a backbone is made of, where it has them."""
    return of_model(listing.files, (CONFIG, TOKENIZER))


def of_model(names: Collection[str], beside: Sequence[str]) -> tuple[str, ...]:
    """Return those of some files that a model is made of: some beside its weights, and these."""
    whole = WEIGHTS[0] in names
    weights = {
        name for name in names if name in WEIGHTS or (not whole and fnmatchcase(name, _SHARDS))
    }
    return tuple(name for name in (*beside, *sorted(weights)) if name in names)


def _from_hub(name: str, revision: str, pins: hub.Pins | None, report: Report) -> Located:
    client, repository = hub.here(), hub.Repository(name=name, revision=revision, kind="model")
    try:
        commit = client.pinned(repository, pins)
        folder = snapshot(client, repository, commit, wanted=wanted, report=report)
    except (hub.NotOnHub, UsageError) as error:
        raise StiltsError(
            f"no backbone '{name}' on the Hub, nor a folder of that name: {error}"
        ) from error
    except StiltsError as error:
        raise type(error)(
            f"backbone '{name}' at revision '{revision}' could not be had: {error}; or give a"
            f" local folder, or use the embedded backbone '{TOYWORLD}'"
        ) from error
    return Located(name=name, folder=folder, revision=commit)


def snapshot(
    client: hub.Hub,
    repository: hub.Repository,
    commit: str,
    *,
    wanted: Callable[[Listing], tuple[str, ...]],
    beside: Sequence[str] = (TOKENIZER,),
    report: Report,
) -> Path:
    """Return the folder of a model's files; another program may have fetched them before.

    Args:
        client: The Hub.
        repository: Where the model is.
        commit: Which state of it.
        wanted: Says which files are fetched.
        beside: Files that it needs beside its configuration and its weights.
        report: Called with how far the fetching is.
    """
    try:
        listing = client.listing(repository, commit)
    except hub.NotHere:
        folder = cached.snapshot(client.cache, repository, commit)
        if not is_whole(folder, beside=beside):
            raise
        return folder
    return client.fetch(listing, wanted(listing), report=report)


def is_whole(folder: Path, *, beside: Sequence[str] = (TOKENIZER,)) -> bool:
    """Return whether a folder that nobody has listed holds all that a model is made of.

    Args:
        folder: The folder.
        beside: Files that it needs beside its configuration and its weights.
    """
    try:
        weights = {*shards(folder / WEIGHTS[1])}
    except StiltsError:
        weights = {WEIGHTS[0]}
    return all((folder / name).is_file() for name in (CONFIG, *beside, *weights))


def shards(index: Path) -> tuple[str, ...]:
    """Return the files that weights are in, each a plain name, or refuse the list of them."""
    places = headers.document(index, most=_INDEX).get("weight_map")
    found = sorted({str(name) for name in places.values()}) if isinstance(places, dict) else []
    if not found or len(found) > _MOST_SHARDS or not all(map(_SHARD.fullmatch, found)):
        raise StiltsError(
            f"refused {index}: it does not name the files of the weights, each by a plain name;"
            " save the model again with model.save_pretrained(folder)"
        )
    return tuple(found)
