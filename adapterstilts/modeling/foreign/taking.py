"""What somebody else has trained, kept as a stage of ours would have left it, of whatever kind."""

from pathlib import Path

from adapterstilts.modeling.foreign import adopting, adopting_setups, adopting_wholes
from adapterstilts.modeling.foreign.adopting import Kept
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import HEAD, MODEL, SETUP


def take(found: Foreign, *, asked: Method, method: Method, backbone: Located, out: Path) -> Kept:
    """Leave what has been checked in the folder of a stage, and say what it is.

    Args:
        found: What lies there.
        asked: What the recipe makes its modules by.
        method: What it is made by, as `meeting.check` said.
        backbone: What it is to stand on.
        out: Folder of the stage.
    """
    if found.left.kind == SETUP:
        return adopting_setups.adopt(found, asked=asked, backbone=backbone, out=out)
    if found.left.kind == MODEL:
        return adopting_wholes.adopt(found, backbone=backbone, out=out)
    if found.left.kind == HEAD:
        return adopting.head_alone(found, backbone=backbone, out=out)
    return adopting.adopt(found, method=method, backbone=backbone, out=out)
