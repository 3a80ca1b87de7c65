"""The files of an adapter in a repository of the Hub: which are wanted, and which are refused."""

from pathlib import PurePosixPath

from adapterstilts.core.errors import StiltsError, some
from adapterstilts.core.hub import Listing
from adapterstilts.modeling import filenames, headers
from adapterstilts.modeling.foreign.looking import LARGEST
from adapterstilts.modeling.parts import ADAPTER

FOLDERS = (f"{ADAPTER}/", "")
"""Where an adapter may lie, in the order of `folders.left`: as a stage keeps it, or at the root."""
_SHOWN = 5
"""Files that are told; the rest is only counted."""


def folder(listing: Listing) -> str:
    """Return the folder of a repository that its adapter lies in, with a slash if there is one."""
    for each in FOLDERS:
        if f"{each}{filenames.ADAPTER_CONFIG}" in listing.files:
            return each
    has = headers.shown(some(list(listing.files), most=_SHOWN))
    raise StiltsError(
        f"{listing.repository} holds no adapter, for it has no {filenames.ADAPTER_CONFIG} (it has"
        f" {has or 'nothing'}): name a repository of an adapter"
    )


def wanted(listing: Listing) -> tuple[str, ...]:
    """Return the files of an adapter, configurations first, or refuse a repository by its list."""
    at = folder(listing)
    names = [filenames.ADAPTER_CONFIG]
    weights = [filenames.ADAPTER_WEIGHTS, filenames.PEFT_WEIGHTS]
    there = [name for name in weights if f"{at}{name}" in listing.files]
    if not there:
        pickled = f"{at}{PurePosixPath(filenames.PEFT_WEIGHTS).stem}.bin" in listing.files
        raise _lacking(listing, at, weights[pickled])
    if f"{at}{filenames.HEAD_CONFIG}" in listing.files:
        names.append(filenames.HEAD_CONFIG)
        there.append(filenames.HEAD_WEIGHTS)
        if f"{at}{filenames.HEAD_WEIGHTS}" not in listing.files:
            raise _lacking(listing, at, filenames.HEAD_WEIGHTS)
    found = tuple(f"{at}{name}" for name in (*names, *there))
    for name in found:
        most = headers.DOCUMENT if name.endswith(".json") else LARGEST
        if listing.files[name].size > most:
            raise StiltsError(
                f"refused {listing.repository}: {name} has {listing.files[name].size:,} bytes, and"
                " none of an adapter has so many; name a repository of an adapter"
            )
    return found


def configurations(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of some files that say how the others are made."""
    return tuple(name for name in names if name.endswith(".json"))


def _lacking(listing: Listing, at: str, name: str) -> StiltsError:
    pickles = [
        each
        for each in listing.files
        if PurePosixPath(each).suffix in filenames.PICKLES and each.startswith(at)
    ]
    if not pickles:
        return StiltsError(
            f"{listing.repository} lacks {at}{name}: name a repository of a whole adapter"
        )
    return StiltsError(
        f"refused {listing.repository}: it has pickles only"
        f" ({headers.shown(', '.join(pickles))}), and nothing is unpickled here; its owner, or"
        f" whoever trusts it, saves it again as safetensors{filenames.CONVERT[name]}, and it is"
        " then had with path(FOLDER) too"
    )
