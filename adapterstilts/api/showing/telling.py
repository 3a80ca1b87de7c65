"""What is told of something: of a repository by what is fetched of it, of a folder by all of it.

Only configurations, the card and the records are read; of a folder the headers of its weights too.
"""

import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from adapterstilts.api.showing.describing import described
from adapterstilts.api.showing.shown import KINDS, Place, Shown
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, Listing, names
from adapterstilts.core.records import PUBLISHED
from adapterstilts.modeling import headers, locate
from adapterstilts.modeling.foreign import files
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import FUSION, HEAD, SETUP
from adapterstilts.publishing.card import reading
from adapterstilts.stages.references import head_of
from adapterstilts.tasks.registry import TASKS

_DEEPEST, _MOST, _SMALL = 4, 2000, 200
"""Parts of a path, files of a folder that are looked at, and small ones that are fetched."""
_TASK, _BASE, _METHOD = "TASK", "BACKBONE", "seq_bn"


def of_listing(listing: Listing, client: Hub, *, backbone: str) -> Shown:
    """Return what a repository is at a commit.

    Args:
        listing: Its files.
        client: The Hub.
        backbone: What it is compared with.
    """
    small = _small(listing)
    absent = client.missing(listing, small) if client.offline else ()
    here = [name for name in small if name not in absent]
    folder = client.fetch(listing, here)
    place = Place(
        asked=listing.repository.expression,
        folder=folder,
        files={name: file.size for name, file in listing.files.items()},
        absent=absent,
        whole=False,
    )
    refused, used = "", tuple[str, ...]()
    try:
        used = files.wanted(listing)
    except StiltsError as error:
        refused = str(error)
    found = described(place, client, backbone)
    if found.leads_to and not found.kind:
        refused = ""
    return _told(replace(found, commit=listing.commit, used=used), place, refused or found.refused)


def of_folder(folder: Path, text: str, client: Hub, *, backbone: str) -> Shown:
    """Return what a folder is.

    Args:
        folder: The folder.
        text: How it was named.
        client: The Hub, for a backbone.
        backbone: What it is compared with.
    """
    place = Place(asked=f"path({text})", folder=folder, files=dict(_walked(folder)), whole=True)
    found = described(place, client, backbone)
    return _told(found, place, found.refused)


def _small(listing: Listing) -> tuple[str, ...]:
    """Return the files of a repository that say what the others are, none of them large."""
    wanted = {*KINDS, reading.CARD, PUBLISHED}
    names = [
        name
        for name, file in listing.files.items()
        if PurePosixPath(name).name in wanted
        and name.count("/") < _DEEPEST
        and file.size <= headers.DOCUMENT
    ]
    return tuple(names[:_SMALL])


def _walked(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the files of a folder with their bytes, so deep and so many at most."""
    count = 0
    for parent, folders, inside in os.walk(folder):
        inner = Path(parent).relative_to(folder)
        folders[:] = sorted(folders) if len(inner.parts) < _DEEPEST - 1 else []
        for name in sorted(inside):
            path = Path(parent) / name
            if not path.is_file():
                continue
            count += 1
            if count > _MOST:
                return
            yield (inner / name).as_posix(), path.stat().st_size


def _told(found: Shown, place: Place, refused: str) -> Shown:
    """Return what is known, with why it is refused or what would use it."""
    refused = refused or found.misfit
    return replace(found, refused=refused, uses=() if refused else tuple(_uses(found, place)))


def _uses(found: Shown, place: Place) -> Iterator[str]:
    """Yield commands and code that use something."""
    if found.leads_to and not found.kind:
        yield shlex.join(["adapterstilts", "show", next(iter(found.leads_to))])
        return
    base = found.on or (found.backbone if _is_model(found.backbone) else _BASE)
    loaded = place.asked if place.asked.startswith(names.WORD) else str(place.folder)
    load = f"stilts.load({json.dumps(base)}, {json.dumps(loaded)})"
    if found.is_part or found.kind == FUSION:
        # Alone they are of no use; the stage of a store knows what belongs to them.
        yield from [load] if place.is_stage else []
        return
    options = [] if found.method == _METHOD else ["--method", found.method]
    options += [] if base == locate.TOYWORLD else ["--backbone", base]
    ways = ["zero"] if found.heads else []
    if method(found.method).stacks:
        ways.append("stack")
    elif found.kind not in (SETUP, HEAD):
        ways.append("continue")
    for way in ways:
        command = ["adapterstilts", "evaluate", _task(found), "--on", f"{way}({found.name})"]
        yield shlex.join([*command, *options])
    yield load


def _is_model(name: str) -> bool:
    """Return whether a name that a file says can be a backbone's, and no more than that."""
    return name in locate.EMBEDDED or names.is_like_one(name)


def _task(found: Shown) -> str:
    """Return a task that it answers, by its records or by its labels."""
    # A mix was trained on several, and each has a head by its name.
    known = [name for name in (*found.tasks, *(top.name for top in found.heads)) if name in TASKS]
    labels = [top.labels for top in found.heads if top.labels]
    for name in TASKS.names() if labels else ():
        if head_of(TASKS.get(name)).labels == labels[0]:
            known.append(name)
    return known[0] if known else _TASK
