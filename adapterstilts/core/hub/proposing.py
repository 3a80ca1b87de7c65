"""An open pull request that an earlier call has opened: the next call goes on with it.

Whose it is and what it says tell: a pull request of this very user to this very branch, whose
title, or description, is the one that is written here for what is published. What a Hub says of
others is read for nothing else, and shown to nobody.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Any

from adapterstilts.core.hub.branches import Branch

MOST = 1000
"""Pull requests of one user, to one repository, that are looked through."""
READ = 20
"""Those of them, of another title, that are read."""
_LARGEST = 2**31
_OPEN = frozenset({"open", "draft"})


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A pull request that is open."""

    branch: Branch
    """Its own branch."""
    page: str
    """Where people look at it."""


def description(message: str) -> str:
    """Return what a pull request says below its title, by which it is known again.

    Args:
        message: What its commit says.
    """
    return (
        f"{message}, proposed by `adapterstilts publish --pull-request`. As long as this is open,"
        " the same command brings it up to date."
    )


def found(branch: Branch, message: str, author: str) -> Proposal | None:
    """Return the newest pull request to a branch that was opened for the same; None without one.

    Args:
        branch: Where it would go.
        message: What is proposed.
        author: Who proposes.
    """
    name, kind = branch.repository.name, branch.repository.kind
    listed = branch.asked(
        "get_repo_discussions",
        name,
        most=MOST,
        author=author,
        discussion_type="pull_request",
        discussion_status="open",
        repo_type=kind,
    )
    mine = [each for each in listed if _is_open(each, author)]
    titled = [each for each in mine if each.title == message]
    others = [each for each in mine if each.title != message]
    for each in itertools.chain(titled, others[:READ]):
        details = branch.asked("get_discussion_details", name, each.num, repo_type=kind)
        told = each.title == message or description(message) in _text(details, author)
        # Asked for again, it may have been closed meanwhile.
        if told and _is_open(details, author) and _goes_to(details, branch):
            at = replace(branch.repository, revision=f"refs/pr/{each.num}")
            return Proposal(
                branch=Branch(branch.client, at), page=f"{branch.page}/discussions/{each.num}"
            )
    return None


def _is_open(said: Any, author: str) -> bool:
    """Return whether a Hub says of an open pull request of somebody, in a way that can be."""
    number, whose, status = said.num, said.author, said.status
    if type(number) is not int or not 0 < number < _LARGEST or said.is_pull_request is not True:
        return False
    known = isinstance(whose, str) and isinstance(status, str)
    return known and whose.casefold() == author.casefold() and status in _OPEN


def _goes_to(details: Any, branch: Branch) -> bool:
    target = details.target_branch
    return isinstance(target, str) and target == f"refs/heads/{branch.repository.revision}"


def _text(details: Any, author: str) -> str:
    """Return what the author of a pull request says below its title."""
    first = details.events[0] if details.events else None
    text, whose = getattr(first, "content", ""), getattr(first, "author", "")
    return text if isinstance(text, str) and whose == author else ""
