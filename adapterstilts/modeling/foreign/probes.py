"""A head alone that somebody else has trained: what answers is the backbone as it came, under it.

So it is a model of method `head`, and of no other: nothing of it is in the encoder, and nothing
could stand on it, be fused with it or be gone on from.
"""

from dataclasses import replace
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.fingerprint import file_digest, fingerprint
from adapterstilts.core.records import PUBLISHED
from adapterstilts.modeling import filenames, folders, headers
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import looking
from adapterstilts.modeling.foreign.crowns import check_weights, crown_of_adapters
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.headers import shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import METHODS, PROBE, Method
from adapterstilts.modeling.parts import HEAD

_FILES = (filenames.HEAD_CONFIG, filenames.HEAD_WEIGHTS)


def look(folder: Path, *, asked: str, within: Path | None = None) -> Foreign:
    """Return the head that lies in a folder, or refuse what is no whole one that answers here."""
    left = replace(folders.left(str(folder)), asked=asked)
    root = (within or folder.expanduser()).resolve()
    for name in (*_FILES, PUBLISHED):
        looking.check_place(left, name, root)
    looking.check_about(left)
    _check_answers(left)
    weights = looking.held_in(left, filenames.HEAD_WEIGHTS)
    digests = {name: file_digest(left.folder / name) for name in _FILES}
    return Foreign(
        left=left,
        weights=weights,
        digest=fingerprint(digests),
        files=digests,
        crown=crown_of_adapters(left, weights),
    )


def announced(folder: Path, *, asked: str) -> Left:
    """Return what the configuration of a head says whose weights are not here yet."""
    config = headers.document(folder / filenames.HEAD_CONFIG)
    left = Left(asked=asked, folder=folder, kind=HEAD, config=config, record=None)
    looking.check_about(left)
    return left


def check(found: Foreign, *, method: Method, backbone: Located | None) -> Method:
    """Return the method of a head alone, or refuse one that does not fit."""
    theirs = check_said(found.left, method=method, backbone=backbone)
    if backbone is not None:
        folders.check(found.left, backbone)
        check_weights(found.crown, asked=found.left.asked, backbone=backbone)
    return theirs


def check_said(left: Left, *, method: Method, backbone: Located | None) -> Method:
    """Return the method of a head alone, or refuse what its configuration says of itself."""
    looking.check_architecture(left, backbone)
    _check_answers(left)
    if method.base != PROBE:
        raise StiltsError(
            f"{left.asked} is a head alone, which was trained on the backbone as it came, and"
            f" '{method.name}' is asked for: nothing of it is in the encoder to build on, to go on"
            f" from or to merge. It answers as it is, as zero({left.asked}) with '{PROBE}' as the"
            " method; else train on the target itself, or name an adapter"
        )
    return METHODS.get(PROBE)


def _check_answers(left: Left) -> None:
    """Refuse a head of a kind that is none here: beside an adapter it would be left behind."""
    crown = crown_of_adapters(left, {})
    if crown.head is None:
        raise StiltsError(
            f"{left.asked} is a head alone, and {crown.behind}: name a repository or a folder of an"
            f" adapter, or of a head that is one of {', '.join(map(shown, filenames.HEAD_TYPES))}"
        )
