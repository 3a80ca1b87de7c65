"""All that is published beside the card: the library's files at the root, and ours.

What is written is a function of the store alone, so that the same is the same wherever and whenever
it is written. No number of a weight is read; files are copied a piece at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from adapterstilts.core.errors import UsageError
from adapterstilts.core.records import PUBLISHED, SCORES, Score, row_lines
from adapterstilts.modeling import filenames
from adapterstilts.publishing.folder import artifacts, files, history, library_files
from adapterstilts.publishing.folder.artifacts import Library, Trained
from adapterstilts.publishing.folder.files import File
from adapterstilts.publishing.item import Item, Layout
from adapterstilts.publishing.scrubbing.items import scrubbed, scrubber_of
from adapterstilts.publishing.scrubbing.texts import Scrubber

CARD, RECIPE = "README.md", "recipe.yaml"
"""Files that are ours, beside scores and records."""
_OWN = "own"
_AUTO = {kind: f"AutoModel{ending}" for ending, kind in filenames.CLASSES.items()}
"""Kind of a head to the class of `transformers` that has it."""
_KINDS: Mapping[Library, Literal["adapter", "peft", "model"]] = {
    "adapters": "adapter",
    "peft": "peft",
    "transformers": "model",
}
"""Library to the kind of layout that it has."""
_FLEXIBLE = "AutoAdapterModel"
"""Class of `adapters` that takes any heads."""


def lay(item: Item, out: Path) -> Layout:
    """Return what now lies in a folder: all that is published but the card.

    Args:
        item: What is published.
        out: A folder that is not there yet, or empty.
    """
    layout, every = _planned(item)
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise UsageError(f"{out} is not empty: name a folder that is not there yet")
    files.write(every, out)
    return layout


def planned_layout(item: Item) -> Layout:
    """Return what would lie in a folder; nothing is written."""
    return _planned(item)[0]


def planned_bytes(item: Item) -> int:
    """Return how many bytes the files have that will be written, the card not counted."""
    _, every = _planned(item)
    return sum(each.size for each in every)


def _planned(item: Item) -> tuple[Layout, tuple[File, ...]]:
    found, looking = artifacts.trained(item), scrubber_of(item)
    library, active = library_files.of(item, found, looking)
    every = files.in_order([*library, *_ours(item, looking, [each.name for each in library])])
    return _layout(item, found, active, every, looking), every


def _layout(
    item: Item, found: Trained, active: str, every: Sequence[File], looking: Scrubber
) -> Layout:
    setup = artifacts.joins(item)
    heads = {
        (name := library_files.named(head.name, looking)): library_files.folder_of(
            head, name, setup=setup
        )
        for head in found.heads
        if head.folder is not None
    }
    return Layout(
        kind="setup" if setup else _KINDS[found.library],
        library=found.library,
        auto_class=_FLEXIBLE if flexible(found) else _AUTO.get(found.heads[0].kind, "AutoModel"),
        active=active,
        heads=heads,
        files=tuple(each.name for each in every),
    )


def flexible(found: Trained) -> bool:
    """Return whether heads of `adapters` stand on a model, whichever library trained it."""
    return found.library == "adapters" or found.several


def _ours(item: Item, looking: Scrubber, beside: Sequence[str]) -> Iterator[File]:
    """Yield scores, recipe and records, which name all files, those of the library too."""
    as_read = scrubbed(item)
    rows = {_OWN: as_read.scores, **as_read.baselines}
    lines = row_lines(Score, (row for some in rows.values() for row in some))
    yield files.of_text(SCORES, "\n".join(lines) + "\n")
    if item.recipe:
        yield files.of_text(RECIPE, looking.text(item.recipe))
    counted = {name: len(some) for name, some in rows.items()}
    every = [*beside, CARD, SCORES, *([RECIPE] if item.recipe else []), PUBLISHED]
    said = history.document(item, looking, counted, files=every)
    yield files.of_text(PUBLISHED, history.text(said))
