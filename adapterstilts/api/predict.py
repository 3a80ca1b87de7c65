"""What a model answers: to the test split of a task, or to somebody's own texts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapterstilts.api.experiment import Experiment, carry_out, check_failures
from adapterstilts.api.results import answers
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.progress import Listener
from adapterstilts.core.records import Prediction
from adapterstilts.plan.choosing import missing
from adapterstilts.stages.predict import TRAINED, Predict
from adapterstilts.stages.references import source_role

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
    inputs: Sequence[Any],
    *,
    engine: str,
    offline: bool,
    listener: Listener | None,
) -> tuple[list[Any], "Summary"]:
    """Return one answer an input, in words, and what it took: see `load` and its `predict`."""
    spec = _only(experiment)
    role = TRAINED if TRAINED in spec.needs else source_role(0)
    needed = [spec.needs[role]] if role in spec.needs else []
    summary = _made(experiment, needed, engine=engine, offline=offline, listener=listener)
    from adapterstilts.modeling import ready

    recipe, config = experiment.recipe, spec.config
    task = config.task if isinstance(config, Predict) else ""
    folder = _folder(experiment, needed[0]) if needed else None
    model = ready.load(recipe.backbone, folder, task=task, revision=recipe.revision)
    return model.predict(task, inputs), summary


def read_inputs(path: Path) -> list[Any]:
    """Return the inputs of a file of JSON lines, or say which line is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the inputs {path}: {error}") from error
    found: list[Any] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                given = json.loads(line)
            except ValueError as error:
                raise StiltsError(f"{path}:{number} is not JSON: {error}") from error
            found.append(tuple(given) if isinstance(given, list) else given)
    if not found:
        raise StiltsError(f"{path} is empty: write one input a line, as JSON")
    return found


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


def _folder(experiment: Experiment, id: str) -> Path:
    folder = experiment.store.find(id)
    if folder is None:
        raise StiltsError(f"the stage {id} is gone from {experiment.store.root}: run it again")
    return folder
