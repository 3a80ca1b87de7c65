"""What somebody else has trained, brought from the Hub into the cache and checked on the way."""

from pathlib import Path

from adapterstilts.core import hub_cache
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, NoRoom, NotHere, Repository, Unreachable
from adapterstilts.core.progress import Report, unheard
from adapterstilts.modeling import locate
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import arrangement, files, looking, meeting
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import METHODS, Method
from adapterstilts.modeling.parts import MODEL, SETUP

_LIKE = METHODS.get("seq_bn")
"""Method that a configuration of no method is compared to."""


def bring(
    client: Hub, repository: Repository, *, backbone: Located | None, report: Report = unheard
) -> Foreign:
    """Return what a repository holds once it is here, or refuse it.

    Its list of files is checked before anything is fetched, its configurations before its weights
    are, and of the weights their headers before a number is read.

    Args:
        client: The Hub.
        repository: The repository.
        backbone: What it is to stand on; None where that is not known.
        report: Called with how far the fetching is.
    """
    asked = repository.expression
    commit = client.commit(repository)
    within = hub_cache.folder(client.cache, repository)
    try:
        listing = client.listing(repository, commit)
    except NotHere:
        # Another program may have fetched it, which keeps no list.
        folder = hub_cache.snapshot(client.cache, repository, commit)
        if not files.is_there(folder):
            raise
    else:
        names, at = files.wanted(listing), files.folder(listing)
        folder = client.fetch(listing, files.configurations(names), report=report) / at
        left = meeting.announced(folder, asked=asked)
        meeting.check_said(left, method=method_of(left), exact=False, backbone=backbone)
        client.fetch(listing, names, report=report)
    found = meeting.look(folder, asked=asked, within=within)
    meeting.check(found, method=method_of(found.left), exact=False, backbone=backbone)
    return found


def method_of(left: Left) -> Method:
    """Return the method that something is of by what it says, of a block that of its first part."""
    if left.kind == MODEL:
        return METHODS.get("full")
    if left.kind != SETUP:
        return looking.method_of(left, _LIKE)
    first = arrangement.read(left.folder).block.names[0]
    part = looking.announced(left.folder / first, asked=f"{left.asked} ({first})")
    return looking.method_of(part, _LIKE)


def backbone_of(client: Hub, name: str, revision: str) -> Located | None:
    """Return a backbone, of one on the Hub its configuration alone.

    None is returned where that cannot be had: what is wrong is told where it is wanted whole.
    """
    if locate.is_local(name):
        return locate.locate(name, revision)
    repository = Repository(name=name, revision=revision, kind="model")
    try:
        commit = client.commit(repository)
        folder = _configuration(client, repository, commit)
    except (Unreachable, NoRoom):
        raise
    except (StiltsError, KeyError):
        return None
    return Located(name=name, folder=folder, revision=commit)


def _configuration(client: Hub, repository: Repository, commit: str) -> Path:
    try:
        listing = client.listing(repository, commit)
    except NotHere:
        folder = hub_cache.snapshot(client.cache, repository, commit)
        if not (folder / locate.CONFIG).is_file():
            raise
        return folder
    return client.fetch(listing, (locate.CONFIG,))
