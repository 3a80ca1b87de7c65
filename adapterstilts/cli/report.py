"""`adapterstilts report`: the pages of a recipe, from the scores that there are."""

from pathlib import Path

import click

from adapterstilts.cli.options import (
    Command,
    data_option,
    json_option,
    recipe_argument,
    set_option,
    store_option,
)
from adapterstilts.cli.output import Output
from adapterstilts.core.errors import StiltsError


@click.command(cls=Command, examples=["adapterstilts report recipes/quickstart.yaml --out paper/"])
@recipe_argument()
@set_option
@data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the report.  [default: STORE/reports/RECIPE]",
)
@store_option
@json_option
def report(
    recipe_path: Path,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    out: Path | None,
    store_folder: Path,
    as_json: bool,
) -> None:
    """Write the report of a recipe from the scores that there are; nothing is run."""
    from adapterstilts.api.experiment import open_experiment, write_report

    experiment = open_experiment(recipe_path, store_folder, overrides, data)
    page = write_report(experiment, out)
    if page is None and experiment.plan.scores(experiment.store):
        raise StiltsError(
            f"nothing of {recipe_path} has a score: the evaluated splits have no labels, only"
            " predictions; hand those in to who has the labels, or evaluate a split with labels"
        )
    if page is None:
        raise StiltsError(
            f"{store_folder} has no scores of {recipe_path} yet:"
            f" run `adapterstilts run {recipe_path} --store {store_folder}` first"
        )
    output = Output(as_json=as_json)
    output.line(f"report: {page}")
    output.document({"report": page})
