"""The results of a card as tables: this beside its baselines, language by language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapterstilts.analysis.words import count, interval, points, signed, signed_interval
from adapterstilts.core.records import Score
from adapterstilts.publishing.card import vocabulary
from adapterstilts.publishing.card.escaping import Markdown, code, text
from adapterstilts.publishing.card.origins import places
from adapterstilts.publishing.card.results import TITLES, Beside, Goal
from adapterstilts.publishing.card.tables import NOTHING, listed, table
from adapterstilts.publishing.item import NO_SOURCE

MEAN = "zero-shot mean"
"""Row of the mean over the languages that training has not seen."""


_BARE = "none/zero"
"""How the untrained backbone was made."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a card shows of one target."""

    title: str
    """Its heading."""
    table: Markdown
    """Scores by the metric that ranks it."""
    notes: Markdown
    """What the table leaves open, a line each."""
    others: Markdown
    """Scores by other metrics; empty where there are none."""


def shown(goal: Goal) -> Shown:
    """Return what a card shows of a target."""
    return Shown(
        title=heading(goal),
        table=_table(goal),
        notes=listed(_notes(goal)),
        others=_others(goal),
    )


def heading(goal: Goal) -> str:
    """Return what stands above the scores of a target."""
    perturbed = f", perturbed by {goal.perturbation}" if goal.perturbation else ""
    return f"{goal.target}: {goal.metric} on {goal.split}{perturbed}"


def mean(goal: Goal) -> Markdown:
    """Return the zero-shot mean with its interval where that is known; empty without one."""
    ends = f" {interval(*goal.ends)}" if goal.ends else ""
    return Markdown(f"{points(goal.mean)}{ends}" if goal.mean is not None else "")


def gain(beside: Beside) -> Markdown:
    """Return a gain as tables have it, with its interval where that is known."""
    ends = f" {signed_interval(*beside.ends)}" if beside.ends else ""
    return Markdown(f"{signed(beside.gain)}{ends}")


def _table(goal: Goal) -> Markdown:
    """Return one row a language and one of the means; differences stand behind each baseline."""
    heads = ["language", "this", "95 %"]
    for each in goal.beside:
        heads += [each.title, "difference"]
    rows = [_row(goal, language) for language in goal.scores]
    ends = Markdown(interval(*goal.ends) if goal.ends else "")
    mean: list[object] = [Markdown(f"**{MEAN}**"), _strong(points(goal.mean)), ends]
    for each in goal.beside:
        mean += [points(each.mean), gain(each)]
    return table(heads, [*rows, mean])


def _row(goal: Goal, language: str) -> list[object]:
    score = goal.scores[language]
    seen = ", language of training" if language == goal.english else ""
    row: list[object] = [f"{vocabulary.language(language)}{seen}", *_numbers(score)]
    for each in goal.beside:
        value = each.values.get(language)
        row += [points(value), "" if value is None else signed(score.value - value)]
    return row


def _notes(goal: Goal) -> Iterator[Markdown]:
    """Yield what a reader must know of the table."""
    yield Markdown(f"Data of the evaluation: {places(goal.data)}. {_examples(goal)}")
    for each in goal.beside:
        is_bare = each.way == _BARE
        what = "the untrained backbone" if is_bare else f"{code(each.way)} with the same seed"
        yield Markdown(f"{text(each.title)}: {what}, on the same target.")
    if not next(iter(goal.scores.values())).source:
        yield text("It has no source itself, so there is no gain over the same without one.")
    if goal.missing:
        named = ", ".join(TITLES[name] for name in goal.missing)
        yield text(f"Not run, so missing here: {named}.")
    unpaired = [each.title for each in goal.beside if each.gain is not None and not each.ends]
    if unpaired:
        yield text(
            f"The differences from {', '.join(unpaired)} are unpaired and have no interval: what"
            " each example got is not at hand."
        )
    partly = [each for each in goal.beside if set(each.values) != set(goal.scores)]
    for each in partly:
        yield text(f"{each.title} was not scored in every language: {NOTHING} marks where.")
    if goal.mean is None:
        yield text("There is no score in a language that training has not seen, so no mean.")
    if vocabulary.lower_is_better(goal.metric):
        yield Markdown(f"{code(goal.metric)} is the better the lower it is.")
    for name in goal.others:
        if vocabulary.lower_is_better(name):
            yield Markdown(f"{code(name)} is no percentage, and the better the lower it is.")
    yield from _lost(goal)


def _examples(goal: Goal) -> str:
    """Return how many examples were scored, in each language where they are not as many."""
    counts = {name: score.n for name, score in goal.scores.items()}
    if len({*counts.values()}) == 1:
        return f"Examples in each language: {count(next(iter(counts.values())))}."
    return f"Examples: {', '.join(f'{name} {count(number)}' for name, number in counts.items())}."


def _lost(goal: Goal) -> Iterator[Markdown]:
    """Yield in which languages the source did harm, as far as single languages tell."""
    alone = next((each for each in goal.beside if each.name == NO_SOURCE), None)
    if alone is None:
        return
    losses = goal.losses
    if not losses:
        yield text("In no language is it worse than without a source.")
        return
    said = ", ".join(f"{vocabulary.language(name)} {signed(lost)}" for name, lost in losses.items())
    yield text(
        f"Worse than without a source in {len(losses)} of {len(alone.values)} languages, each"
        f" difference by itself and without an interval: {said}."
    )


def _others(goal: Goal) -> Markdown:
    """Return every other metric in one table, a row a language."""
    if not goal.others:
        return Markdown("")
    heads = ["language", *(head for name in goal.others for head in (name, "95 %"))]
    rows: list[Sequence[object]] = []
    for language in goal.scores:
        row: list[object] = [vocabulary.language(language)]
        for scores in goal.others.values():
            row += _numbers(scores[language]) if language in scores else ["", ""]
        rows.append(row)
    return table(heads, rows)


def _numbers(score: Score) -> list[object]:
    if vocabulary.lower_is_better(score.metric):
        # Of a loss of a few nats one decimal would say next to nothing.
        return [f"{score.value:.3f}", Markdown(f"[{score.low:.3f}, {score.high:.3f}]")]
    return [points(score.value), Markdown(interval(score.low, score.high))]


def _strong(number: str) -> object:
    return Markdown(f"**{number}**") if number else ""
