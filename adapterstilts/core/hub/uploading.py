"""A folder becomes one commit of a repository on the Hub, or none where nothing has changed.

    done = upload(hub.here(), Repository(name="me/xnli", kind="model"), folder, message="…")

What is there is compared with the folder by digest before anything is sent. What an earlier call
had sent when it was stopped lies in the Hub's store of large files, which says so, and is not sent
again. Nothing that somebody else has put into the repository is ever removed.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from adapterstilts.core import strict
from adapterstilts.core.errors import StiltsError, some
from adapterstilts.core.hub import asking, branches, cached, errors, proposing, refusals, sending
from adapterstilts.core.hub.branches import Branch
from adapterstilts.core.hub.cached import Listing, Repository
from adapterstilts.core.hub.client import Hub
from adapterstilts.core.progress import Report, unheard
from adapterstilts.core.records import PUBLISHED

FILES = "files"
"""Key of `records.json` under which it names every file of a publication."""
SCHEMA = "adapterstilts/"
"""What the schema of that file begins with; one of somebody else may have the same name."""
LONGEST = 16 * 2**20
"""Bytes that a manifest may have to be believed."""
_LOG = logging.getLogger(__name__)
_NEVER_OURS = frozenset({".gitattributes"})
_LOADED = frozenset({".bin", ".h5", ".json", ".msgpack", ".pt", ".pth", ".safetensors"})
"""Endings of files that a library may load."""


@dataclass(frozen=True, kw_only=True)
class Uploaded:
    """What came of a publication."""

    url: str
    """Page of the repository."""
    commit: str
    """The commit that holds the folder: a new one, or the one that was there."""
    pull_request: str = ""
    """Page of the pull request that holds it; empty without one."""
    sent: tuple[str, ...] = ()
    """Files that are new or other than they were."""
    removed: tuple[str, ...] = ()
    """Files of the publication before that are not in this one."""
    bytes: int = 0
    """Bytes of the files that are new or other."""
    first: bool = False
    """Whether there was nothing in its place before."""

    @property
    def unchanged(self) -> bool:
        """Return whether everything was there already, so that nothing was sent."""
        return not self.sent and not self.removed


def upload(
    client: Hub,
    repository: Repository,
    folder: Path,
    *,
    message: str,
    private: bool | None = None,
    pull_request: bool = False,
    report: Report = unheard,
) -> Uploaded:
    """Return what came of publishing a folder, which makes one commit where anything differs.

    A pull request that this user has opened for the same, and that is open still, is gone on with:
    a difference to it is one commit more there. Another is opened where there is none, and the
    branch differs.

    Args:
        client: The Hub.
        repository: Where to, at a branch; both are made where they are not.
        folder: What is published, whole.
        message: What the commit says.
        private: Whether a repository that is made is private. One that is there is made private
            where this is true, and never made public.
        pull_request: Whether to propose the commit instead of making it.
        report: Hears the bytes that have been sent, of how many, and a file's name.
    """
    branches.check(client, repository)
    with sending.quiet():
        branch = Branch(client, repository)
        head = branch.head(private=private, made=not pull_request)
        changes = _changed(branch, folder, head)
        target, page = branch, ""
        if changes.any and pull_request:
            proposal = proposing.found(branch, message, who(client))
            if proposal is not None:
                target, page = proposal.branch, proposal.page
                head = target.tip()
                changes = _changed(target, folder, head)
        if not changes.any:
            return Uploaded(url=branch.url, commit=head, pull_request=page)
        if changes.others:
            _LOG.warning(
                "%s had %s of somebody else, which is replaced, and stays in its history at %s",
                branch.repository.name,
                some(changes.others, most=3),
                head,
            )
        if changes.kept:
            _LOG.warning(
                "%s keeps %s, which is none of what is published: remove it there if a library"
                " could load it in its place",
                branch.repository.name,
                some(changes.kept, most=3),
            )
        opened = pull_request and not page
        try:
            done = _commit(target, changes, head, message, opened=opened, report=report)
        except refusals.Overtaken:
            # A commit whose answer was lost has overtaken itself.
            done = (target.tip(), "")
            if opened or _changed(target, folder, done[0]).any:
                raise
        except refusals.Untold:
            proposal = proposing.found(branch, message, who(client))
            if proposal is None:
                raise
            done = (proposal.branch.tip(), proposal.page)
        _check_whole(target, changes, done[0])
    return Uploaded(
        url=branch.url,
        commit=done[0],
        pull_request=done[1] or page,
        sent=tuple(changes.sizes),
        removed=changes.removed,
        bytes=sum(changes.sizes.values()),
        first=changes.first,
    )


def who(client: Hub, repository: Repository | None = None) -> str:
    """Return the name of whoever's token this machine has, or refuse to publish without one.

    Args:
        client: The Hub.
        repository: Where to. A token that says of itself that it cannot write there is refused; one
            of a finer grain says nothing, and is refused by the Hub when it is used.
    """
    from huggingface_hub import HfApi

    if repository is None:
        branches.check_open(client, Repository(name="me", kind="model"))
    else:
        branches.check(client, repository)
    api = HfApi(endpoint=client.endpoint)
    with sending.quiet():
        # The Hub answers this very question not often; a token says the same all the time.
        said = client.known.get("whoami") or client.patiently(
            lambda: asking.asked("your name", lambda: _Person.of(api.whoami())),
            errors.QUESTION,
            what="your name",
            told=lambda error: refusals.refused_to_all(error, client.endpoint),
        )
        client.known["whoami"] = said
    if repository is not None:
        _check_space(said, repository, client.endpoint)
    return str(said.name)


@dataclass(frozen=True, kw_only=True)
class _Person:
    """Whose token this machine has."""

    name: str
    """The user's name."""
    role: str
    """What the token may do, where it says so."""
    writes: frozenset[str]
    """Owners whose repositories it may write, in small letters."""

    @classmethod
    def of(cls, said: Any) -> "_Person":
        """Return who is named by what the Hub says, which may be anything."""
        name, orgs = said["name"], said.get("orgs") or ()
        if not isinstance(name, str) or not name:
            raise TypeError("nobody is named")
        roles = {str(each.get("name")).casefold(): each.get("roleInOrg") for each in orgs}
        return cls(
            name=name,
            role=str(((said.get("auth") or {}).get("accessToken") or {}).get("role") or ""),
            writes=frozenset({name.casefold(), *(org for org in roles if roles[org] != "read")}),
        )


def _check_space(person: _Person, repository: Repository, endpoint: str) -> None:
    """Refuse a token that cannot write what belongs to the owner of a repository."""
    owner = repository.name.partition("/")[0].casefold()
    why = "it may only read" if person.role == "read" else ""
    if person.role == "write" and owner not in person.writes:
        why = f"'{refusals.words(person.name)}' has no right to write what belongs to '{owner}'"
    if why:
        raise StiltsError(
            f"the token cannot publish {repository.kind} '{repository.name}': {why}; make one with"
            f" write permission at {errors.named(endpoint)}/settings/tokens, or publish under a"
            " name of your own"
        )


@dataclass(frozen=True, kw_only=True)
class _Changes:
    """How a folder differs from a commit."""

    folder: Path
    """The folder."""
    sizes: Mapping[str, int]
    """File that is new or other to its bytes."""
    removed: tuple[str, ...]
    """Files that go."""
    others: tuple[str, ...]
    """Files of somebody else that others take the place of."""
    kept: tuple[str, ...]
    """Files of somebody else that stay, and that a library may load."""
    first: bool
    """Whether nothing was there that somebody has put there."""

    @property
    def any(self) -> bool:
        """Return whether there is anything to be done."""
        return bool(self.sizes or self.removed)


def _changed(branch: Branch, folder: Path, head: str) -> _Changes:
    """Return how a folder differs from a commit."""
    there = branch.client.listing(branch.repository, head)
    paths = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    if not paths:
        raise StiltsError(f"{folder} is empty: nothing can be published from it")
    sizes = {
        name: path.stat().st_size
        for name, path in paths.items()
        if not _same(path, there.files.get(name))
    }
    gone = [name for name in there.files if name not in paths and name not in _NEVER_OURS]
    replaced = [name for name in sizes if name in there.files]
    ours = _manifest(branch.client, there) if gone or replaced else frozenset()
    return _Changes(
        folder=folder,
        sizes=sizes,
        removed=tuple(name for name in gone if name in ours),
        others=tuple(name for name in replaced if name not in ours),
        kept=tuple(n for n in gone if n not in ours and PurePosixPath(n).suffix in _LOADED),
        first=not there.files.keys() - _NEVER_OURS,
    )


def _commit(
    branch: Branch, changes: _Changes, head: str, message: str, *, opened: bool, report: Report
) -> tuple[str, str]:
    """Return the commit that makes some changes, and the page of its pull request."""
    from huggingface_hub import CommitOperationDelete, HfApi

    meter = sending.Meter(changes.sizes)
    made: list[Any] = []

    def send() -> Any:
        if not made:
            made.extend(sending.additions(changes.folder, list(changes.sizes), meter))
            made.extend(CommitOperationDelete(name) for name in changes.removed)
        try:
            return HfApi(endpoint=branch.client.endpoint).create_commit(
                branch.repository.name,
                made,
                repo_type=branch.repository.kind,
                revision=branch.repository.revision,
                commit_message=message,
                commit_description=proposing.description(message) if opened else None,
                parent_commit=head,
                create_pr=opened,
            )
        except Exception as error:
            raise _final(branch, error, opened=opened) from error

    info = sending.watched(lambda: branch.patiently(send), meter, report)
    # The Hub calls itself by its own name, wherever it was asked.
    page = f"{branch.page}/discussions/{info.pr_num}" if opened else ""
    return branch.commit(info.oid), page


def _final(branch: Branch, error: Exception, *, opened: bool) -> Exception:
    """Return an error that is not to be met again, or the one that was met."""
    met: Exception = refusals.sent(error)
    if refusals.method(met) == "PUT" and errors.status(met) != 429:
        # huggingface_hub has sent it again and again by itself.
        return branch.told(met)
    at = refusals.address(met)
    if opened and refusals.is_lost(met) and ("/commit/" in at or not at):
        return refusals.Untold(
            f"the connection broke when the pull request was to be opened: look at"
            f" {branch.page}/discussions whether it is there; the same command, run again, goes on"
            " with it, or opens it"
        )
    return met


def _check_whole(branch: Branch, changes: _Changes, commit: str) -> None:
    """Refuse to be done where a commit lacks what it was to bring: the Hub says nothing of that."""
    there = branch.client.listing(branch.repository, commit).files
    sizes = changes.sizes.items()
    lacking = [name for name, size in sizes if name not in there or there[name].size != size]
    if lacking:
        raise StiltsError(
            f"{branch.page} was published without {some(lacking, most=3)}: its .gitignore names"
            " what is to be left out; mend it there, and run the same command again"
        )


def _files(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _same(path: Path, there: cached.RemoteFile | None) -> bool:
    """Return whether a file is what the Hub lists under its name."""
    if there is None or path.stat().st_size != there.size:
        return False
    return bool(there.etag) and bool(cached.check(path, there))


def _manifest(client: Hub, there: Listing) -> frozenset[str]:
    """Return the files of the publication that a commit holds, as it says itself.

    What it does not name was put there by somebody else, and what cannot be read names nothing.
    """
    file = there.files.get(PUBLISHED)
    if file is None or file.size > LONGEST:
        return frozenset()
    return named_files(client.fetch(there, (PUBLISHED,)))


def named_files(folder: Path) -> frozenset[str]:
    """Return the files that a publication says are its own; none where nothing readable says so."""
    try:
        said = strict.parsed((folder / PUBLISHED).read_text(encoding="utf-8"))
        named = said[FILES] if str(said["schema"]).startswith(SCHEMA) else ()
        return frozenset(named) if all(isinstance(name, str) for name in named) else frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()
