"""What lies in a repository of the Hub, fetched in an order that lets it be refused early."""

from collections.abc import Callable
from pathlib import Path

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, NoRoom, NotHere, Repository, Unreachable, cached
from adapterstilts.core.progress import Report
from adapterstilts.modeling import locate
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import files, meeting
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located


def fetched(
    client: Hub,
    repository: Repository,
    commit: str,
    *,
    asked: str,
    check: Callable[[Left], object],
    report: Report,
) -> Foreign:
    """Return what a repository holds at a commit once it is here.

    Its list of files is checked before anything is fetched, its configurations before its weights
    are, and of the weights their headers before a number is read.

    Args:
        client: The Hub.
        repository: The repository.
        commit: The commit.
        asked: What messages call it.
        check: Refuses what its configurations say, where it is not what is wanted.
        report: Called with how far the fetching is.
    """
    try:
        listing = client.listing(repository, commit)
    except NotHere:
        # Another program may have fetched it, which keeps no list.
        folder = cached.snapshot(client.cache, repository, commit)
        if not files.is_there(folder):
            raise
    else:
        names, at = files.wanted(listing), files.folder(listing)
        folder = client.fetch(listing, files.configurations(names), report=report) / at
        check(meeting.announced(folder, asked=asked))
        client.fetch(listing, names, report=report)
    within = cached.folder(client.cache, repository)
    return meeting.look(folder, asked=asked, within=within)


def backbone(
    client: Hub, repository: Repository, commit: Callable[[Repository], str]
) -> Located | None:
    """Return a backbone of the Hub with no more than its configuration.

    None is returned where that cannot be had: what is wrong is told where it is wanted whole.

    Args:
        client: The Hub.
        repository: The repository.
        commit: Returns the commit that its revision means.
    """
    try:
        at = commit(repository)
        folder = _configuration(client, repository, at)
    except (Unreachable, NoRoom):
        raise
    except (StiltsError, KeyError):
        return None
    return Located(name=repository.name, folder=folder, revision=at)


def _configuration(client: Hub, repository: Repository, commit: str) -> Path:
    """Return the folder that holds the configuration of a model."""
    try:
        listing = client.listing(repository, commit)
    except NotHere:
        folder = cached.snapshot(client.cache, repository, commit)
        if not (folder / locate.CONFIG).is_file():
            raise
        return folder
    return client.fetch(listing, (locate.CONFIG,))
