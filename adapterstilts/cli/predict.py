"""`adapterstilts predict`: the answers of a recipe in XTREME's own layout."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapterstilts.cli.options import (
    Command,
    data_option,
    json_option,
    recipe_argument,
    set_option,
    store_option,
    suite_option,
)
from adapterstilts.cli.output import Output, count

if TYPE_CHECKING:
    from adapterstilts.core.store import Store
    from adapterstilts.plan.choosing import Answer

_CHOICE = "Take the cells with this {}. May be repeated."


@click.command(
    cls=Command,
    examples=[
        "adapterstilts predict recipes/xnli-stilts.yaml --submission out --method full",
        "adapterstilts predict recipes/xnli-stilts.yaml --submission out --source mnli",
    ],
)
@recipe_argument()
@click.option(
    "--submission",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that the files are written to.",
)
@suite_option
@click.option("--backbone", multiple=True, metavar="NAME", help=_CHOICE.format("backbone"))
@click.option("--method", multiple=True, metavar="NAME", help=_CHOICE.format("method"))
@click.option("--composition", multiple=True, metavar="NAME", help=_CHOICE.format("composition"))
@click.option("--source", multiple=True, metavar="NAME", help=_CHOICE.format("source"))
@click.option("--seed", multiple=True, metavar="NUMBER", help=_CHOICE.format("seed"))
@set_option
@data_option
@click.option("--offline", is_flag=True, help="Never reach for the Hugging Face Hub.")
@store_option
@json_option
def predict(
    recipe_path: Path,
    folder: Path,
    suite_name: str,
    backbone: tuple[str, ...],
    method: tuple[str, ...],
    composition: tuple[str, ...],
    source: tuple[str, ...],
    seed: tuple[str, ...],
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    offline: bool,
    store_folder: Path,
    as_json: bool,
) -> int:
    """Write what a recipe's models answer as `TASK/test-LANGUAGE.tsv` (or .json, .jsonl).

    Only the stages that these answers take are run, and none that is there. Where several cells of
    the recipe answer the same task, the options say which of them to take; an empty name, as in
    --source '', is that of cells without one.
    """
    if offline:
        os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    from adapterstilts.cli.experiment import open_experiment
    from adapterstilts.cli.progress import listening
    from adapterstilts.cli.results import show_failures
    from adapterstilts.core import hub
    from adapterstilts.core.suites import SUITES
    from adapterstilts.plan import choosing, runners
    from adapterstilts.plan.needs import check

    experiment = open_experiment(recipe_path, store_folder, overrides, data)
    given = (backbone, method, composition, source, seed)
    wanted = dict(zip(choosing.CHOICES, given, strict=True))
    suite = SUITES.get(suite_name)
    answers = choosing.answering(experiment.plan, suite, wanted)
    for name in choosing.left_out(experiment.plan, suite, answers):
        click.echo(f"note: {name} is left out, for no cell of it is as asked", err=True)
    part = choosing.missing(experiment.plan, [each.stage for each in answers], experiment.store)
    check(part, experiment.store, hub.here())
    with listening() as listener:
        summary = runners.run(part, experiment.store, experiment.recipe.runtime, listener)
    if summary.failed:
        show_failures(summary.failures)
        return 1
    files = [path for each in answers for path in _written(each, experiment.store, folder)]
    output = Output(as_json=as_json)
    _tell(output, answers, files, folder)
    output.document(
        {
            "submission": folder,
            "tasks": {each.member.folder: each.chosen() for each in answers},
            "files": files,
            "stages": {"run": summary.run},
        }
    )
    return 0


def _written(answer: "Answer", store: "Store", folder: Path) -> list[Path]:
    """Return the files of one task, one for each language that the benchmark has."""
    from adapterstilts.core.errors import StiltsError
    from adapterstilts.core.records import Prediction, read_rows
    from adapterstilts.stages.predict import PREDICTIONS
    from adapterstilts.tasks import submission

    stage = store.find(answer.stage)
    if stage is None:
        raise StiltsError(f"the answers ({answer.stage}) are gone from {store.root}: run it again")
    wanted = submission.languages(answer.member)
    there = [code for code in wanted if code in answer.config.languages]
    if len(there) < len(wanted):
        left = ", ".join(code for code in wanted if code not in there)
        click.echo(
            f"note: {answer.member.folder} lacks {left}, and XTREME's evaluator asks for every"
            " language: take them into the `languages` of the recipe",
            err=True,
        )
    return [
        submission.write(
            folder,
            answer.member,
            code,
            list(read_rows(stage / PREDICTIONS / f"{code}.jsonl", Prediction)),
        )
        for code in there
    ]


def _tell(output: Output, answers: Sequence["Answer"], files: Sequence[Path], folder: Path) -> None:
    columns = tuple(answers[0].chosen())
    output.table(
        ("task", *columns),
        ([answer.member.folder, *answer.chosen().values()] for answer in answers),
    )
    output.line(f"{count(len(files), 'file')} in {folder}")
