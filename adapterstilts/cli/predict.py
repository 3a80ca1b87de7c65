"""`adapterstilts predict`: what models answer, as JSON lines or in XTREME's own layout."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.cli.options import (
    Command,
    data_option,
    engine_option,
    json_option,
    languages_option,
    like_option,
    offline_option,
    set_option,
    store_option,
    suite_option,
)
from adapterstilts.cli.output import Output, count
from adapterstilts.core.errors import UsageError

if TYPE_CHECKING:
    from adapterstilts.api.experiment import Experiment
    from adapterstilts.core.store import Store
    from adapterstilts.plan.choosing import Answer

_CHOICE = "Take the cells with this {}. May be repeated."
_EITHER = (
    "Of a recipe, take the cells with this {}, and it may be repeated; of a task, the {} itself."
)


@click.command(
    cls=Command,
    examples=[
        "adapterstilts predict toy-xnli --on 'stack(toy-nli)' --languages qab --output qab.jsonl",
        "adapterstilts predict toy-xnli --on 'zero(toy-nli)' --input mine.jsonl",
        "adapterstilts predict recipes/xnli-stilts.yaml --submission out --method full",
        "adapterstilts predict recipes/xnli-stilts.yaml --submission out --source mnli",
    ],
)
@click.argument("asked", metavar="TASK|RECIPE")
@click.option(
    "--on",
    default="",
    metavar="EXPRESSION",
    help="How TASK meets its sources, as 'stack(mnli)'.  [default: target]",
)
@languages_option
@click.option(
    "--input",
    "inputs",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Your own texts in place of the test split: one JSON object or list a line.",
)
@click.option(
    "--output",
    "out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the answers, one JSON object a line.  [default: standard output]",
)
@click.option(
    "--submission",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that files in XTREME's layout are written to in place of JSON lines.",
)
@suite_option
@click.option(
    "--backbone", multiple=True, metavar="NAME", help=_EITHER.format("backbone", "backbone")
)
@click.option("--method", multiple=True, metavar="NAME", help=_EITHER.format("method", "method"))
@click.option("--seed", multiple=True, metavar="NUMBER", help=_EITHER.format("seed", "seed"))
@click.option("--composition", multiple=True, metavar="NAME", help=_CHOICE.format("composition"))
@click.option("--source", multiple=True, metavar="NAME", help=_CHOICE.format("source"))
@like_option
@set_option
@data_option
@engine_option
@offline_option
@store_option
@json_option
def predict(asked: str, as_json: bool, **options: Any) -> int:
    """Write what models answer to the test split of TASK, or to your own texts.

    Of a RECIPE, or with --submission, the answers are written as `TASK/test-LANGUAGE.tsv` (or
    .json, .jsonl). Only the stages that these answers take are run, and none that is there. Where
    several cells of a recipe answer the same task, the options say which of them to take; an empty
    name, as in --source '', is that of cells without one.

    A line of --input has the roles of the task, such as {"first": "…", "second": "…"}, or just
    their texts in a list.
    """
    output = Output(as_json=as_json)
    wanted = {name: options.pop(name) for name in ("backbone", "method", "composition", "source")}
    wanted["seed"] = options.pop("seed")
    if _is_recipe(asked):
        _refuse(options, ("on", "languages", "inputs", "out", "like"), f"'{asked}' is a recipe")
        return _of_recipe(Path(asked), wanted, output, options)
    _refuse(wanted, ("composition", "source"), f"'{asked}' is a task and no recipe")
    return _of_task(asked, wanted, output, options)


def _is_recipe(asked: str) -> bool:
    return asked.endswith((".yaml", ".yml")) or Path(asked).is_file()


def _refuse(options: dict[str, Any], names: Iterable[str], why: str) -> None:
    """Refuse options that mean nothing here."""
    for name in names:
        if options[name]:
            shown = {"inputs": "input", "out": "output"}.get(name, name)
            raise UsageError(f"{why}: --{shown} is not for it; see `adapterstilts predict --help`")


def _of_recipe(path: Path, wanted: dict[str, Any], output: Output, options: dict[str, Any]) -> int:
    from adapterstilts.api.experiment import open_experiment

    if options["folder"] is None:
        raise UsageError(f"missing option '--submission': {path} is answered as a submission")
    experiment = open_experiment(
        path, options["store_folder"], options["overrides"], options["data"]
    )
    return _submit(experiment, wanted, output, options)


def _of_task(task: str, wanted: dict[str, Any], output: Output, options: dict[str, Any]) -> int:
    from adapterstilts.api.one_off import METHOD, Choices, way
    from adapterstilts.api.predict import read_inputs, split_answers, text_answers
    from adapterstilts.api.reusing import evaluation
    from adapterstilts.api.targets import wanted as wanted_of
    from adapterstilts.cli.progress import listening
    from adapterstilts.plan.ways import BASELINE

    chosen = {name: _one(name, wanted[name]) for name in ("backbone", "method", "seed")}
    if not (chosen["seed"] or "0").isdecimal():
        raise UsageError(f"--seed {chosen['seed']} is no whole number from 0")
    choices = Choices(
        like=options["like"],
        backbone=chosen["backbone"],
        seeds=(int(chosen["seed"]),) if chosen["seed"] else (),
        languages=options["languages"],
        set=options["overrides"],
        data=options["data"],
        store=options["store_folder"],
    )
    if options["out"] is not None and not options["out"].parent.is_dir():
        raise UsageError(f"there is no folder {options['out'].parent} for --output: make it first")
    given = read_inputs(options["inputs"]) if options["inputs"] else None
    asked = way(options["on"] or BASELINE, chosen["method"] or METHOD)
    experiment = evaluation([wanted_of(asked, task)], choices)
    if options["folder"] is not None:
        _refuse(options, ("inputs", "out"), "a submission is made of the test split")
        return _submit(experiment, {}, output, options)
    running = {"engine": options["engine"] or "", "offline": options["offline"]}
    with listening() as listener:
        if given is None:
            rows, summary = split_answers(experiment, listener=listener, **running)
            answers = [asdict(row) for row in rows]
        else:
            found, summary = text_answers(experiment, given, listener=listener, **running)
            answers = [
                {"input": each, "prediction": answer}
                for each, answer in zip(given.values(), found, strict=True)
            ]
    lines = [json.dumps(answer, ensure_ascii=False) for answer in answers]
    if options["out"] is not None:
        options["out"].write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        output.line(f"{count(len(lines), 'answer')} in {options['out']}")
    elif not output.as_json:
        for line in lines:
            output.line(line)
    stages = {"run": summary.run}
    output.document(
        {"answers": answers if options["out"] is None else options["out"], "stages": stages}
    )
    return 0


def _one(name: str, values: Sequence[str]) -> str:
    """Return the one value of an option that a recipe may have several of."""
    if len(values) > 1:
        raise UsageError(f"--{name} is given {len(values)} times, and a task is answered one way")
    return values[0] if values else ""


def _submit(
    experiment: "Experiment", wanted: dict[str, Any], output: Output, options: dict[str, Any]
) -> int:
    """Write what the models of an experiment answer in XTREME's own layout."""
    from adapterstilts.api.experiment import carry_out
    from adapterstilts.cli.progress import listening
    from adapterstilts.cli.results import show_failures
    from adapterstilts.core.suites import SUITES
    from adapterstilts.plan import choosing

    suite, folder = SUITES.get(options["suite_name"]), options["folder"]
    answers = choosing.answering(experiment.plan, suite, wanted)
    for name in choosing.left_out(experiment.plan, suite, answers):
        click.echo(f"note: {name} is left out, for no cell of it is as asked", err=True)
    part = choosing.missing(experiment.plan, [each.stage for each in answers], experiment.store)
    with listening() as listener:
        summary = carry_out(
            experiment,
            part=part,
            engine=options["engine"] or "",
            offline=options["offline"],
            listener=listener,
        )
    if summary.failed:
        show_failures(summary.failures)
        return 1
    files = [path for each in answers for path in _written(each, experiment.store, folder)]
    _tell(output, answers, files, folder)
    output.document(
        {
            "submission": folder,
            "tasks": {each.member.folder: each.chosen() for each in answers},
            "files": files,
            "stages": {"run": summary.run},
        }
    )
    return 0


def _written(answer: "Answer", store: "Store", folder: Path) -> list[Path]:
    """Return the files of one task, one for each language that the benchmark has."""
    from adapterstilts.core.records import Prediction, read_rows
    from adapterstilts.stages.predict import PREDICTIONS
    from adapterstilts.tasks import submission

    stage = store.folder(answer.stage, "the answer")
    wanted = submission.languages(answer.member)
    there = [code for code in wanted if code in answer.config.languages]
    if len(there) < len(wanted):
        left = ", ".join(code for code in wanted if code not in there)
        click.echo(
            f"note: {answer.member.folder} lacks {left}, and XTREME's evaluator asks for every"
            " language: take them into the `languages` of the recipe",
            err=True,
        )
    return [
        submission.write(
            folder,
            answer.member,
            code,
            list(read_rows(stage / PREDICTIONS / f"{code}.jsonl", Prediction)),
        )
        for code in there
    ]


def _tell(output: Output, answers: Sequence["Answer"], files: Sequence[Path], folder: Path) -> None:
    columns = tuple(answers[0].chosen())
    output.table(
        ("task", *columns),
        ([answer.member.folder, *answer.chosen().values()] for answer in answers),
    )
    output.line(f"{count(len(files), 'file')} in {folder}")
