"""Options that several commands share, each declared once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

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
_DATA = click.option(
    "--data",
    "data",
    multiple=True,
    metavar="[TASK=]DIR",
    help="Folder with the official files of every task, or of one; the Hub without it. May be"
    " repeated.",
)


class Command(click.Command):
    """A command whose help ends with an example."""

    def __init__(self, *args: Any, examples: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples below the options."""
        write_examples(formatter, self.examples)


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


def recipe_argument(*, required: bool = True) -> Callable[[F], F]:
    """Return a decorator that gives a command its recipe."""
    return click.argument(
        "recipe_path", metavar="RECIPE", required=required, type=click.Path(path_type=Path)
    )
