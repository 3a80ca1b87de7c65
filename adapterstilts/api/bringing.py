"""What somebody else has trained, brought from the Hub into the cache and checked on the way."""

from adapterstilts.core.hub import Hub, Repository
from adapterstilts.core.progress import Report, unheard
from adapterstilts.modeling import locate
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import arrangement, fetching, looking, meeting
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import METHODS, PROBE, Method
from adapterstilts.modeling.parts import HEAD, MODEL, SETUP

_LIKE = METHODS.get("seq_bn")
"""Method that a configuration of no method is compared to."""


def bring(
    client: Hub,
    repository: Repository,
    commit: str,
    *,
    backbone: Located | None,
    report: Report = unheard,
) -> Foreign:
    """Return what a repository holds once it is here, or refuse it: see `fetching.fetched`.

    Args:
        client: The Hub.
        repository: The repository.
        commit: What its revision means.
        backbone: What it is to stand on; None where that is not known.
        report: Called with how far the fetching is.
    """
    found = fetching.fetched(
        client,
        repository,
        commit,
        asked=repository.expression,
        check=lambda left: meeting.check_said(
            left, method=method_of(left), exact=False, backbone=backbone
        ),
        report=report,
    )
    meeting.check(found, method=method_of(found.left), exact=False, backbone=backbone)
    return found


def method_of(left: Left) -> Method:
    """Return the method that something is of by what it says, of a block that of its first part."""
    if left.kind == MODEL:
        return METHODS.get("full")
    if left.kind == HEAD:
        return METHODS.get(PROBE)
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
    return fetching.backbone(client, repository, client.commit)
