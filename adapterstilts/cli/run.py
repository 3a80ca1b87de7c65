"""`adapterstilts run`: everything that a recipe asks for, from training to the report."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapterstilts.cli.options import (
    Command,
    data_option,
    engine_option,
    json_option,
    offline_option,
    recipe_argument,
    set_option,
    store_option,
)
from adapterstilts.cli.output import Output, count, duration

if TYPE_CHECKING:
    from adapterstilts.plan.runners import Summary


@click.command(
    cls=Command,
    examples=[
        "adapterstilts run recipes/quickstart.yaml",
        "adapterstilts run recipes/quickstart.yaml --set seeds=[0,1,2] --store /data/runs",
    ],
)
@recipe_argument()
@set_option
@data_option
@engine_option
@offline_option
@store_option
@json_option
def run(
    recipe_path: Path,
    overrides: tuple[str, ...],
    data: tuple[str, ...],
    engine: str | None,
    offline: bool,
    store_folder: Path,
    as_json: bool,
) -> int:
    """Run what a recipe asks for, and report it.

    What stands already is not run again, so a run that was stopped goes on where it was: give the
    same command once more.
    """
    from adapterstilts.analysis.report import stored_summary
    from adapterstilts.api.experiment import carry_out, open_experiment, write_report
    from adapterstilts.cli.progress import listening
    from adapterstilts.cli.results import show_results

    experiment = open_experiment(recipe_path, store_folder, overrides, data)
    with listening() as listener:
        summary = carry_out(experiment, engine=engine or "", offline=offline, listener=listener)
    output = Output(as_json=as_json)
    _tell(output, summary)
    page = write_report(experiment)
    if page is not None:
        show_results(output, stored_summary(page))
        output.line(f"report: {page}")
    stages = {"run": summary.run, "reused": summary.reused, "failed": summary.failed}
    output.document({"stages": stages, "seconds": summary.seconds, "report": page})
    return 1 if summary.failed else 0


def _tell(output: Output, summary: "Summary") -> None:
    """Say how it ended: what was run, and what failed and why."""
    from adapterstilts.cli.results import show_failures

    show_failures(summary.failures)
    output.line(
        f"{count(summary.run, 'stage')} run, {summary.reused} reused, {summary.failed} failed"
        f" in {duration(summary.seconds)}"
    )
