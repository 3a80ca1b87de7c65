"""What cannot be, refused before anything is trained: methods, merges, mixes, and heads."""

from collections.abc import Iterable, Sequence

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.merges import heads_agree, mergeable, merging
from adapterstilts.modeling.methods import METHODS, Method, cannot_stand_under
from adapterstilts.modeling.sizes import misfit, too_long, unread
from adapterstilts.plan.bases import Ground
from adapterstilts.plan.sources import Adopted, Learned, Merged, Source
from adapterstilts.plan.ways import BASELINE, Way
from adapterstilts.stages.adopt import look
from adapterstilts.stages.references import head_of
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import Task


def check_method(ground: Ground, way: Way, *, place: str) -> None:
    """Refuse a method that cannot take part in a composition, or that a backbone has no room for.

    Args:
        ground: Method and backbone.
        way: The composition, with its sources.
        place: Where they were asked for.
    """
    method, composition = ground.method, way.composition
    if refusal := composition.refuses(method):
        others = [each.name for each in METHODS.values() if not composition.refuses(each)]
        raise UsageError(
            f"composition '{composition.name}' in {place} cannot be had with method"
            f" '{method.name}', which {refusal}: take it out, or use {' or '.join(others)}"
        )
    complaint = misfit(method, ground.base.shape) if ground.base.shape else ""
    if complaint:
        raise UsageError(
            f"method '{method.name}' in {place} does not fit backbone '{ground.base.title}':"
            f" {complaint}"
        )
    for source in every(way.sources):
        if not isinstance(source, Merged):
            continue
        if refusal := mergeable(method, merging(source.overrides).rule):
            raise UsageError(
                f"source '{source.text}' in {place} cannot be had with method '{method.name}',"
                f" which {refusal}"
            )


def check_heads(ground: Ground, tasks: Sequence[str], *, place: str) -> None:
    """Refuse a method that cannot be had under the heads of some tasks, all of them at once."""
    kinds = [head_of(TASKS.get(task)).kind for task in tasks]
    if complaint := cannot_stand_under(ground.method, kinds):
        what = "a mix of " + ", ".join(tasks) if len(tasks) > 1 else f"task '{tasks[0]}'"
        raise UsageError(
            f"{what} in {place} cannot be had with method '{ground.method.name}', which {complaint}"
        )


def check_length(ground: Ground, task: Task, length: int, *, place: str) -> None:
    """Refuse inputs of a task that are longer than the positions that a method leaves."""
    shape = ground.base.shape
    complaint = too_long(ground.method, shape, length) if shape else ""
    if complaint:
        raise UsageError(
            f"'{task.name}' in {place} does not fit backbone '{ground.base.title}' with method"
            f" '{ground.method.name}': {complaint}; lower `training.tasks.{task.name}.max_length`"
        )


def check_learned(ground: Ground, learned: Learned, hyper: Hyperparameters, *, place: str) -> None:
    """Refuse to learn without a head where nothing would change, or nothing could be learned.

    Args:
        ground: Method and backbone.
        learned: What is learned.
        hyper: How.
        place: Where it was asked for.
    """
    method = ground.method
    if len(learned.parts) > 1 and not method.changes_encoder:
        raise UsageError(
            f"'{learned.text}' in {place} cannot be had with method '{method.name}': heads alone"
            " have nothing in common, and each would learn as if by itself; name one of its tasks,"
            " or a method that changes the encoder"
        )
    for part in learned.parts:
        if head_of(TASKS.get(part.task)).kind != "none":
            continue
        if complaint := unread(method, ground.base.shape):
            raise UsageError(
                f"method '{method.name}' in {place} leaves nothing to train on '{part.task}', which"
                f" is read without a head ({complaint}): use another, or leave that task out"
            )
        if hyper.batch_size < 2:
            raise UsageError(
                f"batch_size {hyper.batch_size} in {place} teaches nothing of '{part.task}', whose"
                " pairs learn from the others of their batch: set it to 2 or more"
            )


def answering_head(way: Way, task: Task, *, method: Method) -> str | None:
    """Return which head of a source answers a task as it is; None where none does.

    It is an empty string where the source has one head, its own. What was written out is refused
    where nothing answers, and what a grid made is passed over.

    Args:
        way: The composition, with its source.
        task: The target.
        method: How the source is made, which says what else could be done with it.
    """
    if not way.sources:
        return None
    (source,) = way.sources
    found = _head(source, task)
    if found is None and way.asked:
        written = way.term.arguments[0].text
        instead = f"stack({written}) or continue({written})" if method.changes_encoder else BASELINE
        raise way.term.refused(f"{_headless(source, written, task)}, as in {instead}")
    return found


def changes_embeddings(ground: Ground, way: Way, task: Task) -> bool:
    """Return whether a way has anything to do with a target that is read without a head.

    A source that is a head and nothing else is refused where it was written out.
    """
    if not way.sources or ground.method.changes_encoder:
        return True
    if way.asked:
        raise way.term.refused(
            f"'{way.name}' by '{ground.method.name}' is a head alone, and '{task.name}' is read"
            f" without one: write {BASELINE} for the backbone as it is, or use a method that"
            " changes the encoder"
        )
    return False


def heads_have_a_mean(merged: Merged) -> bool:
    """Return whether the heads of what is merged are for the same, as far as a plan can tell."""
    learned = [each for each in every(merged.sources) if isinstance(each, Learned)]
    alone = all(len(each.parts) == 1 for each in learned)
    tasks = [TASKS.get(each.parts[0].task) for each in learned]
    return alone and heads_agree(tasks) and all(head_of(each).kind != "none" for each in tasks)


def every(sources: Iterable[Source]) -> Iterable[Source]:
    """Yield some sources, and what they are merged from."""
    for source in sources:
        yield source
        if isinstance(source, Merged):
            yield from every(source.sources)


def _headless(source: Source, written: str, task: Task) -> str:
    """Return why a source that was written so cannot answer a task, and what could be done."""
    if isinstance(source, Adopted):
        why = (
            f"cannot answer '{task.name}' as it is, for {look(source.name).refuses(head_of(task))}"
        )
    else:
        form = f"its format ({task.format}{_told(task)}) must be the source's"
        why = f"has no head that answers '{task.name}': {form}"
    return f"'{written}' {why}; train on the target instead"


def _head(source: Source, task: Task) -> str | None:
    """Return the head of a source that answers a task, as `answering_head` says it."""
    if isinstance(source, Adopted):
        # What a repository has is known when its files are there.
        known = source.kind == "path"
        return None if known and look(source.name).refuses(head_of(task)) else ""
    if isinstance(source, Merged):
        fits = all(_head(each, task) == "" for each in source.sources)
        return "" if fits and heads_have_a_mean(source) else None
    fitting = [part.task for part in source.parts if _answers(part.task, task)]
    if not fitting:
        return None
    if len(source.parts) == 1:
        return ""
    wanted = (task.name, *reversed(task.training))
    return next((name for name in wanted if name in fitting), fitting[0])


def _answers(source: str, task: Task) -> bool:
    """Return whether a source's head means the same as a target's."""
    found = TASKS.get(source)
    return (found.format, found.labels) == (task.format, task.labels)


def _told(task: Task) -> str:
    return f" with labels {', '.join(task.labels)}" if 0 < len(task.labels) <= 10 else ""
