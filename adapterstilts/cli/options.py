"""Options that several commands share, each declared once."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from adapterstilts.core.errors import StiltsError

F = TypeVar("F", bound=Callable[..., Any])
_HUB = "hub("
"""How an expression begins that names something on the Hub."""
_RECIPES = frozenset({".yaml", ".yml"})
_PEEK = 2**16
"""Bytes of a recipe that are looked through for one."""

_STORE = click.option(
    "--store",
    "store_folder",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    envvar="ADAPTERSTILTS_STORE",
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="Folder that holds what stages leave behind.",
)
_JSON = click.option(
    "--json", "as_json", is_flag=True, help="Write one JSON document to standard output."
)
_SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override one value of the recipe, as in training.default.steps=200. May be repeated.",
)
_SUITE = click.option(
    "--suite",
    "suite_name",
    type=click.Choice(["xtreme", "xtreme-r"]),
    default="xtreme",
    show_default=True,
    help="Benchmark whose tasks, languages and metrics count.",
)


def _folders(ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> Sequence[str]:
    """Return `[TASK=]DIR` as they are, or say which folder is not there."""
    for value in values:
        folder = value.partition("=")[2] or value
        if not any(Path(each).expanduser().is_dir() for each in (value, folder)):
            raise StiltsError(f"there is no folder {folder}, which --data names: check the path")
    return values


_DATA = click.option(
    "--data",
    "data",
    multiple=True,
    callback=_folders,
    metavar="[TASK=]DIR",
    help="Folder with the official files of every task, or of one; the Hub without it. May be"
    " repeated.",
)
_ENGINE = click.option(
    "--engine",
    type=click.Choice(["serial", "pool"]),
    help="Work the stages off one by one, or side by side.  [default: what a recipe says, or"
    " serial]",
)
_OFFLINE = click.option("--offline", is_flag=True, help="Never reach for the Hugging Face Hub.")
_ON = click.option(
    "--on",
    default="target",
    show_default=True,
    metavar="EXPRESSION",
    help="How the task meets its sources, as 'stack(mnli)'; `target` is the task alone.",
)
_METHOD = click.option(
    "--method",
    default="seq_bn",
    show_default=True,
    metavar="NAME",
    help="How modules are made, where the expression does not say it.",
)
_BACKBONE = click.option(
    "--backbone",
    default="",
    metavar="NAME",
    help="Embedded name, folder or model id.  [default: toyworld, for toy tasks only]",
)
_LANGUAGES = click.option(
    "--languages",
    default="",
    metavar="CODE,…",
    help="Languages of the evaluation.  [default: every language of the task]",
)
_LIKE = click.option(
    "--like",
    metavar="RECIPE",
    type=click.Path(path_type=Path),
    help="Take whatever is not said here, from training to languages, from a recipe.",
)


def words(value: str) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(filter(None, (word.strip() for word in value.split(","))))


def _numbers(ctx: click.Context, option: click.Parameter, values: Sequence[str]) -> tuple[int, ...]:
    """Return seeds, each given by itself or between commas."""
    found = [word for value in values for word in words(value)]
    for word in found:
        if not (word.isascii() and word.isdecimal()):
            raise click.BadParameter(f"'{word}' is no whole number from 0")
    return tuple(dict.fromkeys(map(int, found)))


_SEEDS = click.option(
    "--seed",
    "--seeds",
    "seeds",
    multiple=True,
    callback=_numbers,
    metavar="N,…",
    help="Seeds, each a training of its own. May be repeated.  [default: 0]",
)


def _number(ctx: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """Return the one seed that is named, if any is."""
    if value is None or (value.isascii() and value.isdecimal()):
        return None if value is None else int(value)
    raise click.BadParameter(f"'{value}' is no seed: give one whole number from 0")


_SEED = click.option(
    "--seed",
    callback=_number,
    metavar="N",
    help="Seed of what was trained.  [default: the first of the recipe, or 0]",
)
_BASE_MODEL = click.option(
    "--base-model",
    default="",
    metavar="ID",
    help="Id of the backbone on the Hub, where it was loaded from a folder or made by a recipe.",
)
_LICENCE = click.option(
    "--licence",
    "--license",
    default="",
    metavar="ID",
    help="Licence, by the Hub's identifier.  [default: what the data allow]",
)


class Command(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *args: Any, examples: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples below the options."""
        write_examples(formatter, self.examples)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it takes from the Hub is knocked for while the rest is imported."""
        if ctx.params.get("offline") or not any(map(_names_hub, ctx.params.values())):
            return super().invoke(ctx)
        from adapterstilts.core import hub

        with hub.knocked():
            return super().invoke(ctx)


def _names_hub(value: object) -> bool:
    """Return whether an expression, some, or those of a recipe name something on the Hub."""
    if isinstance(value, Path):
        # What is wrong with a recipe is told by whoever reads it.
        with suppress(OSError):
            if value.suffix in _RECIPES and value.is_file():
                with value.open("rb") as stream:
                    return _HUB.encode() in stream.read(_PEEK)
        return False
    if isinstance(value, tuple):
        return any(map(_names_hub, value))
    return isinstance(value, str) and _HUB in value


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write command lines as they would be typed."""
    with formatter.section("Example" if len(examples) == 1 else "Examples"):
        for example in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def store_option(command: F) -> F:
    """Return the command with `--store DIR`."""
    return _STORE(command)


def json_option(command: F) -> F:
    """Return the command with `--json`."""
    return _JSON(command)


def set_option(command: F) -> F:
    """Return the command with `--set KEY=VALUE`."""
    return _SET(command)


def suite_option(command: F) -> F:
    """Return the command with `--suite NAME`."""
    return _SUITE(command)


def data_option(command: F) -> F:
    """Return the command with `--data DIR` and `--data TASK=DIR`."""
    return _DATA(command)


def engine_option(command: F) -> F:
    """Return the command with `--engine NAME`."""
    return _ENGINE(command)


def offline_option(command: F) -> F:
    """Return the command with `--offline`."""
    return _OFFLINE(command)


def on_option(command: F) -> F:
    """Return the command with `--on EXPRESSION`."""
    return _ON(command)


def method_option(command: F) -> F:
    """Return the command with `--method NAME`."""
    return _METHOD(command)


def one_off_options(command: F) -> F:
    """Return the command with what every request without a recipe may be told."""
    for option in (_JSON, _STORE, _OFFLINE, _ENGINE, _DATA, _SET, _LIKE, _SEEDS, _BACKBONE):
        command = option(command)
    return command


def keywords(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of a request as Python names them: what is asked for, and how it runs."""
    names = {"store_folder": "store", "overrides": "set"}
    found = {names.get(key, key): value for key, value in options.items()}
    running = {"engine": found.pop("engine") or "", "offline": found.pop("offline")}
    return found, running


def like_option(command: F) -> F:
    """Return the command with `--like RECIPE`."""
    return _LIKE(command)


def languages_option(command: F) -> F:
    """Return the command with `--languages CODE,…`."""
    return _LANGUAGES(command)


def recipe_argument(*, required: bool = True) -> Callable[[F], F]:
    """Return a decorator that gives a command its recipe."""
    return click.argument(
        "recipe_path", metavar="RECIPE", required=required, type=click.Path(path_type=Path)
    )


def published_options(command: F) -> F:
    """Return the command with what says which training is published, and as what."""
    every = (_JSON, _STORE, _DATA, _LICENCE, _BASE_MODEL, _SET, _SEED, _BACKBONE, _LIKE)
    for option in (*every, _METHOD, _ON):
        command = option(command)
    return command
