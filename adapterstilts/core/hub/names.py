"""What people write for a model on the Hub: `user/repo`, `user/repo@revision`, `hub(…)` of one."""

import re
from collections.abc import Iterator

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import Term, parse
from adapterstilts.core.hub.cached import Repository

WORD = "hub"
"""Word of an expression that has a repository in its parentheses."""
_LIKE = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]*[\w-](@\S+)?", re.ASCII)
_ADDRESS = re.compile(
    r"https?://[^/]+/(?!(?:datasets|spaces|collections)/)"
    r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:/(?:(?:tree|blob)/([^/]+).*)?)?",
    re.ASCII,
)
"""The page of a model, of one of its branches, or of a file of it."""


def repository(text: str) -> Repository:
    """Return the model that `user/repo`, or `user/repo@revision`, names."""
    if told := meant(text):
        raise UsageError(f"'{text}' is an address: write the name alone, {told}")
    name, at, revision = text.partition("@")
    found = Repository(name=name, revision=revision if at else "main", kind="model")
    found.check()
    return found


def meant(text: str) -> str:
    """Return the `user/repo@revision` whose page an address is, or an empty string."""
    found = _ADDRESS.fullmatch(text.strip())
    return "@".join(filter(None, found.groups())) if found else ""


def is_like_one(text: str) -> bool:
    """Return whether a text without `hub(…)` can be meant for a repository: it has one slash."""
    return bool(_LIKE.fullmatch(text))


def is_expression(text: str) -> bool:
    """Return whether a text is `hub(…)` and nothing else."""
    return text.strip().startswith((f"{WORD}(", f"{WORD}["))


def one(text: str) -> Repository:
    """Return the model that a text names, with or without `hub(…)` around it."""
    return _of(parse(text)) if is_expression(text) else repository(text)


def every(text: str) -> list[Repository]:
    """Return the models that an expression names in it, in order of appearance, each once."""
    return list(dict.fromkeys(_within(parse(text))))


def _within(term: Term) -> Iterator[Repository]:
    if term.word == WORD:
        yield _of(term)
        return
    for each in term.arguments:
        yield from _within(each)


def _of(term: Term) -> Repository:
    inner = term.arguments[0] if len(term.arguments) == 1 else None
    if term.settings or inner is None or inner.called or inner.settings:
        raise term.refused(
            f"'{WORD}' takes a repository, as {WORD}(user/adapter) or {WORD}(user/adapter@revision)"
        )
    try:
        return repository(inner.word)
    except UsageError as error:
        raise inner.refused(str(error)) from error
