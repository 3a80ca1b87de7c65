"""What a publication cannot do, or nobody knows of it: from facts alone, a sentence each."""

from collections.abc import Iterator

from adapterstilts.publishing.card import training_data, vocabulary
from adapterstilts.publishing.card.origins import parts
from adapterstilts.publishing.card.results import Goal
from adapterstilts.publishing.item import Item
from adapterstilts.tasks.task import HubData, RealData, Task, ToyData
from adapterstilts.toyworld.rows import MULTILINGUAL


def limits(item: Item, goals: list[Goal]) -> list[str]:
    """Return the limits of a publication and of its numbers."""
    names = [*training_data.tasks(item), *(goal.target.partition("@")[0] for goal in goals)]
    tasks = list({each.name: each for name in names for each in parts(name)}.values())
    found = [*_generated(tasks), *_scored(item, goals), *_caveats(tasks)]
    for module in training_data.adopted(item):
        found.append(f"Somebody else has trained {module.name}; its data are not recorded here.")
    return found


def _generated(tasks: list[Task]) -> Iterator[str]:
    generated = [task.name for task in tasks if isinstance(task.data, ToyData)]
    if generated:
        yield (
            f"The data of {_and(generated)} are generated, in languages that nobody speaks: what"
            " was learned of them is of no use for text that people have written, and its scores"
            " say nothing of natural languages."
        )


def _scored(item: Item, goals: list[Goal]) -> Iterator[str]:
    if not goals:
        yield "It has not been evaluated: there are no scores."
        return
    seeds = {row.seed for row in item.scores}
    if len(seeds) == 1:
        yield (
            f"One seed ({seeds.pop()}): nothing here says how far another one would be from these"
            " numbers."
        )
    yield (
        "Intervals are of 95 %, by a bootstrap over the examples of a test set; languages, seed and"
        " training are held fixed."
    )
    for goal in goals:
        yield from _languages(goal)
    if any(vocabulary.is_headless(goal.target) for goal in goals):
        yield "Retrieval reads embeddings without a head; nothing was trained for it as such."


def _languages(goal: Goal) -> Iterator[str]:
    task = vocabulary.declared(goal.target)
    known = [code for code in task.languages if code != MULTILINGUAL] if task else []
    left = [code for code in known if code not in goal.scores]
    if left:
        yield f"{goal.target} was not scored in {_and(list(map(vocabulary.language, left)))}."
    if goal.english not in goal.scores:
        yield (
            f"{goal.target} was not scored in {vocabulary.language(goal.english)}, the language of"
            " training."
        )
    if goal.target.partition("@")[2]:
        rows = goal.target.partition("@")[2]
        yield f"Of {goal.target.partition('@')[0]} it has seen {rows} training rows of its own."


def _caveats(tasks: list[Task]) -> Iterator[str]:
    for task in tasks:
        hub: HubData | None = task.data.hub if isinstance(task.data, RealData) else None
        if task.notes:
            yield f"{task.name}: {task.notes}"
        if hub and hub.caveat:
            yield f"{task.name}, as {hub.repository} has it: {hub.caveat}"


def _and(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
