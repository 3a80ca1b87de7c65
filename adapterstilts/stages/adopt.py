"""Take over what somebody else has trained, as if a stage of ours had left it.

It may be an adapter, a block of several as `adapters` saves one, or a full model, each with the
head or the heads that came with it, or a head alone.

A planner calls `of_path` or `of_hub` and adds what they return as a stage, which needs the stage
that makes the backbone, by the role `BACKBONE`, where one does, and nothing else:

    of_path(folder, method="seq_bn", exact=False, backbone=backbone, origin=origin)
    of_hub("user/repo", "main", method="seq_bn", exact=False, backbone=backbone, origin=origin)

`method` is the name of the method that the target uses. `exact` says that the adapter's weights are
gone on from, merged or averaged, which takes the very configuration; on `stack`, `fuse` and `zero`
another reduction factor or rank is fine. `origin` is the backbone as it came: `backbone` itself, or
what a recipe pretrains on. Of a folder all is checked at once, as far as `origin` is on this
machine. Of a repository nothing is known until `check` has had it from the Hub, which
`plan.needs.check` calls before anything is run. `look` tells a planner what head there is:
`look(folder).refuses(head)` says why it cannot answer a task with `zero`, or nothing.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.expressions import spelled
from adapterstilts.core.hub import (
    Hub,
    NotHere,
    NotOnHub,
    Pins,
    Repository,
)
from adapterstilts.core.progress import Report, unheard
from adapterstilts.core.records import Costs
from adapterstilts.modeling import locate
from adapterstilts.modeling.foreign import fetching, meeting
from adapterstilts.modeling.foreign.looking import Foreign
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.stages.references import Backbone, heard, method_identity
from adapterstilts.stages.stage import Context, Outcome
from adapterstilts.tasks.registry import TASKS

MAIN = "main"
"""Revision of a repository where none is named."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Adopt:
    """What is taken over, and what it must be."""

    place: Literal["hub", "path"]
    """Where it is."""
    name: str
    """Repository, or folder."""
    revision: str = ""
    """Branch, tag or commit of a repository."""
    digest: str = ""
    """Digest of the files in a folder."""
    method: str
    """What the target makes its modules by."""
    exact: bool
    """Whether it must be made by this method and no other setting of it."""
    backbone: Backbone
    """What it is to stand on."""
    origin: Backbone
    """The same as it came; not hashed, for the stage that changes it is an input."""
    kind: str = "adopt"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def asked(self) -> str:
        """Return what messages call it."""
        if self.place == "path":
            return spelled(self.place, {}, [self.name])
        return self.repository.expression

    @property
    def repository(self) -> Repository:
        """Return the repository of one that is on the Hub."""
        return Repository(name=self.name, revision=self.revision, kind="model")

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name: of a folder never where it lies."""
        name = Path(self.name).name if self.place == "path" else self.name
        return f"{self.method}-{self.place}({name})"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed: of a folder what its files hold, wherever they lie."""
        hub = {"name": self.name, "revision": self.revision}
        return {
            "backbone": self.backbone.identity(),
            "method": method_identity(self.method),
            "exact": self.exact,
            "from": {"digest": self.digest} if self.place == "path" else hub,
        }


def of_path(
    folder: str, *, method: str, exact: bool, backbone: Backbone, origin: Backbone
) -> Adopt:
    """Return the stage that takes over what lies in a folder, or refuse it."""
    found = look(folder)
    config = Adopt(
        place="path",
        name=folder,
        digest=found.digest,
        method=method,
        exact=exact,
        backbone=backbone,
        origin=origin,
    )
    _checked(config, found, _here(origin))
    return config


def of_hub(
    name: str, revision: str, *, method: str, exact: bool, backbone: Backbone, origin: Backbone
) -> Adopt:
    """Return the stage that takes over what is in a repository, whose name alone is checked."""
    config = Adopt(
        place="hub",
        name=name,
        revision=revision,
        method=method,
        exact=exact,
        backbone=backbone,
        origin=origin,
    )
    config.repository.check()
    return config


def look(folder: str) -> Foreign:
    """Return what lies in a folder: its digest, and its head."""
    return meeting.look(folder, asked=f"path({folder})")


def check(config: Adopt, client: Hub, pins: Pins) -> Foreign:
    """Return what a stage takes over, had from the Hub where it is there, or refuse it."""
    if config.place == "path":
        found = _folder(config)
        _checked(config, found, _here(config.origin) or _told(config.origin, client, pins))
        return found
    backbone = _here(config.origin) or _told(config.origin, client, pins)
    return _brought(config, client, pins, backbone, report=unheard)[0]


def run(config: Adopt, context: Context) -> Outcome:
    """Leave what was taken over, and its heads if they can be used, in files of our own."""
    from adapterstilts.modeling.foreign import taking

    backbone = config.backbone.files(context.store, context.inputs, report=heard(context))
    commit: Mapping[str, str] = {}
    if config.place == "path":
        found = _folder(config)
        theirs = _checked(config, found, backbone)
    else:
        try:
            found, pinned = _brought(
                config, hub.here(), context.store, backbone, report=heard(context)
            )
        except (NotHere, NotOnHub) as error:
            raise type(error)(
                f"{config.asked} could not be had: {error}; or give a folder with path(DIR)"
            ) from error
        theirs, commit = _checked(config, found, backbone), {"commit": pinned}
    kept = taking.take(
        found,
        asked=method_of(config.method),
        method=theirs,
        backbone=backbone,
        out=context.out,
    )
    told = found.trained_on.rpartition("/")[2]
    apart = bool(told) and told != backbone.title.rpartition("/")[2]
    if apart:
        _LOG.warning(
            "%s says that it was trained on '%s', and is used on '%s'",
            config.asked,
            found.trained_on,
            backbone.title,
        )
    return Outcome(
        resolved={
            "backbone": backbone.revision,
            "files": dict(found.files),
            **commit,
            "method": theirs.name,
            "trained_on": found.trained_on,
            "other_backbone": apart,
            "head": kept.head,
            # PEFT keeps no labels: whoever comes later asks what it was trained on.
            **({"task": found.left.task} if found.left.task in TASKS else {}),
            **({"heads": list(kept.heads)} if kept.heads else {}),
            **({"block": str(found.saved.block)} if found.saved else {}),
            **({"head_left_behind": found.crown.behind} if found.crown.behind else {}),
        },
        costs=replace(
            # What a training of ours took is known, wherever its folder has been taken to.
            found.left.record.costs if found.left.record else Costs(),
            trainable_parameters=kept.trainable,
            stored_bytes=kept.stored_bytes,
        ),
    )


def _folder(config: Adopt) -> Foreign:
    """Return what lies in a folder, if it is still what was planned with."""
    found = look(config.name)
    if found.digest != config.digest:
        raise StiltsError(
            f"{config.asked} has changed since it was looked at: run the same command again"
        )
    return found


def _checked(config: Adopt, found: Foreign, backbone: Located | None) -> Method:
    """Return the method that an adapter is of, if it can be used."""
    wanted = method_of(config.method)
    return meeting.check(found, method=wanted, exact=config.exact, backbone=backbone)


def _brought(
    config: Adopt, client: Hub, pins: Pins, backbone: Located | None, *, report: Report
) -> tuple[Foreign, str]:
    """Return what a repository holds and at which commit, its configurations checked first."""
    repository = config.repository
    commit = client.pinned(repository, pins)
    found = fetching.fetched(
        client,
        repository,
        commit,
        asked=config.asked,
        check=lambda left: meeting.check_said(
            left, method=method_of(config.method), exact=config.exact, backbone=backbone
        ),
        report=report,
    )
    _checked(config, found, backbone)
    return found, commit


def _here(backbone: Backbone) -> Located | None:
    """Return a backbone whose files are on this machine, for its configuration."""
    if not locate.is_local(backbone.name):
        return None
    return Located(
        name=backbone.name, folder=locate.folder_of(backbone.name), revision=backbone.revision
    )


def _told(backbone: Backbone, client: Hub, pins: Pins) -> Located | None:
    """Return a backbone of the Hub, for its configuration; None where that cannot be had."""
    repository = Repository(name=backbone.name, revision=backbone.revision, kind="model")
    return fetching.backbone(client, repository, lambda asked: client.pinned(asked, pins))
