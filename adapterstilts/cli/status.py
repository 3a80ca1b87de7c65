"""`adapterstilts status`: what a store holds, and how far a recipe is."""

from collections import Counter
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
from adapterstilts.cli.output import Output, folder_size, size


@click.command(cls=Command, examples=["adapterstilts status recipes/quickstart.yaml"])
@recipe_argument(required=False)
@set_option
@data_option
@store_option
@json_option
def status(
    recipe_path: Path | None,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    store_folder: Path,
    as_json: bool,
) -> None:
    """Show how many stages of each kind a store holds; with a recipe, how many it still needs."""
    from adapterstilts.core.store import Store

    store = Store(store_folder)
    entries = store.entries()
    done = total = Counter(entry.kind for entry in entries)
    running: list[str] = []
    if recipe_path is not None:
        from adapterstilts.api.experiment import open_experiment

        stages = open_experiment(recipe_path, store_folder, overrides, data).plan.stages
        entries = [entry for entry in entries if entry.id in stages]
        done = Counter(entry.kind for entry in entries)
        total = Counter(stage.kind for stage in stages.values())
        finished = {entry.id for entry in entries}
        running = [id for id in stages if id not in finished and store.claimed(id)]
    weight = sum(folder_size(entry.path) for entry in entries)
    output = Output(as_json=as_json)
    if as_json:
        by_kind = {kind: {"done": done[kind], "total": total[kind]} for kind in total}
        document = {"store": store_folder, "stages": by_kind, "running": running, "bytes": weight}
        output.document(document)
        return
    numbers = ("done", "missing", "total")
    rows = [(kind, done[kind], total[kind] - done[kind], total[kind]) for kind in total]
    output.table(("stage", *numbers), rows, right=numbers)
    for id in running:
        output.line(f"running now: {id}")
    output.line(f"{done.total()} of {total.total()} stages in {store_folder}, {size(weight)}")
