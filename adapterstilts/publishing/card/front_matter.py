"""The YAML that a card begins with: written, and read back from text that nobody trusts."""

from typing import Any

import yaml

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.card.escaping import Markdown, plain

LONGEST_CARD, LONGEST_HEAD = 4_000_000, 1_500_000
"""Signs of a card and of its YAML; more is an attack."""
MOST_NODES, DEEPEST = 200_000, 12
"""Nodes of YAML and levels of nesting; more would take long to read."""
_LONGEST_NUMBER = 100
# libyaml's parser is some fifty times faster, but not every platform's PyYAML has it.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _whole(loader: Any, node: yaml.ScalarNode) -> Any:
    return node.value if len(node.value) > _LONGEST_NUMBER else loader.construct_yaml_int(node)


def _broken(loader: Any, node: yaml.ScalarNode) -> Any:
    return node.value if len(node.value) > _LONGEST_NUMBER else loader.construct_yaml_float(node)


_NUMBERS = {"tag:yaml.org,2002:int": _whole, "tag:yaml.org,2002:float": _broken}
_Loader: Any = type(
    "_Loader", (_PARSER,), {"yaml_constructors": _PARSER.yaml_constructors | _NUMBERS}
)
"""Reads plain values; what is too long for a number stays text.

YAML 1.1 has numbers to the base of 60, `1:1:1`, and PyYAML takes minutes for a long one.
"""


def front_matter(said: dict[str, Any]) -> Markdown:
    """Return metadata as the block of YAML that a card begins with."""
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)
    return Markdown(f"---\n{text}---")


def metadata_of(card: str) -> dict[str, Any]:
    """Return the YAML that a card begins with, empty where it has none, or refuse it."""
    if len(card) > LONGEST_CARD:
        raise refused(f"it has more than {LONGEST_CARD:,} signs")
    lines = card.replace("\r\n", "\n").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    if not lines.startswith("---\n"):
        return {}
    head, closed, _ = f"{lines[3:]}\n".partition("\n---\n")
    if not closed or len(head) > LONGEST_HEAD:
        raise refused("its YAML does not end" if not closed else "its YAML is too long")
    try:
        _check(head)
        found = yaml.load(head, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise refused(plain(error)) from error
    if found is not None and not isinstance(found, dict):
        raise refused("its YAML is no table")
    return {str(key): value for key, value in (found or {}).items()}


def _check(head: str) -> None:
    """Refuse YAML that is deep or refers to itself before anything is built of it."""
    depth = 0
    for number, event in enumerate(yaml.parse(head, Loader=_PARSER)):
        if number > MOST_NODES:
            raise ValueError(f"its YAML has more than {MOST_NODES:,} nodes")
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("its YAML refers to itself")
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ValueError(f"its YAML is deeper than {DEEPEST} levels")


def refused(reason: str) -> StiltsError:
    """Return the error of a card that is not read."""
    return StiltsError(f"refused the model card: {reason}; see the README.md of the repository")
