"""A branch of the Hub that is published to: found, or made with its repository."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import asking, cached, errors, refusals
from adapterstilts.core.hub.cached import Repository
from adapterstilts.core.hub.client import Hub
from adapterstilts.core.hub.errors import NotOnHub, Unreachable

MAIN = "main"
"""The branch that every repository has."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Branch:
    """A branch of a repository, to be changed."""

    client: Hub
    """The Hub."""
    repository: Repository
    """The repository, with the branch as its revision."""

    @property
    def page(self) -> str:
        """Return the page of the repository."""
        return f"{errors.named(self.client.endpoint)}/{self.repository.name}"

    @property
    def url(self) -> str:
        """Return the page of what is published."""
        main = self.repository.revision == MAIN
        return self.page if main else f"{self.page}/tree/{self.repository.revision}"

    def asked(
        self,
        method: str,
        *given: Any,
        told: Callable[[Exception], Exception] | None = None,
        **options: Any,
    ) -> Any:
        """Return what the Hub's API answers: see `asking.question`."""
        ask = asking.question(self.client.endpoint, method, *given, **options)
        return self.patiently(
            lambda: asking.asked(str(self.repository), ask), told or self._told_answer
        )

    def head(self, *, private: bool | None, made: bool) -> str:
        """Return the commit of the branch, which is made with its repository if it may be."""
        name, kind = self.repository.name, self.repository.kind
        about = self.about()
        if about is None and not made:
            raise NotOnHub(
                f"there is no {kind} '{name}' on the Hub ({self.url}) that a change could be"
                " proposed to, or it is private: publish it without a pull request"
            )
        if about is None:
            about = self._created(private)
        elif private and about.private is False and not made:
            raise StiltsError(
                f"{kind} '{name}' is public, and so is what is proposed to it: make it private in"
                " its settings first, or propose the change without asking for that"
            )
        elif private and about.private is False:
            self.asked("update_repo_settings", name, repo_type=kind, private=True)
            _LOG.warning("%s was public and is private now", name)
        elif private is False and about.private:
            _LOG.warning("%s is private and stays so: its settings can make it public", name)
        if self.repository.revision == MAIN:
            return self.commit(about.sha)
        try:
            return self.tip()
        except _NoBranch as missing:
            if not made:
                raise missing.error from missing
        branch = self.repository.revision
        self.asked("create_branch", name, repo_type=kind, branch=branch, exist_ok=True)
        return self.tip()

    def about(self) -> Any:
        """Return what the Hub says of the repository; None where there is none."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        def missing(error: Exception) -> Exception:
            gone = isinstance(error, RepositoryNotFoundError)
            none = gone and not isinstance(error, GatedRepoError)
            return _None() if none else self._told_answer(error)

        with suppress(_None):
            return self._info(MAIN, missing)
        return None

    def tip(self) -> str:
        """Return the commit of the branch, which is there."""
        from huggingface_hub.errors import RevisionNotFoundError

        def none(error: Exception) -> Exception:
            told = self._told_answer(error)
            return _NoBranch(told) if isinstance(error, RevisionNotFoundError) else told

        return self.commit(self._info(self.repository.revision, none).sha)

    def commit(self, said: object) -> str:
        """Return a commit that the Hub names, before it becomes part of a path."""
        if isinstance(said, str) and cached.is_commit(said):
            return said
        raise StiltsError(f"{self.page} names no commit of itself: look at it, or run again later")

    def _info(self, revision: str, told: Callable[[Exception], Exception]) -> Any:
        name, kind = self.repository.name, self.repository.kind
        return self.asked("repo_info", name, told=told, repo_type=kind, revision=revision)

    def _created(self, private: bool | None) -> Any:
        """Return what the Hub says of the repository that has just been made."""
        try:
            kind = self.repository.kind
            self.asked("create_repo", self.repository.name, repo_type=kind, private=private)
        except StiltsError as error:
            about = self.about()  # Somebody else, or a call whose answer was lost, has made it.
            if about is None:
                raise error
            return about
        about = self.about()
        if about is None:
            raise StiltsError(f"{self.url} was made and is not there: run the same command again")
        return about

    def patiently(
        self, call: Callable[[], Any], told: Callable[[Exception], Exception] | None = None
    ) -> Any:
        """Return what a call gives, made again where that may help."""
        what = str(self.repository)
        return self.client.patiently(call, errors.QUESTION, what=what, told=told or self.told)

    def told(self, error: Exception) -> Exception:
        """Return the error to raise instead of one of huggingface_hub's."""
        return refusals.refused(error, self.repository, self.client.endpoint)

    def _told_answer(self, error: Exception) -> Exception:
        return refusals.refused_answer(error, self.repository, self.client.endpoint)


class _None(StiltsError):
    """There is no such repository."""


class _NoBranch(StiltsError):
    """There is no such branch."""

    def __init__(self, error: Exception) -> None:
        """Take what is told of it."""
        super().__init__(str(error))
        self.error = error


def check(client: Hub, repository: Repository) -> None:
    """Refuse what cannot be published before anything is asked."""
    repository.check()
    what = f"{repository.kind} '{repository.name}'"
    if cached.is_commit(repository.revision):
        raise UsageError(
            f"{what} cannot be published at a commit, {repository.revision}: name a branch"
        )
    check_open(client, repository, what)


def check_open(client: Hub, repository: Repository, what: str = "anything") -> None:
    """Refuse to publish offline, without a token and without network."""
    from huggingface_hub import get_token

    if client.offline:
        raise StiltsError(f"{what} cannot be published offline: run without --offline")
    if not get_token():
        raise refusals.no_token(what)
    try:
        client.reach(repository)
    except Unreachable as error:
        raise refusals.unreachable(what, client.endpoint, error.why) from error
