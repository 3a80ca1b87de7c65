"""HTML and SVG that cannot forget to escape: text is escaped, and only `Markup` is not."""

import html
from collections.abc import Iterable

VOID = frozenset({"br", "circle", "line", "link", "meta", "path", "rect"})
"""Elements that nothing is ever put into."""


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


NOTHING = Markup("")
"""No markup at all."""
Child = str | Markup | Iterable["Child"]
"""Text, which is escaped, or markup, which is not, or several of them."""


def element(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """Return an element; `class_="x"` gives `class="x"`, `stroke_width` gives `stroke-width`."""
    head = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{join(children)}</{name}>")


def join(children: Child) -> Markup:
    """Return children one after the other, text escaped."""
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(html.escape(children))
    return Markup("".join(join(child) for child in children))


def number(value: float) -> str:
    """Return a coordinate with no more digits than a screen shows."""
    return f"{value:.1f}".removesuffix(".0")


def _attribute(key: str, value: str | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = value if isinstance(value, str) else f"{value:.3f}".rstrip("0").rstrip(".")
    return f' {name}="{html.escape(text)}"'
