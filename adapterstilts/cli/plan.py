"""`adapterstilts plan`: what a recipe would run, without running it."""

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
from adapterstilts.cli.output import Output, count


@click.command(
    cls=Command,
    examples=[
        "adapterstilts plan recipes/quickstart.yaml",
        "adapterstilts plan recipes/quickstart.yaml --set seeds=[0,1,2] --json",
    ],
)
@recipe_argument()
@set_option
@data_option
@store_option
@json_option
def plan(
    recipe_path: Path,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    store_folder: Path,
    as_json: bool,
) -> None:
    """Show the stages of a recipe, and which of them stand already, without running any.

    Below them stands where the data come from: a repository of the Hub, with the commit that the
    store has pinned where something of it was used, or a folder.
    """
    from adapterstilts.api.experiment import open_experiment
    from adapterstilts.plan.places import places

    experiment = open_experiment(recipe_path, store_folder, overrides, data)
    stages = [
        {
            "id": stage.id,
            "kind": stage.kind,
            "slug": stage.slug,
            "needs": dict(stage.needs),
            "done": experiment.store.find(stage.id) is not None,
        }
        for stage in experiment.plan.stages.values()
    ]
    data_from = places(experiment.plan.stages.values(), experiment.store.pins())
    output = Output(as_json=as_json)
    if as_json:
        output.document({"stages": stages, "data": data_from})
        return
    done = sum(bool(stage["done"]) for stage in stages)
    output.table(
        ("id", "kind", "slug", "done"),
        (
            [stage["id"], stage["kind"], stage["slug"], _DONE[bool(stage["done"])]]
            for stage in stages
        ),
    )
    if data_from:
        output.line()
        output.table(
            ("data", "splits", "from", "commit"),
            (
                [each.name, ", ".join(each.splits), each.place, each.commit[:SHOWN]]
                for each in data_from
            ),
        )
        output.line()
    output.line(f"{count(len(stages), 'stage')}: {done} done, {len(stages) - done} to run")


SHOWN = 12
"""Digits of a commit that people are shown; JSON has them all."""
_DONE = {True: "yes", False: "-"}
