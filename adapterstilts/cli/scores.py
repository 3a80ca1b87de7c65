"""`adapterstilts scores`: the numbers of a store as they were stored, never averaged."""

from itertools import groupby
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
from adapterstilts.core.records import Score

LANGUAGES_PER_TABLE = 12
"""Languages that fit side by side."""


@click.command(cls=Command, examples=["adapterstilts scores recipes/quickstart.yaml --json"])
@recipe_argument(required=False)
@set_option
@data_option
@store_option
@json_option
def scores(
    recipe_path: Path | None,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    store_folder: Path,
    as_json: bool,
) -> None:
    """Show the scores of a recipe, or all that a store holds.

    The tables show the metric that ranks a target, one row for each seed, one column for each
    language. JSON has every metric, with intervals and costs. Means are in the report.
    """
    from adapterstilts.api.scores import score_rows

    rows = score_rows(recipe_path, set=overrides, data=data, store=store_folder)
    output = Output(as_json=as_json)
    if as_json:
        output.document(rows)
        return
    primary = [row for row in rows if row.primary]
    for (target, metric), group in groupby(primary, key=lambda row: (row.target, row.metric)):
        _show(output, f"{target}, {metric}", list(group))
    output.line(f"{count(len(rows), 'score')} in {store_folder}")


def _conditions(row: Score) -> tuple[str, str, str, str, int]:
    return (row.backbone, row.method, row.composition, row.source, row.seed)


def _show(output: Output, title: str, rows: list[Score]) -> None:
    languages = sorted({row.language for row in rows})
    values = {(_conditions(row), row.language): row.value for row in rows}
    conditions = list(dict.fromkeys(_conditions(row) for row in rows))
    for start in range(0, len(languages), LANGUAGES_PER_TABLE):
        some = languages[start : start + LANGUAGES_PER_TABLE]
        output.table(
            ("backbone", "method", "composition", "source", "seed", *some),
            (
                (*condition, *(_number(values.get((condition, code))) for code in some))
                for condition in conditions
            ),
            title=title,
            right=("seed", *some),
        )
        output.line()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
