"""`adapterstilts tasks | methods | compositions`: what a recipe may name."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from adapterstilts.cli.options import Command, json_option
from adapterstilts.cli.output import Output, plain


@click.command(cls=Command, examples=["adapterstilts tasks --json"])
@json_option
def tasks(as_json: bool) -> None:
    """List the sources and targets that a recipe may name."""
    from adapterstilts.tasks.registry import TASKS

    _show(
        TASKS.values(),
        ("name", "suite", "format", "primary", "languages", "description"),
        as_json=as_json,
    )


@click.command(cls=Command, examples=["adapterstilts methods"])
@json_option
def methods(as_json: bool) -> None:
    """List the ways of training: adapter architectures, and full fine-tuning."""
    from adapterstilts.modeling.methods import METHODS

    _show(METHODS.values(), ("name", "library", "description"), as_json=as_json)


@click.command(cls=Command, examples=["adapterstilts compositions"])
@json_option
def compositions(as_json: bool) -> None:
    """List the ways in which source and target meet."""
    from adapterstilts.modeling.composition import COMPOSITIONS

    _show(
        COMPOSITIONS.values(),
        ("name", "needs", "trains", "activates", "description"),
        as_json=as_json,
    )


def _show(entries: Iterable[object], columns: Sequence[str], *, as_json: bool) -> None:
    """Write declarations: all of their fields as JSON, or some of them as a table."""
    output = Output(as_json=as_json)
    documents: list[dict[str, Any]] = [plain(entry) for entry in entries]
    if as_json:
        output.document(documents)
    else:
        output.table(columns, ([_cell(entry[key]) for key in columns] for entry in documents))


def _cell(value: object) -> object:
    """Return a value as a table shows it: of a collection only how much there is."""
    return len(value) if isinstance(value, dict | list) else value
