"""Answers out of those that a recipe has made, in more languages or with more kept of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapterstilts.api.experiment import Experiment
from adapterstilts.api.one_off import Choices, Wanted, assignments, one_off
from adapterstilts.core.records import RECORD, read_record
from adapterstilts.core.store import Store
from adapterstilts.stages.predict import Predict
from adapterstilts.stages.stage import StageSpec


def evaluation(wanted: Sequence[Wanted], choices: Choices) -> Experiment:
    """Return the experiment of a request, with what stands that says more than it asks for.

    A stage answers several languages at once, and one that has answered more of them has answered
    these: whoever reads the scores takes those of the languages that were asked for. So has one
    that has kept its raw outputs beside the answers.
    """
    whole = one_off(wanted, choices)
    stages: dict[str, StageSpec] = {}
    for each in wanted:
        stages |= _standing(each, choices).plan.stages
    return replace(whole, plan=replace(whole.plan, stages=stages))


def _standing(wanted: Wanted, choices: Choices) -> Experiment:
    """Return the experiment of one target, or one that says more where that is there already."""
    own = one_off([wanted], choices)
    if _answered(own):
        return own
    kept = (*assignments(choices.set), "keep_logits=true")
    for languages in _more(own):
        for set in (choices.set, kept):
            wider = one_off([wanted], replace(choices, languages=languages, set=set))
            if _answered(wider):
                return wider
    return own


def _more(own: Experiment) -> Iterator[tuple[str, ...]]:
    """Yield every language of a task, and the lists in a store with those that are asked for."""
    asked = {*own.recipe.languages}
    yield ("all",)
    tasks = {spec.config.task for spec in _predicting(own) if isinstance(spec.config, Predict)}
    yield from dict.fromkeys(
        languages
        for task, languages in _recorded(own.store)
        if task in tasks and asked and asked <= {*languages}
    )


def _recorded(store: Store) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield task and languages of every stage of a store that predicts."""
    for entry in store.entries():
        if entry.kind == "predict" and (entry.path / RECORD).is_file():
            said = read_record(entry.path / RECORD).identity
            yield str(said.get("task")), tuple(map(str, said.get("languages", ())))


def _predicting(experiment: Experiment) -> list[StageSpec]:
    return [spec for spec in experiment.plan.stages.values() if spec.kind == "predict"]


def _answered(experiment: Experiment) -> bool:
    return all(experiment.store.find(spec.id) is not None for spec in _predicting(experiment))
