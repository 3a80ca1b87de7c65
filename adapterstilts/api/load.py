"""Load a model that is ready, from folders and from the Hub."""

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from adapterstilts.api.reaching import reaching
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, NotOnHub, Repository, names
from adapterstilts.core.progress import Report, unheard

if TYPE_CHECKING:
    from adapterstilts.modeling.locate import Located
    from adapterstilts.modeling.ready import Ready

_LOG = logging.getLogger(__name__)


def load(
    backbone: str | Path,
    composition: Any = None,
    *,
    task: str = "",
    head: str | Path = "",
    revision: str = "main",
    device: Literal["auto", "cpu", "cuda"] = "auto",
    max_length: int = 0,
    offline: bool = False,
    fetched: Callable[[str], Report] = lambda name: unheard,
) -> "Ready":
    """Return a model in evaluation mode on its device, active, with the right head.

    Its uppermost module and its head are unfrozen, and nothing else, so that a loop of the caller's
    own changes these alone: of a Stack the last adapter, of a Fuse the fusion layer, of PEFT what
    PEFT trains, of a full model everything.

    What is named `hub(user/repo)`, or `hub(user/repo@revision)`, comes from the Hub, and so does a
    plain `user/repo` where no folder of that name is. Only safetensors are read, and what does not
    fit the backbone is refused before its weights are fetched. There is no store here that would
    pin a commit: a revision means what it means on the Hub now, and where the Hub is out of reach,
    what it meant when it was last asked for; name a commit to have the same for ever.

    Args:
        backbone: Embedded name, folder, or model id, which is fetched from the Hub.
        composition: A folder that a training stage left, or one that `adapters`, `peft` or
            `transformers` saved as safetensors, or a repository of such; or a Stack, Fuse or
            Average of these. The stage of a stack or a fusion brings its sources along, nested as
            they were, and that of a mix all its heads, of which `predict` takes that of its task. A
            Fuse names the folder of its fusion: `name=STAGE/fusion`. Without a composition, the
            backbone as it came.
        task: Task or format that is to be answered, where the folders do not say it, or to be sure.
        head: Folder or repository whose head answers, where it is not the uppermost one's.
        revision: Branch, tag or commit of the backbone's model id.
        device: Where it is put; `auto` takes CUDA where there is some.
        max_length: Longest input of `predict` in pieces; 0 for what it was trained on.
        offline: Whether the Hub is out of reach.
        fetched: Returns what hears how far a repository is that is fetched.
    """
    asked = partial(
        _load,
        str(backbone),
        composition,
        head=head,
        revision=revision,
        fetched=fetched,
        settings={"task": task, "device": device, "max_length": max_length},
    )
    return reaching(asked, offline=offline)


def _load(
    backbone: str,
    composition: Any,
    client: Hub,
    *,
    head: str | Path,
    revision: str,
    fetched: Callable[[str], Report],
    settings: dict[str, Any],
) -> "Ready":
    """Return the model once everything of it is here."""
    had = _Had(client=client, backbone=backbone, revision=revision, fetched=fetched)
    wanted, crowned = had.block(composition), had.block(head) if head else ""
    from adapterstilts.modeling import ready

    try:
        return ready.load(backbone, wanted, head=crowned, revision=revision, **settings)
    except StiltsError as error:
        raise had.renamed(error) from error


@dataclass(kw_only=True)
class _Had:
    """What is brought from the Hub for one model."""

    client: Hub
    """The Hub."""
    backbone: str
    """What it is to stand on."""
    revision: str
    """Branch, tag or commit of that."""
    fetched: Callable[[str], Report]
    """Returns what hears how far a repository is."""
    folders: dict[Repository, Path] = field(default_factory=dict)
    """Repository to its folder in the cache."""
    _base: "list[Located | None]" = field(default_factory=list)
    """The backbone, once its configuration has been had."""

    def block(self, node: Any) -> Any:
        """Return a composition with a folder in the place of each repository."""
        if isinstance(node, str):
            return self._leaf(node)
        if node is None or isinstance(node, Path) or not hasattr(node, "children"):
            return node
        found = copy.copy(node)
        found.children = [self.block(child) for child in node.children]
        if getattr(node, "_name", None):
            found._name = self.block(node._name)
        return found

    def renamed(self, error: StiltsError) -> StiltsError:
        """Return an error that calls repositories by their names, wherever they are kept."""
        told = str(error)
        for repository, folder in self.folders.items():
            told = told.replace(str(folder), repository.expression)
        renamed = copy.copy(error)
        renamed.args = (told,)
        return renamed

    def _leaf(self, text: str) -> str:
        if names.is_expression(text):
            return str(self._folder(names.one(text)))
        if _is_folder(text) or not (names.is_like_one(text) or names.meant(text)):
            return text
        repository = names.one(text)
        try:
            folder = self._folder(repository)
        except NotOnHub as error:
            raise NotOnHub(f"there is no folder '{text}', and {error}") from error
        _LOG.info("'%s' is no folder, so that it is taken from the Hub", text)
        return str(folder)

    def _folder(self, repository: Repository) -> Path:
        """Return the folder of a repository that is here whole and has been checked."""
        if repository not in self.folders:
            # Before all that would read it is imported: no answer is then known of soon.
            commit = self.client.commit(repository)
            from adapterstilts.api import bringing

            if not self._base:
                base = bringing.backbone_of(self.client, self.backbone, self.revision)
                self._base.append(base)
            report = self.fetched(repository.expression)
            found = bringing.bring(
                self.client, repository, commit, backbone=self._base[0], report=report
            )
            self.folders[repository] = found.left.folder
        return self.folders[repository]


def _is_folder(text: str) -> bool:
    return Path(text).expanduser().is_dir()
