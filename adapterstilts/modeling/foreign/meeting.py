"""What somebody else has trained, an adapter, a block of several, a head, a full model.

    found = look("downloads/mnli")
    check(found, method=method("seq_bn"), exact=False, backbone=located)

Nothing here loads the libraries. `adopting` and its neighbours compare what is left, every name and
shape of a weight, before they read one.
"""

from pathlib import Path

from adapterstilts.modeling import filenames, folders, headers, locate
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import arrangement, looking, probes, setups, wholes
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import HEAD, MODEL, SETUP


def look(folder: str | Path, *, asked: str = "", within: Path | None = None) -> Foreign:
    """Return what lies in a folder, or refuse what is nothing whole in safetensors.

    Args:
        folder: Its folder, or that of a training stage.
        asked: What messages call it; the folder where it is empty.
        within: Folder that its files may lie in, links followed; its own if None.
    """
    name, place = asked or str(folder), Path(folder)
    kind = folders.left(str(folder), asked=name).kind
    if kind == SETUP:
        return setups.look(place, asked=name, within=within)
    if kind == MODEL:
        return wholes.look(place, asked=name, within=within)
    if kind == HEAD:
        return probes.look(place, asked=name, within=within)
    return looking.look(place, asked=name, within=within)


def check(found: Foreign, *, method: Method, exact: bool, backbone: Located | None) -> Method:
    """Return the method of what was found, or refuse what does not fit.

    Args:
        found: What lies there.
        method: What the recipe makes its modules by.
        exact: Whether it must be made exactly so, because its weights are gone on from or merged;
            else another width or rank is no matter.
        backbone: What it is to stand on; None where that is not known yet.
    """
    if found.left.kind == SETUP:
        return setups.check(found, method=method, exact=exact, backbone=backbone)
    if found.left.kind == MODEL:
        return wholes.check(found, method=method, backbone=backbone)
    if found.left.kind == HEAD:
        return probes.check(found, method=method, backbone=backbone)
    return looking.check(found, method=method, exact=exact, backbone=backbone)


def announced(folder: Path, *, asked: str) -> Left:
    """Return what a configuration says of something whose weights are not here yet."""
    if arrangement.is_in(folder):
        path = folder / filenames.SETUP_CONFIG
        arrangement.read(folder)
        return Left(
            asked=asked, folder=folder, kind=SETUP, config=headers.document(path), record=None
        )
    if (folder / filenames.ADAPTER_CONFIG).is_file():
        return looking.announced(folder, asked=asked)
    if (folder / filenames.HEAD_CONFIG).is_file():
        return probes.announced(folder, asked=asked)
    config = locate.said_of(folder, asked)
    return Left(asked=asked, folder=folder, kind=MODEL, config=config, record=None)


def check_said(left: Left, *, method: Method, exact: bool, backbone: Located | None) -> None:
    """Refuse what says of itself that it is unfit, before any weight of it is here."""
    if left.kind == MODEL:
        wholes.check_said(left, method=method, backbone=backbone)
        return
    if left.kind == HEAD:
        probes.check_said(left, method=method, backbone=backbone)
        return
    if left.kind != SETUP:
        looking.check_said(left, method=method, exact=exact, backbone=backbone)
        return
    saved = arrangement.read(left.folder)
    setups.check_use(left, saved.block, exact=exact)
    for name in saved.block.names:
        part = looking.announced(left.folder / name, asked=f"{left.asked} ({name})")
        compared = setups.like(saved.block, part, method)
        looking.check_said(part, method=compared, exact=False, backbone=backbone)
