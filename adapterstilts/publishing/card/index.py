"""The card of an index: it leads to everything of a recipe that is published."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapterstilts.publishing.card import citations, facts, vocabulary
from adapterstilts.publishing.card.card import RULES
from adapterstilts.publishing.card.escaping import Markdown, code, fenced, linked
from adapterstilts.publishing.card.front_matter import front_matter
from adapterstilts.publishing.card.licences import CAUTION, Licence
from adapterstilts.publishing.card.licences import licence as licence_for
from adapterstilts.publishing.card.metadata import index_metadata
from adapterstilts.publishing.card.rendering import rendered
from adapterstilts.publishing.card.result_tables import MEAN, gain, heading, mean
from adapterstilts.publishing.card.results import TITLES, Goal, goals
from adapterstilts.publishing.card.tables import listed, table
from adapterstilts.publishing.card.vocabulary import NOT_RECORDED
from adapterstilts.publishing.item import Item, Layout
from adapterstilts.publishing.scrubbing.items import scrubbed

_COLUMNS = (
    "publication", MEAN, "over no source", "over full fine-tuning", "over full STILTs",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Target:
    """What an index shows of one target."""

    title: str
    """Its heading."""
    table: Markdown
    """Everything that was scored on it, a row each."""


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
        overview=table(("fact", "value"), _overview(every, given), words=2),
        targets=_targets(every, found),
        unscored=listed(_publication(name, item) for name, item, _ in every if not found[name]),
        rules=RULES if any(found.values()) else "",
        notes=listed(dict.fromkeys(notes)),
        warnings=listed(dict.fromkeys(said for one in given for said in one.warnings)),
        caution=CAUTION,
        recipe=fenced(recipe, "yaml") if recipe else "",
        bibtex=fenced(citations.joined(entries), "bibtex"),
    )


def _overview(
    every: Sequence[tuple[str, Item, Layout]], given: Sequence[Licence]
) -> list[tuple[str, object]]:
    """Return what all publications share, or how many have each of what they do not."""
    items = [item for _, item, _ in every]
    seeds = [seed for item in items if (seed := facts.seed(item.own.record)) is not None]
    languages = dict.fromkeys(row.language for item in items for row in item.scores)
    return [
        ("Publications", str(len(every))),
        ("Backbone", _each(facts.backbone(item) for item in items)),
        ("Seed", _each(map(str, seeds)) or NOT_RECORDED),
        ("Library", _each(code(layout.library) for _, _, layout in every)),
        ("Languages of evaluation", ", ".join(map(vocabulary.language, languages)) or "none"),
        ("Licence", _each(code(one.id) for one in given)),
    ]


def _each(said: Iterable[str]) -> Markdown:
    """Return what is said once where it is always the same, or how often each of it is said."""
    counts = Counter(said)
    if len(counts) < 2:
        return Markdown("".join(counts))
    return Markdown(", ".join(f"{each} ({count})" for each, count in counts.items()))


def _targets(
    every: Sequence[tuple[str, Item, Layout]], found: Mapping[str, Sequence[Goal]]
) -> list[Target]:
    """Return a table for each target: what was scored on it, in the order of the recipe."""
    rows: dict[str, list[Sequence[object]]] = {}
    for name, item, _ in every:
        for goal in found[name]:
            gains = {each.name: gain(each) for each in goal.beside}
            numbers = [mean(goal), *(gains.get(each, "") for each in TITLES)]
            rows.setdefault(heading(goal), []).append(
                (_publication(name, item, goal.target), *numbers)
            )
    return [Target(title=each, table=table(_COLUMNS, some)) for each, some in rows.items()]


def _publication(name: str, item: Item, target: str = "") -> Markdown:
    """Return a link that says what is published; the target is said above already."""
    way = code(item.way)
    named = item.expression == target
    return linked(name, said=way if named else Markdown(f"{code(item.expression)} by {way}"))
