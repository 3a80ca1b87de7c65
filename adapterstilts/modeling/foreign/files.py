"""The files of a repository of the Hub that something is made of: which are wanted, and which not.

An adapter is wanted, a block of them, or a full model, each with its heads, or a head alone: what
their libraries call their own files, and no other.
"""

from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from adapterstilts.core.errors import StiltsError, some
from adapterstilts.core.hub import Listing
from adapterstilts.core.records import PUBLISHED
from adapterstilts.modeling import filenames, folders, headers, locate
from adapterstilts.modeling.foreign import wholes
from adapterstilts.modeling.foreign.looking import LARGEST
from adapterstilts.modeling.parts import ADAPTER, HEAD, HEADS, MODEL, SETUP

PLACES = (
    ("", filenames.SETUP_CONFIG),
    (f"{SETUP}/", filenames.SETUP_CONFIG),
    (f"{ADAPTER}/", filenames.ADAPTER_CONFIG),
    ("", filenames.ADAPTER_CONFIG),
    (f"{HEAD}/", filenames.HEAD_CONFIG),
    ("", filenames.HEAD_CONFIG),
    (f"{MODEL}/", locate.CONFIG),
    ("", locate.CONFIG),
)
"""Where something may lie, and by which file it is known, in the order of `folders.left`: as a
stage keeps it, or at the root."""
_PARTS = {
    filenames.ADAPTER_CONFIG: filenames.ADAPTER_WEIGHTS,
    filenames.FUSION_CONFIG: filenames.FUSION_WEIGHTS,
    filenames.HEAD_CONFIG: filenames.HEAD_WEIGHTS,
}
"""What a block has in its folders: configurations to weights."""
_WHOLES = {filenames.MODEL_WEIGHTS: "model", filenames.HEAD_WEIGHTS: "head"}
"""Weights to what they are of, where it is no adapter."""
_MOST = 400
"""Files that something may be made of."""
_SHOWN = 5
"""Files that are told; the rest is only counted."""


def folder(listing: Listing) -> str:
    """Return the folder of a repository that it lies in, with a slash if there is one."""
    return _place(listing)[0]


def wanted(listing: Listing) -> tuple[str, ...]:
    """Return the files that are wanted, configurations first, or refuse what has none such."""
    at, kind = _place(listing)
    names = [f"{at}{kind}"]
    if kind == filenames.SETUP_CONFIG:
        names += _pairs(listing, [f"{at}{each}" for each in _folders(listing, at)])
    elif kind == locate.CONFIG:
        names += _model(listing, at)
    elif kind == filenames.HEAD_CONFIG:
        folders.check_alone(str(listing.repository), _inside(listing, at))
        names += _head(listing, at)
    else:
        names += _adapter(listing, at)
    beside = at.removesuffix(f"{MODEL}/").removesuffix(f"{ADAPTER}/")
    if kind != filenames.HEAD_CONFIG:
        heads = [f"{beside}{HEADS}/{each}" for each in _folders(listing, f"{beside}{HEADS}/")]
        names += _pairs(listing, heads)
    if PUBLISHED in listing.files:
        names.append(PUBLISHED)
    found = sorted(dict.fromkeys(names), key=lambda name: not name.endswith(".json"))
    if len(found) > _MOST:
        raise StiltsError(
            f"refused {listing.repository}: it has {len(found):,} files of adapters, and no more"
            f" than {_MOST} are had: name a repository of one"
        )
    for name in found:
        _check_size(listing, name, kind)
    return tuple(found)


def configurations(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some files that say how the others are made."""
    return tuple(name for name in names if name.endswith(".json"))


def is_there(snapshot: Path) -> bool:
    """Return whether a snapshot that nobody has listed holds something whole."""
    for at, kind in PLACES:
        place = snapshot / at
        if not (place / kind).is_file():
            continue
        if kind == filenames.SETUP_CONFIG:
            parts = [
                each for each in place.iterdir() if (each / filenames.ADAPTER_CONFIG).is_file()
            ]
            return all((each / filenames.ADAPTER_WEIGHTS).is_file() for each in parts)
        if kind == locate.CONFIG:
            return locate.is_whole(place)
        if kind == filenames.HEAD_CONFIG:
            return (place / filenames.HEAD_WEIGHTS).is_file()
        weights = (filenames.ADAPTER_WEIGHTS, filenames.PEFT_WEIGHTS)
        return any((place / name).is_file() for name in weights)
    return False


def _place(listing: Listing) -> tuple[str, str]:
    """Return the folder that it lies in, and the file that it is known by."""
    for at, name in PLACES:
        if f"{at}{name}" in listing.files:
            return at, name
    has = headers.shown(some(list(listing.files), most=_SHOWN))
    raise StiltsError(
        f"{listing.repository} holds no adapter, for it has no {filenames.ADAPTER_CONFIG}, nor an"
        f" {filenames.SETUP_CONFIG}, {filenames.HEAD_CONFIG} or the {locate.CONFIG} of a full"
        f" model (it has {has or 'nothing'}): name a repository of an adapter"
    )


def _adapter(listing: Listing, at: str) -> Iterator[str]:
    """Yield the files of one adapter beside its configuration."""
    weights = [filenames.ADAPTER_WEIGHTS, filenames.PEFT_WEIGHTS]
    there = [name for name in weights if f"{at}{name}" in listing.files]
    if not there:
        pickled = f"{at}{PurePosixPath(filenames.PEFT_WEIGHTS).stem}.bin" in listing.files
        raise _lacking(listing, at, weights[pickled])
    yield from (f"{at}{name}" for name in there)
    if f"{at}{filenames.HEAD_CONFIG}" in listing.files:
        yield f"{at}{filenames.HEAD_CONFIG}"
        yield from _head(listing, at)


def _head(listing: Listing, at: str) -> Iterator[str]:
    """Yield the weights of a head beside its configuration."""
    if f"{at}{filenames.HEAD_WEIGHTS}" not in listing.files:
        raise _lacking(listing, at, filenames.HEAD_WEIGHTS)
    yield f"{at}{filenames.HEAD_WEIGHTS}"


def _model(listing: Listing, at: str) -> Iterator[str]:
    """Yield the files of a full model beside its configuration."""
    there = _inside(listing, at)
    weights = locate.of_model(there, ())
    if not weights or weights == (locate.WEIGHTS[1],):
        raise _lacking(listing, at, filenames.MODEL_WEIGHTS)
    if locate.TOKENIZER not in there:
        raise StiltsError(
            f"{listing.repository} has no {at}{locate.TOKENIZER}, so that nobody can say that it"
            " reads as the backbone does: its owner saves the fast tokenizer there too"
        )
    yield f"{at}{locate.TOKENIZER}"
    yield from (f"{at}{name}" for name in weights)


def _inside(listing: Listing, at: str) -> set[str]:
    """Return what lies in a folder, and below it."""
    return {name.removeprefix(at) for name in listing.files if name.startswith(at)}


def _folders(listing: Listing, at: str) -> list[str]:
    """Return the folders directly in a folder."""
    inside = (name[len(at) :].split("/") for name in listing.files if name.startswith(at))
    return list(dict.fromkeys(parts[0] for parts in inside if len(parts) == 2))


def _pairs(listing: Listing, folders: Collection[str]) -> Iterator[str]:
    """Yield the parts of a block, or heads, that lie in some folders."""
    for place in folders:
        for config, weights in _PARTS.items():
            if f"{place}/{config}" not in listing.files:
                continue
            yield f"{place}/{config}"
            if f"{place}/{weights}" not in listing.files:
                raise _lacking(listing, f"{place}/", weights)
            yield f"{place}/{weights}"


def _check_size(listing: Listing, name: str, kind: str) -> None:
    """Refuse a file that is larger than any of its kind."""
    whole = kind == locate.CONFIG
    most = wholes.LARGEST if whole else LARGEST
    if name.endswith(f"/{locate.TOKENIZER}") or name == locate.TOKENIZER:
        most = wholes.VOCABULARY
    elif name.endswith(".json"):
        most = headers.DOCUMENT
    if listing.files[name].size > most:
        what = "a full model" if whole else "an adapter"
        raise StiltsError(
            f"refused {listing.repository}: {headers.shown(name)} has"
            f" {listing.files[name].size:,} bytes, and none of {what} has so many; name a"
            f" repository of {what}"
        )


def _lacking(listing: Listing, at: str, name: str) -> StiltsError:
    pickles = [
        each
        for each in listing.files
        if PurePosixPath(each).suffix in filenames.PICKLES and each.startswith(at)
    ]
    if not pickles:
        return StiltsError(
            f"{listing.repository} lacks {headers.shown(f'{at}{name}')}: name a repository of a"
            f" whole {_WHOLES.get(name, 'adapter')}"
        )
    return StiltsError(
        f"refused {listing.repository}: it has pickles only"
        f" ({headers.shown(', '.join(pickles))}), and nothing is unpickled here; its owner, or"
        f" whoever trusts it, saves it again as safetensors{filenames.CONVERT[name]}, and it is"
        " then had with path(FOLDER) too"
    )
