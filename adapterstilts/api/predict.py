"""What a model answers: to the test split of a task, or to somebody's own texts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.api.experiment import Experiment, carry_out, check_failures
from adapterstilts.api.load import load
from adapterstilts.api.results import answers
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Repository
from adapterstilts.core.progress import Listener
from adapterstilts.core.records import Prediction
from adapterstilts.plan.choosing import missing
from adapterstilts.stages.predict import TRAINED, Predict
from adapterstilts.stages.references import source_role
from adapterstilts.tasks import wording
from adapterstilts.tasks.registry import FORMATS

if TYPE_CHECKING:
    from adapterstilts.plan.runners import Summary
    from adapterstilts.stages.stage import StageSpec


def split_answers(
    experiment: Experiment, *, engine: str, offline: bool, listener: Listener | None
) -> tuple[list[Prediction], "Summary"]:
    """Return every answer to the test split, language by language, and what it took."""
    spec = _only(experiment)
    summary = _made(experiment, [spec.id], engine=engine, offline=offline, listener=listener)
    codes = experiment.recipe.languages
    rows = answers(experiment.store, spec.id)
    return [row for row in rows if not codes or row.language in codes], summary


def text_answers(
    experiment: Experiment,
    inputs: Mapping[str, Any],
    *,
    engine: str,
    offline: bool,
    listener: Listener | None,
) -> tuple[list[Any], "Summary"]:
    """Return one answer an input, in words, and what it took: see `load` and its `predict`.

    Inputs are named by where they stand. What cannot be asked is refused before anything runs.
    """
    spec = _only(experiment)
    task = spec.config.task if isinstance(spec.config, Predict) else ""
    _check(task, inputs)
    role = TRAINED if TRAINED in spec.needs else source_role(0)
    needed = [spec.needs[role]] if role in spec.needs else []
    summary = _made(experiment, needed, engine=engine, offline=offline, listener=listener)
    recipe, store = experiment.recipe, experiment.store
    folder = store.folder(needed[0], "the model") if needed else None
    base = Repository(name=recipe.backbone, revision=recipe.revision, kind="model")
    pinned = store.pins().get(str(base), recipe.revision)
    model = load(recipe.backbone, folder, task=task, revision=pinned, offline=offline)
    return model.predict(task, list(inputs.values())), summary


def read_inputs(path: Path) -> dict[str, Any]:
    """Return the inputs of a file of JSON lines by their places, or say which line is none."""
    try:
        # Texts may hold other ends of lines, such as U+2028, which JSON need not escape.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UsageError(f"cannot read the inputs {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StiltsError(f"cannot read the inputs {path}: it is not UTF-8 ({error})") from error
    found: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                given = json.loads(line)
            except json.JSONDecodeError as error:
                raise StiltsError(
                    f"{path}:{number} is not JSON at character {error.colno}: {error.msg}"
                ) from error
            found[f"{path}:{number}"] = tuple(given) if isinstance(given, list) else given
    if not found:
        raise StiltsError(f"{path} is empty: write one input a line, as JSON")
    return found


def _check(task: str, inputs: Mapping[str, Any]) -> None:
    """Refuse inputs that no model could answer."""
    asked = wording.asked(task, list(inputs.values()))
    if FORMATS.get(asked.format).head == "none":
        raise UsageError(
            f"'{task}' is {asked.format}, which looks texts up among others, and"
            f" {next(iter(inputs))} has none: leave --input out, or ask `load(…).predict` in"
            " Python, with candidates"
        )
    wording.rows(asked, list(inputs.values()), list(inputs))


def _made(
    experiment: Experiment,
    ids: Sequence[str],
    *,
    engine: str,
    offline: bool,
    listener: Listener | None,
) -> "Summary":
    """Run what some stages take, and no more."""
    part = missing(experiment.plan, ids, experiment.store)
    summary = carry_out(experiment, part=part, engine=engine, offline=offline, listener=listener)
    check_failures(summary)
    return summary


def _only(experiment: Experiment) -> "StageSpec":
    """Return the stage that predicts, or refuse several seeds."""
    found = [spec for spec in experiment.plan.stages.values() if isinstance(spec.config, Predict)]
    if len(found) != 1:
        raise UsageError("one model predicts at a time: name one seed")
    return found[0]
