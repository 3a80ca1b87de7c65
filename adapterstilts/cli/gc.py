"""`adapterstilts gc`: throws away what no recipe reaches."""

import sys
from pathlib import Path

import click

from adapterstilts.cli.options import Command, data_option, json_option, store_option
from adapterstilts.cli.output import Output, count, folder_size, size
from adapterstilts.core.errors import UsageError


@click.command(
    cls=Command, examples=["adapterstilts gc recipes/quickstart.yaml recipes/mine.yaml --dry-run"]
)
@click.argument(
    "recipe_paths", metavar="RECIPE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Show what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@data_option
@store_option
@json_option
def gc(
    recipe_paths: tuple[Path, ...],
    dry_run: bool,
    yes: bool,
    data: tuple[str, ...],
    store_folder: Path,
    as_json: bool,
) -> None:
    """Remove the stages that none of the given recipes reaches, and what dead runs left behind.

    Name every recipe whose results you want to keep: what commands have made without a recipe goes
    unless a recipe reaches it, too. A stage that runs at this moment is kept.
    """
    from adapterstilts.api.experiment import open_experiment
    from adapterstilts.core.store import Store

    plans = [open_experiment(path, store_folder, data=data).plan for path in recipe_paths]
    keep = {stage for plan in plans for stage in plan.stages}
    store, output = Store(store_folder), Output(as_json=as_json)
    before = folder_size(store_folder)
    doomed = [entry for entry in store.entries() if entry.id not in keep]
    total = sum(folder_size(entry.path) for entry in doomed)
    if not dry_run:
        question = f"remove {count(len(doomed), 'stage')}, {size(total)}?"
        agreed = yes or not doomed or _agreed(question)
        doomed = store.collect(keep) if agreed else []
        # Other processes may be writing to the store meanwhile.
        total = max(0, before - folder_size(store_folder))
    for entry in doomed:
        said = ("would remove" if dry_run else "removed", entry.kind, entry.slug, entry.id)
        output.line(" ".join(filter(None, said)))
    output.line(
        f"{count(len(doomed), 'folder')}{' to remove' if dry_run else ' removed'}, {size(total)}"
    )
    removed = [{"id": entry.id, "kind": entry.kind, "slug": entry.slug} for entry in doomed]
    output.document({"removed": removed, "bytes": total, "dry_run": dry_run})


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask: add --yes, or --dry-run")
    return click.confirm(question, err=True)
