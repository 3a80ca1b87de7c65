"""Templates of cards: whatever a template is given is escaped, unless it is Markdown already."""

import re
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from adapterstilts.publishing.card.escaping import text

_FOLDER = "templates"
_BLANK = re.compile(r"\n{3,}")


def rendered(template: str, **values: object) -> str:
    """Return a page of a template; a value that it has no name for, or misses, is a mistake."""
    page = _environment().get_template(template).render(values)
    return _BLANK.sub("\n\n", page).strip() + "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        # Markdown has its own rules: what is put out is escaped by ours.
        autoescape=False,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _source(name: str) -> str:
    path = resources.files("adapterstilts.publishing.card") / _FOLDER / name
    return path.read_text(encoding="utf-8")
