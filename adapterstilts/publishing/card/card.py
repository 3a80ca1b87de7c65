"""The model card of a publication: the whole `README.md`, from facts that the store has."""

from collections.abc import Iterable, Sequence

from adapterstilts.core.records import PUBLISHED, SCORES
from adapterstilts.publishing.card import citations, facts, snippets, training_data, vocabulary
from adapterstilts.publishing.card.escaping import Markdown, code, codes, fenced, text
from adapterstilts.publishing.card.facts import Fact
from adapterstilts.publishing.card.front_matter import front_matter
from adapterstilts.publishing.card.licences import CAUTION, Licence
from adapterstilts.publishing.card.licences import licence as licence_for
from adapterstilts.publishing.card.limits import limits
from adapterstilts.publishing.card.metadata import metadata
from adapterstilts.publishing.card.rendering import rendered
from adapterstilts.publishing.card.result_tables import mean, shown
from adapterstilts.publishing.card.results import Goal, goals
from adapterstilts.publishing.card.tables import listed, table
from adapterstilts.publishing.card.vocabulary import NOT_RECORDED
from adapterstilts.publishing.item import Item, Layout
from adapterstilts.publishing.scrubbing.items import scrubbed

RULES = (
    "Numbers are points of the metric. The zero-shot mean leaves out the language of training and"
    " counts every other one the same; a difference of means is over the languages that both have,"
    " and its interval is paired over the same examples. An interval that excludes zero is not"
    " corrected for the number of comparisons."
)
"""How the numbers of a card were made, by `adapterstilts.analysis`."""
_WEIGHTS = ".safetensors"
_FILES = {
    SCORES: "every score as it was stored, this one's first, then those of the baselines",
    "recipe.yaml": "the recipe that it is of",
    PUBLISHED: "what every stage of its making says of itself",
}


def card(item: Item, *, repository: str, layout: Layout, licence: str = "") -> str:
    """Return the whole model card of a publication.

    Args:
        item: What is published.
        repository: Name that it has, or will have, on the Hub.
        layout: What lies beside the card, and how its library loads it.
        licence: Licence that its publisher gives it; empty for what the data allow.
    """
    return page(
        item,
        repository=repository,
        layout=layout,
        # What is loaded is found by the names that the store has for it, before they are told.
        plain=snippets.plain(layout, repository=repository, base=item.base, item=item),
        ours=snippets.ours(layout, repository=repository, base=item.base, item=item),
        licence=licence,
    )


def page(
    item: Item,
    *,
    repository: str,
    layout: Layout,
    plain: str,
    ours: str,
    licence: str = "",
) -> str:
    """Return the same with loading code that is given.

    Args:
        item: See `card`.
        repository: See `card`.
        layout: See `card`.
        plain: Code that loads it with the library alone.
        ours: Code that loads it with this package.
        licence: See `card`.
    """
    item = scrubbed(item)
    given, scored = licence_for(item, asked=licence), goals(item)
    said = metadata(item, repository=repository, layout=layout, licence=given)
    return rendered(
        "card.md",
        front=front_matter(said),
        title=Markdown(f"{text(item.expression)} · {text(item.way)}"),
        summary=summary(item, layout),
        overview=_facts(_overview(item, layout, given, scored)),
        library=" and ".join(_libraries(layout)),
        plain=fenced(plain, "python"),
        ours=fenced(ours, "python"),
        goals=[shown(goal) for goal in scored],
        rules=RULES if scored else "",
        notes=listed(item.notes),
        training=_facts(facts.training(item)),
        machine=_facts(facts.machine(item)),
        history=table(facts.HISTORY, facts.history(item), words=facts.HISTORY_WORDS),
        limits=listed(limits(item, scored)),
        licence_says=_licence_says(given, asked=licence),
        licences=_licences(given),
        warnings=listed(given.warnings),
        caution=CAUTION,
        bibtex=fenced(citations.bibtex(item, layout), "bibtex"),
        short=listed(Markdown(f"{code(name)}: {text(by)}") for name, by in citations.short(item)),
        files=_files(layout),
    )


def warnings(item: Item, *, licence: str = "") -> tuple[str, ...]:
    """Return what its publisher should look at before a publication is given away."""
    found = list(licence_for(item, asked=licence).warnings)
    if not item.base.id:
        found.append(
            f"The backbone {item.base.title} has no id on the Hub here, so that nobody else can"
            " load it: name it with --base-model."
        )
    return tuple(found)


def summary(item: Item, layout: Layout) -> Markdown:
    """Return in one paragraph what a publication is."""
    method, composition = facts.way(item)
    seed = facts.seed(item.own.record)
    learned = dict.fromkeys(code for each in item.modules for code in training_data.languages(each))
    merged = item.own.record.kind == "merge"
    made = "merged from the weights of others" if merged else f"trained in {_languages(learned)}"
    laid = "head" if layout.is_head else layout.kind
    kind = _KINDS.get(_block(composition), _KINDS[laid])
    # A merge learns nothing: it meets no target and, but for some rules, draws nothing.
    how = "" if merged else f", composition {code(composition)}"
    drawn = NOT_RECORDED if seed is None else seed
    return Markdown(
        f"{kind} for {code(item.expression)}, {text(made)}. Method {code(method)}{how};"
        f" {_sources(item)} Backbone: {facts.backbone(item)}."
        f"{'' if merged and seed is None else f' Seed: {drawn}.'}{_tasks(item)}"
    )


_KINDS = {
    "adapter": "An adapter",
    "setup": "Several adapters with their composition",
    "stack": "A stack of adapters",
    "fuse": "A fusion of adapters",
    "head": "A head alone",
    "peft": "A PEFT adapter",
    "model": "A whole model",
}


def _block(composition: str) -> str:
    return composition.partition("[")[0].partition("(")[0]


def _languages(codes: Iterable[str]) -> str:
    return ", ".join(map(vocabulary.language, codes)) or f"languages that are {NOT_RECORDED}"


def _sources(item: Item) -> Markdown:
    """Return what it builds on, as a sentence."""
    if item.sources:
        return Markdown(f"it stands on {codes([each.name for each in item.sources])}, loaded too.")
    if item.before:
        return Markdown(f"its weights came from {codes([each.name for each in item.before])}.")
    return Markdown("it builds on no source.")


def _tasks(item: Item) -> str:
    """Return what its tasks are, in the words of their declarations."""
    names = training_data.tasks_of(item.own.record)
    found = [(name, vocabulary.declared(name)) for name in names]
    return "".join(f" {code(name)}: {text(vocabulary.asked(task))}" for name, task in found if task)


def _libraries(layout: Layout) -> list[str]:
    """Return what its code takes: the library of its files, and that of its heads."""
    flexible = layout.auto_class == "AutoAdapterModel"
    return list(dict.fromkeys([layout.library, *(["adapters"] if flexible else [])]))


def _overview(item: Item, layout: Layout, given: Licence, scored: Sequence[Goal]) -> list[Fact]:
    """Return the facts that a reader looks for first."""
    learned = dict.fromkeys(code for each in item.modules for code in training_data.languages(each))
    evaluated = dict.fromkeys(row.language for row in item.scores)
    return [
        ("Library", codes(_libraries(layout))),
        ("Backbone", facts.backbone(item)),
        ("Trained on", codes(training_data.tasks(item)) or NOT_RECORDED),
        ("Languages of training", ", ".join(map(vocabulary.language, learned)) or NOT_RECORDED),
        ("Languages of evaluation", ", ".join(map(vocabulary.language, evaluated)) or "none"),
        *(
            (f"Zero-shot mean on {goal.target}", Markdown(f"{mean(goal)}, {code(goal.metric)}"))
            for goal in scored
            if goal.mean is not None
        ),
        ("Licence", code(given.id)),
    ]


def _facts(facts: Iterable[Fact]) -> Markdown:
    return table(("fact", "value"), list(facts), words=2)


def _licence_says(given: Licence, *, asked: str) -> Markdown:
    if asked:
        return Markdown(f"{code(given.id)}, as its publisher has chosen.")
    if given.name:
        return Markdown("No licence of the Hub's list is what all of these surely allow:")
    return Markdown(f"{code(given.id)}, the strictest of what it was made of:")


def _licences(given: Licence) -> Markdown:
    rows = [(code(part.name), part.licence) for part in given.parts]
    return table(("part", "licence"), dict.fromkeys(rows), words=2)


def _files(layout: Layout) -> Markdown:
    weights = f"weights, as {layout.library} reads them"
    rest = f"what {layout.library} needs to read the weights"
    if layout.kind == "model":
        rest = "configuration or tokenizer"
    rows = [
        (code(name), _FILES.get(name, weights if name.endswith(_WEIGHTS) else rest))
        for name in layout.files
    ]
    return table(("file", "what it is"), rows, words=2)
