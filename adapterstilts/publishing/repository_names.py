"""What a repository is called that nobody has named: `me/x-toy-xnli-seq_bn-stack-toy-nli`."""

import hashlib
import re

from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import names

LONGEST = 96
"""Characters of a repository's name, without its owner's, that the Hub takes."""
_DIGITS = 8
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_NO_BRANCH = re.compile(r"^[-./]|[./]$|\.lock$|//|\.\.|/\.|[^A-Za-z0-9._/-]")
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_PLAIN = re.compile(r"([\w:-]+/)?[\w@-]+(\([\w-]+(, [\w-]+)*\))?", re.ASCII)


def named(prefix: str, *, expression: str, way: str, seed: int = 0, backbone: str = "") -> str:
    """Return the name of a repository: another one for another thing, and short enough.

    Args:
        prefix: What all of a recipe's have in front: `me/x`.
        expression: Task or source.
        way: How it was made, as `METHOD/COMPOSITION`.
        seed: Seed of its training, which is told where it is not 0.
        backbone: What it stands on, where that is to be told.
    """
    owner, _, first = prefix.partition("/")
    told = f"-s{seed}" if seed else ""
    said = _UNSAFE.sub("-", f"{backbone}-{expression}-{way}").strip("-")
    words = "-".join(filter(None, (first.rstrip("-."), said)))
    room = LONGEST - len(told)
    if len(words) > room or not (_PLAIN.fullmatch(expression) and _PLAIN.fullmatch(way)):
        # What brackets and nested parentheses say is lost in a name.
        text = f"{expression}\n{way}\n{backbone}"
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:_DIGITS]
        words = f"{words[: room - _DIGITS - 1].rstrip('-.')}-{digest}"
    return f"{owner}/{words}{told}"


def last(name: str) -> str:
    """Return a repository's name without its owner's, as an index and a collection are called."""
    return name.partition("/")[2]


def check(name: str, *, option: str = "--repo") -> None:
    """Refuse what is no name of a repository, or of one with a prefix."""
    if _NAME.fullmatch(name):
        return
    plain = names.meant(name) or name.removeprefix(f"{names.WORD}(").removesuffix(")")
    alone, _, branch = plain.partition("@")
    told = f"OWNER/NAME, as in {option} me/toy-xnli"
    if _NAME.fullmatch(alone):
        told = f"{option} {alone}" + (f", and '{branch}' as its revision" if branch else "")
    raise UsageError(f"'{name}' is no name of a repository: write {told}")


def check_branch(name: str) -> None:
    """Refuse what git takes for no branch."""
    if not name or _NO_BRANCH.search(name):
        raise UsageError(
            f"'{name}' is no name of a branch: write letters, digits, '-', '_', '.' and single"
            " slashes between them, as in v1"
        )
