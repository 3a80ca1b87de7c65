"""Repositories that something is made of: it is published to another, and never over them.

What took the place of its own source would name itself as where it comes from, and whoever loaded
the source by its name would get something else.
"""

from collections.abc import Iterable, Iterator

from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import Repository
from adapterstilts.publishing.item import Item


def taken(item: Item) -> Iterator[str]:
    """Yield the repository of each thing that an item is made of, and that of its backbone."""
    yield from (module.origin for module in item.modules if module.origin)
    if "/" in item.base.id:
        yield item.base.id


def check(repository: str, taken: Iterable[str], *, what: str, option: str = "--repo") -> None:
    """Refuse a repository that something is made of, whatever letters are small in its name.

    Args:
        repository: Where it would go.
        taken: What it is made of.
        what: What it is, in words.
        option: Where the name of a repository is given.
    """
    for name in taken:
        if name.casefold() == repository.casefold():
            source = Repository(name=name, kind="model").expression
            raise UsageError(
                f"{what} cannot be published as '{repository}': it is made of {source}, whose place"
                f" it would take; name another repository with {option}"
            )
