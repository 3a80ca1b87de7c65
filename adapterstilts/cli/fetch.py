"""`adapterstilts fetch`: what a recipe takes from the Hub, for a machine without network."""

import shlex
import shutil
from dataclasses import replace
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
)
from adapterstilts.cli.output import Output, count, size
from adapterstilts.core.errors import StiltsError, UsageError

if TYPE_CHECKING:
    from adapterstilts.core.hub import Hub
    from adapterstilts.plan.needs import Wanted


@click.command(
    cls=Command,
    examples=[
        "adapterstilts fetch recipes/xnli-stilts.yaml --to /scratch/hub",
        "adapterstilts fetch recipes/xnli-stilts.yaml --to /scratch/hub --set languages=[en,sw]",
    ],
)
@recipe_argument()
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder that takes everything; the other machine is told of it as HF_HOME.",
)
@set_option
@data_option
@store_option
@json_option
def fetch(
    recipe_path: Path,
    to: Path,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    store_folder: Path,
    as_json: bool,
) -> None:
    """Bring down what a recipe takes from the Hub: data sets, backbones, adapters, and no more.

    What is there already is checked and kept, so a fetch that was stopped goes on where it was:
    give the same command once more. Where the store has pinned a commit, that one is fetched.
    """
    from adapterstilts.api.experiment import open_experiment
    from adapterstilts.core import hub
    from adapterstilts.plan import needs

    output = Output(as_json=as_json)
    experiment = open_experiment(recipe_path, store_folder, overrides, data)
    client = hub.here(cache=to / "hub")
    if client.offline:
        raise UsageError("nothing can be fetched offline: unset HF_HUB_OFFLINE and run again")
    pins = needs.Kept(experiment.store.pins())
    every = needs.every(client, needs.needs(experiment.plan.stages.values()), pins)
    fetched = _bring(client, every, output, to)
    command = ["adapterstilts", "run", str(recipe_path)]
    command += [word for each in overrides for word in ("--set", each)]
    command += [word for each in data for word in ("--data", each)]
    said = f"HF_HOME={shlex.quote(str(to.absolute()))} {shlex.join(command)} --offline"
    output.line(f"without network now: {said}")
    output.document(
        {
            "repositories": [_described(each) for each in every],
            "bytes": sum(each.listing.size(each.names) for each in every),
            "fetched": fetched,
            "command": said,
        }
    )


def _bring(client: "Hub", every: "list[Wanted]", output: Output, to: Path) -> int:
    """Fetch what is not here, check what is, and return the bytes that were fetched."""
    from adapterstilts.cli.fetching import fetching

    for each in every:
        client.keep(each.listing)
        _check(client, each, output)
    missing = [replace(each, names=client.missing(each.listing, each.names)) for each in every]
    total, whole = (
        sum(each.listing.size(each.names) for each in some) for some in (missing, every)
    )
    files, new = (sum(len(each.names) for each in some) for some in (every, missing))
    output.line(
        f"{len(every)} {'repository' if len(every) == 1 else 'repositories'},"
        f" {count(files, 'file')}, {size(whole)}; {count(new, 'file')}, {size(total)} to fetch"
    )
    _check_room(sum(client.left(each.listing, each.names) for each in missing), to)
    with fetching(total) as heard:
        for each in filter(lambda each: each.names, missing):
            client.fetch(each.listing, each.names, report=heard.of(each.listing.repository.name))
            heard.add(each.listing.size(each.names))
    return total


def _check_room(left: int, to: Path) -> None:
    """Refuse to begin what the disk cannot take."""
    there = next(folder for folder in (to, *to.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if left > free:
        raise StiltsError(
            f"{size(left)} are still to fetch and {to} has room for {size(free)}: free"
            f" {size(left - free)} there, or name a folder on another disk with --to"
        )


def _check(client: "Hub", each: "Wanted", output: Output) -> None:
    """Remove what is here and is not what the Hub lists, so that it is fetched anew."""
    missing = client.missing(each.listing, each.names)
    for name in each.names:
        if name not in missing:
            try:
                client.verified(each.listing, name)
            except StiltsError as error:
                output.line(f"fetched anew: {error}")


def _described(each: "Wanted") -> dict[str, object]:
    repository = each.listing.repository
    return {
        "repository": repository.name,
        "kind": repository.kind,
        "revision": repository.revision,
        "commit": each.listing.commit,
        "files": [{"name": name, "bytes": each.listing.files[name].size} for name in each.names],
    }
