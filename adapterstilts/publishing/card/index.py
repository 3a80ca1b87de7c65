"""The card of an index: it leads to everything of a recipe that is published."""

from collections.abc import Iterator, Sequence

from adapterstilts.analysis.words import points
from adapterstilts.publishing.card import citations
from adapterstilts.publishing.card.card import RULES
from adapterstilts.publishing.card.escaping import Markdown, code, fenced, linked
from adapterstilts.publishing.card.front_matter import front_matter
from adapterstilts.publishing.card.licences import CAUTION, Licence
from adapterstilts.publishing.card.licences import licence as licence_for
from adapterstilts.publishing.card.metadata import index_metadata
from adapterstilts.publishing.card.rendering import rendered
from adapterstilts.publishing.card.result_tables import MEAN, gain
from adapterstilts.publishing.card.results import TITLES, Goal, goals
from adapterstilts.publishing.card.tables import listed, table
from adapterstilts.publishing.item import Item, Layout
from adapterstilts.publishing.scrubbing.items import scrubbed

_COLUMNS = (
    "repository", "what it is", "made by", "target", "licence", MEAN, "over no source",
    "over full fine-tuning", "over full STILTs",
)  # fmt: skip
_WORDS = 5


def index(
    title: str, items: Sequence[tuple[str, Item, Layout]], *, repository: str, licence: str = ""
) -> str:
    """Return the card that leads to everything of a recipe that is published.

    Args:
        title: What all of it is.
        items: Name of each repository, what is in it, and how that is loaded.
        repository: Name of the repository that the card is in.
        licence: Licence that its publisher gives all of it; empty for what the data allow.
    """
    every = [(name, scrubbed(item), layout) for name, item, layout in items]
    given = [licence_for(item, asked=licence) for _, item, _ in every]
    found = {name: goals(item) for name, item, _ in every}
    rows = [
        row
        for (name, item, _), one in zip(every, given, strict=True)
        for row in _rows(name, item, found[name], one)
    ]
    notes = [note for _, item, _ in every for note in item.notes]
    said = index_metadata(
        [(item, layout) for _, item, layout in every],
        repository=repository,
        licences=[one.id for one in given],
    )
    recipe = next((item.recipe for _, item, _ in every if item.recipe), "")
    entries = [citations.bibtex(item, layout) for _, item, layout in every]
    return rendered(
        "index.md",
        front=front_matter(said),
        title=title,
        summary=Markdown(
            f"All {len(every)} publications of one recipe, each in a repository of its own, made"
            " with `adapterstilts`. There are no weights here."
        ),
        table=table(_COLUMNS, rows, words=_WORDS),
        rules=RULES,
        notes=listed(dict.fromkeys(notes)),
        warnings=listed(dict.fromkeys(said for one in given for said in one.warnings)),
        caution=CAUTION,
        recipe=fenced(recipe, "yaml") if recipe else "",
        bibtex=fenced(citations.joined(entries), "bibtex"),
    )


def _rows(
    name: str, item: Item, scored: Sequence[Goal], given: Licence
) -> Iterator[Sequence[object]]:
    """Yield one row of the index a target; one without numbers for what has no scores."""
    start = (linked(name), code(item.expression), code(item.way))
    for goal in scored:
        gains = {each.name: gain(each) for each in goal.beside}
        about = f"{goal.target}, {goal.metric}"
        numbers = [points(goal.mean), *(gains.get(each, "") for each in TITLES)]
        yield (*start, about, code(given.id), *numbers)
    if not scored:
        yield (*start, "", code(given.id), "", *("" for _ in TITLES))
