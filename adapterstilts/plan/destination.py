"""The key `publish` of a recipe: what of it goes to the Hub, and where to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapterstilts.core.errors import UsageError, suggest
from adapterstilts.core.hub import Repository
from adapterstilts.core.hub.collecting import check_title
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.plan import readers
from adapterstilts.plan.readers import Name, Reader
from adapterstilts.plan.yaml_nodes import Node
from adapterstilts.publishing import repository_names
from adapterstilts.publishing.card.licences import identifiers


@dataclass(frozen=True, kw_only=True)
class Destination:
    """What is published of a recipe, and where to."""

    to: str
    """Owner and beginning of every repository's name: `me/xstilts` for `me/xstilts-…`. The index,
    which leads to all of them, has this very name."""
    what: tuple[str, ...] = ()
    """Sources and targets; all that is trained where it is empty."""
    methods: tuple[str, ...] = ()
    """Methods whose modules are published; those of every method where it is empty."""
    seed: int | None = None
    """Seed of what is published; the recipe's first where none is named."""
    private: bool | None = None
    """Whether repositories that are made are private; as their owner has set it without."""
    revision: str = "main"
    """Branch, which is made where it is not."""
    collection: str = ""
    """Title or slug of a collection that all of it is put in."""
    base_model: str = ""
    """Id of the backbone on the Hub, where it cannot be told from the backbone."""
    licence: str = ""
    """Licence, by the Hub's identifier; what the data allow without."""


def reader(natural: Reader[int], expression: Reader[str]) -> Reader[Destination]:
    """Return the reader of the key, which may be the beginning of the names alone.

    Args:
        natural: Reader of a whole number from 0.
        expression: Reader of a source or a target.
    """
    to = readers.named(_prefix)
    keys: dict[str, Reader[Any]] = {
        "to": to,
        "what": readers.several(expression),
        "methods": readers.several(readers.named(_method)),
        "seed": natural,
        "private": readers.flag,
        "revision": readers.named(_checked(repository_names.check_branch)),
        "collection": readers.named(_checked(_collection)),
        "base_model": readers.named(_checked(_model)),
        "licence": readers.named(_licence),
    }
    whole = readers.record(Destination, keys)

    def read(node: Node) -> Destination:
        return Destination(to=to(node)) if isinstance(node.value, str) else whole(node)

    return read


def _method(written: str, place: str) -> str:
    return method_of(written, place=place).name


def _prefix(given: str, place: str) -> str:
    try:
        repository_names.check(given, option="to:")
        Repository(name=given, kind="model").check()
    except UsageError as error:
        raise UsageError(f"{error} (in {place})") from error
    return given


def _checked(refuse: Callable[[str], None]) -> Name:
    """Return what lets a text pass that is not refused, and says where the others are."""

    def check(given: str, place: str) -> str:
        try:
            refuse(given)
        except UsageError as error:
            raise UsageError(f"{error} (in {place})") from error
        return given

    return check


def _model(given: str) -> None:
    Repository(name=given, kind="model").check()


def _collection(given: str) -> None:
    if given:
        check_title(given)


def _licence(given: str, place: str) -> str:
    if given not in identifiers():
        raise UsageError(f"unknown licence '{given}' in {place}{suggest(given, identifiers())}")
    return given
