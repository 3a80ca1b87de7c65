"""Text that others have written, as Markdown that says it and does nothing else.

A name, a label or a sentence from a file must not open a table cell, a link, a code block or a
tag. What means something in Markdown or HTML becomes a character reference, which every renderer
shows as the sign itself; a backslash would do for most, but the Hub reads formulas first.
"""

import re

from adapterstilts.core import strict
from adapterstilts.core.hub.cached import is_name

LONGEST = 2_000
"""Signs of the longest text that is shown; what is longer is cut."""
_ZERO_WIDTH = "&#8203;"
"""Between two signs that together would make a link of an address."""
_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*|[]~$"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
_LINK = re.compile(r"(?i)(:)(?=//)|(\bwww)(?=\.)|(?<=\S)(?=@)")
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore that is not within a word, where Markdown leaves it alone."""
_FIRST = re.compile(r"^(?:#|[=-](?=[=\s-]*$)|[+-](?=[\s-]|$)|\d{1,9}(?=[.)](?:\s|$)))")
"""What would begin a heading, a list or a rule."""
_BARE = re.compile(r"[`|$\\]")
_FENCE = re.compile(r"`{3,}")
_LANGUAGE = re.compile(r"[a-z]*")


class Markdown(str):
    """Markdown that is right as it is: made here, or by what escapes."""


def plain(value: object) -> str:
    """Return a value as text on one line, without what steers screens, and cut if it is long."""
    return strict.plain(" ".join(f"{value}".split()), LONGEST)


def text(value: object) -> Markdown:
    """Return a value as Markdown that reads as the value itself, whatever stands in it."""
    if isinstance(value, Markdown):
        return value
    said = _LINK.sub(lambda found: f"{found[0]}\0", plain(value)).translate(_SIGNS)
    said = _EDGE.sub("&#95;", said).replace("\0", _ZERO_WIDTH)
    return Markdown(_FIRST.sub(_referred, said))


def code(value: object) -> Markdown:
    """Return a value as a span of code, or as text where it has what could end the span."""
    said = plain(value)
    return text(said) if not said or _BARE.search(said) else Markdown(f"`{said}`")


def codes(values: object) -> Markdown:
    """Return several values as spans of code with commas between them."""
    some = values if isinstance(values, list | tuple) else [values]
    return Markdown(", ".join(map(code, some)))


def fenced(value: str, language: str = "") -> Markdown:
    """Return lines as a block of code, in a fence that they cannot close."""
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{language!r} is no language of a code block")
    lines = ("".join(_seen(sign) for sign in line) for line in value.strip("\n").split("\n"))
    said = "\n".join(lines)
    longest = max((len(found) for found in _FENCE.findall(said)), default=2)
    fence = "`" * (longest + 1)
    return Markdown(f"{fence}{language}\n{said}\n{fence}")


def linked(name: str, *, folder: str = "", said: Markdown | None = None) -> Markdown:
    """Return a link to a repository of the Hub, or its name alone where it is not one's name.

    Args:
        name: Name of the repository, `user/name`.
        folder: What stands before it in its address, `datasets/`; models have none.
        said: What is read in its place.
    """
    if not is_name(name):
        return said or code(name)
    return Markdown(f"[{said or text(name)}](https://huggingface.co/{folder}{name})")


def _seen(sign: str) -> str:
    return sign if sign.isprintable() or sign == "\t" else "�"


def _referred(found: re.Match[str]) -> str:
    """Return the first sign of a line so that it begins no heading, list or rule."""
    first = found[0]
    return f"&#{ord(first[0])};{first[1:]}"
