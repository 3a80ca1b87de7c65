"""`adapterstilts fetch`: what is taken from the Hub, for a machine without network."""

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
    set_option,
    store_option,
)
from adapterstilts.cli.output import Output, count, size
from adapterstilts.core.errors import StiltsError, UsageError

if TYPE_CHECKING:
    from adapterstilts.core.hub import Hub, Repository
    from adapterstilts.plan.needs import Wanted


@click.command(
    cls=Command,
    examples=[
        "adapterstilts fetch recipes/xnli-stilts.yaml --to /scratch/hub",
        "adapterstilts fetch recipes/xnli-stilts.yaml --to /scratch/hub --set languages=[en,sw]",
        "adapterstilts fetch 'hub(user/adapter@v1)' FacebookAI/xlm-roberta-base --to /scratch/hub",
    ],
)
@click.argument("words", nargs=-1, required=True, metavar="WHAT...")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder that takes everything; the other machine is told of it as HF_HOME.  [default: the"
    " Hub's cache of this machine]",
)
@set_option
@data_option
@store_option
@json_option
def fetch(
    words: tuple[str, ...],
    to: Path | None,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    store_folder: Path,
    as_json: bool,
) -> None:
    """Bring down what something takes from the Hub, to do without network later.

    WHAT is a recipe, for its data sets, backbones and adapters; or an expression with hub(…) in it,
    or the id of a model, for the files of it that are used here and no others.

    What is there already is checked and kept, so a fetch that was stopped goes on where it was:
    give the same command once more. Where the store has pinned a commit, that one is fetched.
    """
    from adapterstilts.core import hub
    from adapterstilts.core.store import Store
    from adapterstilts.plan import needs

    output = Output(as_json=as_json)
    recipes = [word for word in words if _is_recipe(word)]
    others = [each for word in words if word not in recipes for each in _repositories(word)]
    if len(recipes) > 1:
        raise UsageError(f"{' and '.join(recipes)} are two recipes: fetch one after the other")
    if not recipes and (overrides or data):
        raise UsageError("--set and --data are said of a recipe: name one, or leave them out")
    wanted = [needs.Need(repository=each, either=True) for each in dict.fromkeys(others)]
    store, command = Store(store_folder), ""
    if recipes:
        from adapterstilts.api.experiment import open_experiment

        experiment = open_experiment(Path(recipes[0]), store_folder, overrides, data)
        wanted += needs.needs(experiment.plan.stages.values())
        said = ["adapterstilts", "run", recipes[0]]
        said += [word for each in overrides for word in ("--set", each)]
        said += [word for each in data for word in ("--data", each)]
        command = f"{shlex.join(said)} --offline"
    client = hub.here(cache=to / "hub" if to else None)
    if client.offline:
        raise UsageError("nothing can be fetched offline: unset HF_HUB_OFFLINE and run again")
    every = needs.every(client, wanted, needs.Kept(store.pins()))
    fetched = _bring(client, every, output, to or client.cache)
    home = f"HF_HOME={shlex.quote(str(to.absolute()))}" if to else ""
    if command:
        command = f"{home} {command}".strip()
        output.line(f"without network now: {command}")
    else:
        output.line(f"without network now: set {f'{home} and ' if home else ''}HF_HUB_OFFLINE=1")
    output.document(
        {
            "repositories": [_described(each) for each in every],
            "bytes": sum(each.listing.size(each.names) for each in every),
            "fetched": fetched,
            "command": command,
        }
    )


def _is_recipe(word: str) -> bool:
    return word.endswith((".yaml", ".yml")) or Path(word).is_file()


def _repositories(word: str) -> "list[Repository]":
    """Return the models that an expression names, or the one whose id is given."""
    from adapterstilts.core.hub import names

    if "(" not in word:
        if not (names.is_like_one(word) or names.meant(word)):
            raise UsageError(
                f"'{word}' is no recipe, no expression with hub(…) in it and no id of a model:"
                " write a file's name that ends with .yaml, hub(user/adapter) or user/model"
            )
        return [names.repository(word)]
    found = names.every(word)
    if not found:
        raise UsageError(f"'{word}' takes nothing from the Hub: there is no hub(…) in it")
    return found


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
