"""What the Hub is asked: a revision becomes a commit, a commit a list of files, files come here.

A small client over huggingface_hub, whose cache is used as it is: other programs find in it what
was fetched here. Beside the snapshots it keeps the list of all files of a commit, because a
snapshot does not say what it lacks. What the environment says is read when it is asked for, not
when a module is imported.
"""

import logging
import os
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn, Protocol

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import asking, cached, downloading, errors, guard, reach
from adapterstilts.core.hub.cached import Listing, RemoteFile, Repository
from adapterstilts.core.progress import Report, unheard
from adapterstilts.core.strict import shown

ENDPOINT = "https://huggingface.co"
"""The Hub; `HF_ENDPOINT` names another that speaks as it does."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try, where the Hub does not say how long to wait."""
_MARGIN = 2**16
"""Bytes by which a body may be longer than its file, until its size is compared."""
_MOST = 200_000
"""Files of one repository."""
LONG = 4.0
"""Seconds of waiting that somebody who looks on is told of."""
_LOG = logging.getLogger(__name__)
_ON = frozenset({"1", "ON", "YES", "TRUE"})
_PATIENT: ContextVar[bool] = ContextVar("_PATIENT", default=False)


class NotHere(StiltsError):
    """Offline, and something is not in the cache."""

    def __init__(self, message: str, why: str = "") -> None:
        """Take the whole message, and what it says of the repository."""
        super().__init__(message)
        self.why = why


class Pins(Protocol):
    """Where a commit is kept from its first use on: a store."""

    def pins(self) -> Mapping[str, str]:
        """Return every pinned value."""

    def pin(self, key: str, value: str) -> str:
        """Return the value of a key: the given one if it is the first, else the first one."""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """The Hub as this process sees it."""

    cache: Path
    """Folder of huggingface_hub's cache."""
    endpoint: str = ENDPOINT
    """Where the Hub is."""
    offline: bool = False
    """Whether everything must be in the cache."""
    pauses: tuple[float, ...] = PAUSES
    """Seconds before each further try."""
    prompt: bool = True
    """Whether a network that is away before the first question is told at once."""
    _reached: set[str] = field(default_factory=set, init=False, compare=False, repr=False)
    """Servers that took a connection."""
    known: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What is asked for once: question to answer."""

    def reach(self, repository: Repository, *, place: str = "") -> None:
        """Refuse at once to ask for a repository where nothing can be connected to.

        What is lost later is waited for: only who has just begun is better told.

        Args:
            repository: What is asked for.
            place: Another server that has its files; empty for the Hub itself.
        """
        place = place or self.endpoint
        if self.offline or not self.prompt or place in self._reached:
            return
        if why := reach.obstacle(place):
            raise errors.unreachable(repository, shown(place), why)
        self._reached.add(place)

    def commit(self, repository: Repository) -> str:
        """Return the commit that a revision means now; offline, when it was last looked up."""
        repository.check()
        if self.offline or cached.is_commit(repository.revision):
            known = cached.commit(self.cache, repository)
            return known or _refuse(repository, "has not been fetched")
        found = str(self._asked(repository, "repo_info").sha)
        if not cached.is_commit(found):
            raise StiltsError(f"{self.endpoint} names no commit of {repository}: run again later")
        with self._explained(repository):
            cached.keep_commit(self.cache, repository, found)
        return found

    def pinned(self, repository: Repository, pins: Pins | None) -> str:
        """Return the commit that a store has kept of a revision, or the one that it keeps now."""
        known = pins.pins().get(str(repository), "") if pins else ""
        if known or pins is None:
            return known or self.commit(repository)
        return pins.pin(str(repository), self.commit(repository))

    def listing(self, repository: Repository, commit: str) -> Listing:
        """Return the files of a commit; the Hub is asked for them once."""
        repository.check()
        known = cached.listing(self.cache, repository, commit)
        if known is not None:
            return known
        if self.offline:
            _refuse(repository, f"has no list of files here for commit {commit}")
        at = replace(repository, revision=commit)
        listed = self._asked(at, "list_repo_tree", recursive=True)
        if len(listed) > _MOST:
            raise StiltsError(f"{repository} has more than {_MOST:,} files, and is not read here")
        files = {
            each.path: RemoteFile(
                size=each.size, sha256=each.lfs.sha256 if each.lfs else "", blob=each.blob_id
            )
            for each in listed
            if hasattr(each, "blob_id") and isinstance(each.path, str)
        }
        files = cached.safe_files(files)
        if unsound := [name for name, file in files.items() if not file.is_sound]:
            raise StiltsError(
                f"the Hub lists {shown(unsound[0])} of {repository} with a size or a digest that"
                " none can have: nothing of it is fetched"
            )
        listing = Listing(repository=repository, commit=commit, files=files)
        with self._explained(repository):
            cached.keep_listing(self.cache, listing)
        return listing

    def keep(self, listing: Listing) -> None:
        """Let a revision mean this commit wherever there is only the cache to ask."""
        with self._explained(listing.repository):
            cached.keep_commit(self.cache, listing.repository, listing.commit)

    def missing(self, listing: Listing, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of some files that are not here."""
        return tuple(name for name in names if not cached.has(self.cache, listing, name))

    def left(self, listing: Listing, names: Sequence[str]) -> int:
        """Return the bytes of some files that are not even here in part."""
        parts = {name: self._part(listing, name) for name in self.missing(listing, names)}
        return sum(
            listing.files[name].size - downloading.grown(part, listing.files[name].size)
            for name, part in parts.items()
        )

    def fetch(self, listing: Listing, names: Sequence[str], *, report: Report = unheard) -> Path:
        """Return the folder of a commit's files once some of them are here."""
        missing = self.missing(listing, names)
        if missing and self.offline:
            _refuse(listing.repository, f"is here without {', '.join(missing)}")
        if missing:
            self.reach(listing.repository)
            _silence()
            downloading.download(
                missing,
                lambda name: self._download(listing, name),
                parts={name: self._part(listing, name) for name in missing},
                sizes={name: listing.files[name].size for name in missing},
                report=report,
            )
        return cached.snapshot(self.cache, listing.repository, listing.commit)

    def verified(self, listing: Listing, name: str) -> str:
        """Return the sha256 of a file, or remove the file if it is not what the Hub lists."""
        path = cached.snapshot(self.cache, listing.repository, listing.commit) / name
        with suppress(FileNotFoundError):
            if digest := cached.check(path, listing.files[name]):
                return digest
        cached.remove(self.cache, listing, name)
        raise StiltsError(
            f"{listing.repository.kind} '{listing.repository.name}': {name} held something else"
            f" than the Hub lists at commit {listing.commit}, so it was removed; the same command"
            " fetches it anew"
        )

    def _download(self, listing: Listing, name: str) -> None:
        from huggingface_hub import hf_hub_download

        repository = replace(listing.repository, revision=listing.commit)

        def get() -> None:
            what = f"{name} of {repository.kind} '{repository.name}'"
            try:
                with guard.guarded(
                    what,
                    most=listing.files[name].size + _MARGIN,
                    led=lambda place: self.reach(repository, place=place),
                ):
                    hf_hub_download(
                        repository.name,
                        name,
                        repo_type=repository.kind,
                        revision=listing.commit,
                        cache_dir=self.cache,
                        endpoint=self.endpoint,
                    )
            except Exception as error:
                beyond = errors.status(error) == errors.BEYOND
                if beyond or isinstance(error, StiltsError):
                    self._part(listing, name).unlink(missing_ok=True)
                raise

        self._patiently(repository, get, errors.FILE)
        self.verified(listing, name)

    def _part(self, listing: Listing, name: str) -> Path:
        """Return where a file grows while it is fetched; huggingface_hub goes on from there."""
        return Path(f"{cached.blob(self.cache, listing, name)}.incomplete")

    def _asked(self, repository: Repository, method: str, **options: Any) -> Any:
        """Return what the Hub's API answers; of several pages all."""
        self.reach(repository)
        ask = asking.question(
            self.endpoint,
            method,
            repository.name,
            most=_MOST + 1,
            repo_type=repository.kind,
            revision=repository.revision,
            **options,
        )
        return self._patiently(
            repository, lambda: asking.asked(str(repository), ask), errors.QUESTION
        )

    @contextmanager
    def _explained(self, repository: Repository) -> Iterator[None]:
        """Say what is wrong with the disk where a note on a repository cannot be kept."""
        try:
            yield
        except OSError as error:
            raised = errors.translated(error, repository, self.endpoint)
            raise raised from (None if raised is error else error)

    def patiently(
        self,
        call: Callable[[], Any],
        again: Collection[int],
        *,
        what: str,
        told: Callable[[Exception], Exception],
    ) -> Any:
        """Return what a call gives, made again after a lost connection or one of some answers.

        Args:
            call: Asks the Hub, or sends it something.
            again: Answers after which another try is worth while.
            what: What it is about, for whoever waits.
            told: Makes the error that is raised in the end of the one that was met.
        """
        pauses = iter(self.pauses)
        while True:
            try:
                return call()
            except Exception as error:
                pause = errors.pause(error, again, next(pauses, None))
                if pause is None:
                    raised = told(error)
                    errors.hush(error)
                    if raised is error:
                        raise
                    raise raised from error
                if pause >= LONG:
                    _LOG.warning(
                        "%s gives nothing of %s for now; it is asked again in %.0f s",
                        errors.named(self.endpoint),
                        what,
                        pause,
                    )
                time.sleep(pause)

    def _patiently(
        self, repository: Repository, call: Callable[[], Any], again: Collection[int]
    ) -> Any:
        return self.patiently(
            call,
            again,
            what=str(repository),
            told=lambda error: errors.translated(error, repository, self.endpoint),
        )


def here(*, cache: Path | None = None) -> Hub:
    """Return the Hub as the environment has it, with another cache if one is given."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    home = Path(os.environ.get("HF_HOME") or user) / "hub"
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or home
    folder = Path(os.path.expandvars(named)).expanduser()
    return Hub(
        cache=cache or folder,
        endpoint=(os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/"),
        offline=os.environ.get("HF_HUB_OFFLINE", "").upper() in _ON,
        prompt=not _PATIENT.get(),
    )


@contextmanager
def knocked() -> Iterator[None]:
    """Connect to the Hub of the environment already, for within the block it will be asked."""
    there = here()
    with nullcontext() if there.offline else reach.begun(there.endpoint):
        yield


@contextmanager
def patient() -> Iterator[None]:
    """Let whoever turns to the Hub within the block wait for a network that is away.

    A stage may begin hours after its run: what has just begun fails at once, and what goes on for a
    night does not.
    """
    before = _PATIENT.set(True)
    try:
        yield
    finally:
        _PATIENT.reset(before)


def _refuse(repository: Repository, why: str) -> NoReturn:
    raise NotHere(
        f"{repository.kind} '{repository.name}' at revision '{repository.revision}' {why}, and"
        f" nothing is fetched offline: {errors.remedy(repository)}",
        why,
    )


def _silence() -> None:
    """Keep huggingface_hub's bars from the terminal: what is fetched is reported as a whole."""
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars("huggingface_hub.http_get")
    disable_progress_bars("huggingface_hub.xet_get")
    # A full disk is told once, by an error that says what to do.
    warnings.filterwarnings("ignore", message="Not enough free disk space")
