"""`adapterstilts translate`: the training rows of a source in other languages, made by a model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from adapterstilts.cli.fetching import Show, lines
from adapterstilts.cli.options import (
    Command,
    data_option,
    json_option,
    offline_option,
    store_option,
    words,
)
from adapterstilts.cli.output import Output, count


@click.command(
    cls=Command,
    examples=[
        "adapterstilts translate mnli --to de,sw --model models/nllb-600M --out data",
        "adapterstilts translate squad --to de --model 'models/opus-mt-en-{language}' --out data",
    ],
)
@click.argument("task")
@click.option(
    "--to",
    required=True,
    callback=lambda ctx, option, value: words(value),
    metavar="CODE,…",
    help="Languages that the rows are translated into.",
)
@click.option(
    "--model",
    required=True,
    metavar="NAME",
    help="Folder or model id: Marian (OPUS-MT), M2M-100, NLLB or mBART-50. Where '{language}'"
    " stands in it, the code of the language is put.",
)
@click.option(
    "--revision",
    default="main",
    show_default=True,
    help="Branch, tag or commit of a model id.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder that translated/TASK is written to; name it with --data later.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "dev"]),
    default="train",
    show_default=True,
    help="Split whose English rows are translated; sources are trained on train.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Rows that are translated, a sample that is always the same; 0 for all.",
)
@click.option(
    "--batch-tokens",
    type=click.IntRange(min=1),
    default=4096,
    show_default=True,
    help="Input positions of a batch, padding included.",
)
@click.option(
    "--beams",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="Hypotheses that are kept at each step of a translation.",
)
@click.option(
    "--by-sentence",
    is_flag=True,
    help="Translate every text sentence by sentence, not only those that are too long.",
)
@data_option
@offline_option
@store_option
@json_option
def translate(task: str, store_folder: Path, as_json: bool, **options: Any) -> None:
    """Write TASK's English rows in other languages, as DIR/translated/TASK/train-CODE.jsonl.

    A recipe reads them as translated(TASK, CODE, …) with --data DIR. What is finished is kept, so a
    translation that was stopped goes on where it was: give the same command once more. The answers
    of questions are found again in the translated passage; rows whose answer is lost are left out
    and counted.
    """
    from adapterstilts.api.translate import translate as act
    from adapterstilts.cli.progress import listening

    with listening("language") as listener:
        found = act(task, store=store_folder, listener=listener, fetched=_fetched, **options)
    output = Output(as_json=as_json)
    output.table(
        ("language", "model", "read", "written", "lost", "file"),
        (
            (
                each.language,
                each.model,
                f"{each.read:,}",
                f"{each.written:,}",
                "; ".join(f"{reason}: {number:,}" for reason, number in each.lost.items()),
                each.file,
            )
            for each in found
        ),
        right=("read", "written"),
    )
    if reused := sum(each.reused for each in found):
        output.line(f"{count(reused, 'language')} stood already")
    expression = f"translated({task}, {', '.join(each.language for each in found)})"
    output.line(f"a source now: {expression} with --data {options['out']}")
    output.document({"task": task, "expression": expression, "translations": found})


def _fetched(title: str) -> Callable[[int, int, str], None]:
    """Return what says a line now and then about something that is fetched."""
    show: Show | None = None

    def heard(done: int, total: int, name: str) -> None:
        nonlocal show
        show = show or lines(total)
        show(done, title)

    return heard
