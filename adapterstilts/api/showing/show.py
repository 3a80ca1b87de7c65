"""What something is before it is used: a repository of the Hub, a folder, a stage of a store.

Little is imported before the Hub is asked: where there is no answer, that is to be known soon.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from adapterstilts.api.reaching import reaching
from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import Hub, Repository, names

if TYPE_CHECKING:
    from adapterstilts.api.showing.shown import Shown


def show(what: str | Path, *, backbone: str = "", offline: bool = False) -> "Shown":
    """Return what something is: `user/repo@revision`, `hub(user/repo)`, or a folder.

    What would be refused is shown as far as it can be, with why.

    Args:
        what: Repository, folder, or folder of a stage in a store.
        backbone: Embedded name, folder or model id that it is compared with; without, the one that
            it names itself, where that comes with this package.
        offline: Whether the Hub is out of reach.
    """
    text = str(what)
    if not names.is_expression(text) and Path(text).expanduser().is_dir():
        folder = Path(text).expanduser()
        return reaching(partial(_of_folder, folder, text, backbone=backbone), offline=offline)
    if names.is_expression(text) or names.is_like_one(text) or names.meant(text):
        asked = partial(_of_hub, names.one(text), backbone=backbone)
        return reaching(asked, offline=offline)
    raise UsageError(
        f"'{text}' is no folder and no repository: write user/repo, user/repo@revision or the"
        " folder of a training stage"
    )


def _of_hub(repository: Repository, client: Hub, *, backbone: str) -> "Shown":
    commit = client.commit(repository)
    listing = client.listing(repository, commit)
    from adapterstilts.api.showing.telling import of_listing

    return of_listing(listing, client, backbone=backbone)


def _of_folder(folder: Path, text: str, client: Hub, *, backbone: str) -> "Shown":
    from adapterstilts.api.showing.telling import of_folder

    return of_folder(folder, text, client, backbone=backbone)
