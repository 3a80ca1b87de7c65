"""`adapterstilts score`: a submission in XTREME's own layout, scored as XTREME scores it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapterstilts.cli.options import Command, json_option, suite_option
from adapterstilts.cli.output import Output, count

if TYPE_CHECKING:
    from adapterstilts.core.suites import Suite, Summary

LANGUAGES_PER_TABLE = 12
"""Languages that fit side by side."""


@click.command(
    cls=Command,
    examples=[
        "adapterstilts score predictions --labels labels",
        "adapterstilts score predictions --labels labels --suite xtreme-r --json",
    ],
)
@click.argument("submission", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    "labels_folder",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the right labels, in the same layout.",
)
@suite_option
@json_option
def score(submission: Path, labels_folder: Path, suite_name: str, as_json: bool) -> None:
    """Score the folder SUBMISSION, which holds `TASK/test-LANGUAGE.tsv` (or .json, .jsonl).

    Numbers are those of XTREME's own evaluator, language by language. A task that is missing is
    left out and named, and then there is no overall score; a language that is missing is an error.
    The token accuracy of udpos stands beside its F1, and is no number of XTREME's.
    """
    from adapterstilts.core.suites import SUITES, summarise
    from adapterstilts.tasks import submission as submissions

    suite = SUITES.get(suite_name)
    found = submissions.read(submission, labels=labels_folder, suite=suite)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    languages = {each.folder: submissions.languages(each) for each in suite.members}
    summary = summarise(suite, submissions.values(found, suite), languages=languages)
    output = Output(as_json=as_json)
    if as_json:
        output.document(_document(summary))
    else:
        _show(output, suite, summary)


def _document(summary: "Summary") -> dict[str, object]:
    return {
        "tasks": {
            folder: {"languages": task.languages, "average": task.average, "score": task.score}
            for folder, task in summary.tasks.items()
        },
        "groups": summary.groups,
        "overall": summary.overall,
    }


def _show(output: Output, suite: "Suite", summary: "Summary") -> None:
    """Show every number by language, and then the scores of tasks, groups and the whole."""
    for folder, task in summary.tasks.items():
        codes = list(task.languages)
        for start in range(0, len(codes), LANGUAGES_PER_TABLE):
            some = codes[start : start + LANGUAGES_PER_TABLE]
            output.table(
                ("metric", *some),
                (
                    (name, *(_number(task.languages[code][name]) for code in some))
                    for name in task.average
                ),
                title="" if start else f"{folder}, {count(len(codes), 'language')}",
                right=some,
            )
        output.line()
    output.table(
        ("task", "score", "made of"),
        [
            *(
                (folder, _number(task.score), _made_of(suite, folder, task.average))
                for folder, task in summary.tasks.items()
            ),
            *((name, _number(value), "group") for name, value in summary.groups.items()),
            *([("overall", _number(summary.overall), "all tasks")] if suite.overall else []),
        ],
        title=f"{suite.name}: means over languages, English included",
        right=("score",),
    )


def _made_of(suite: "Suite", folder: str, average: Mapping[str, float]) -> str:
    """Return the averages of a task, those first that its score is made of."""
    member = suite.member(folder)
    first = member.score if member else ()
    order = sorted(average, key=lambda name: name not in first)
    return ", ".join(f"{name} {_number(average[name])}" for name in order)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
