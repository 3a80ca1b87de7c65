"""`adapterstilts tasks | methods | compositions`: what a recipe may name."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from adapterstilts.cli.options import Command, json_option
from adapterstilts.cli.output import Output, plain

if TYPE_CHECKING:
    from adapterstilts.core.suites import Suite
    from adapterstilts.modeling.composition import Composition
    from adapterstilts.modeling.methods import Method
    from adapterstilts.tasks.task import Data, Task

_HUB = "https://huggingface.co/datasets/"
README_COLUMNS = ("task", "suite", "format", "languages", "metric", "trained on", "data", "licence")
"""Columns of the README's table of tasks."""


@click.command(
    cls=Command, examples=["adapterstilts tasks --json", "adapterstilts tasks --markdown"]
)
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="Write the table of tasks that is in README."
)
@json_option
def tasks(as_markdown: bool, as_json: bool) -> None:
    """List the sources and targets that a recipe may name.

    JSON has everything that is declared: languages, sizes, metrics, where the data come from on
    the Hub and in official files, licence, citation, and what to know before comparing numbers.
    """
    from adapterstilts.core.suites import SUITES
    from adapterstilts.tasks.registry import TASKS

    output, suites = Output(as_json=as_json), SUITES.values()
    if as_json:
        output.document([task_document(task, suites) for task in TASKS.values()])
    elif as_markdown:
        output.line(readme_table(TASKS.values(), suites))
    else:
        output.table(
            ("name", "suite", "format", "primary", "languages", "description"),
            (
                (
                    task.name,
                    task.suite,
                    task.format,
                    task.primary,
                    len(task.languages),
                    task.description,
                )
                for task in TASKS.values()
            ),
            right=("languages",),
        )


@click.command(cls=Command, examples=["adapterstilts methods"])
@json_option
def methods(as_json: bool) -> None:
    """List the ways of training: adapter architectures, and full fine-tuning.

    What may be set of a method is written behind its name, as in `lora[r=16,alpha=32]`; --json
    lists it. Sizes are of XLM-R base and large, without the head. `merges` are the rules that
    `average[merge=…]` takes.
    """
    from adapterstilts.modeling.methods import METHODS

    documents = [method_document(method) for method in METHODS.values()]
    output = Output(as_json=as_json)
    if as_json:
        output.document(documents)
        return
    output.table(
        ("name", "library", "base", "large", "MB of base", "compositions", "merges", "description"),
        (
            (
                each["name"],
                each["library"],
                *(f"{number:,}" for number in each["trainable"].values()),
                f"{each['stored_bytes']['base'] / 1e6:.1f}",
                " ".join(each["compositions"]),
                _rules(each["merges"]),
                each["description"],
            )
            for each in documents
        ),
        right=("base", "large", "MB of base"),
    )


@click.command(cls=Command, examples=["adapterstilts compositions"])
@json_option
def compositions(as_json: bool) -> None:
    """List the ways in which source and target meet.

    What may be set of one is written behind its name, as in `fuse[kind=static](a, b)`; the first of
    its values holds where nothing is said. `stack` and `fuse` nest: `stack(a, fuse(b, c))`.
    """
    from adapterstilts.modeling.composition import COMPOSITIONS

    every = COMPOSITIONS.values()
    output = Output(as_json=as_json)
    if as_json:
        output.document([plain(each) for each in every])
        return
    output.table(
        ("name", "sources", "trains", "settings", "description"),
        (
            (each.name, _sources(each), each.trains.value, _settings(each), each.description)
            for each in every
        ),
    )


def method_document(method: "Method") -> dict[str, Any]:
    """Return a declaration as JSON has it, with its sizes and what it can be made into."""
    from adapterstilts.modeling import merges, sizes
    from adapterstilts.modeling.composition import COMPOSITIONS

    shapes = {"base": sizes.BASE, "large": sizes.LARGE}
    document: dict[str, Any] = plain(method)
    return {
        **document,
        "trainable": {size: sizes.trainable(method, shape) for size, shape in shapes.items()},
        "stored_bytes": {size: sizes.stored_bytes(method, shape) for size, shape in shapes.items()},
        "compositions": [each.name for each in COMPOSITIONS.values() if not each.refuses(method)],
        "merges": list(merges.rules_of(method)),
    }


def task_document(task: "Task", suites: Iterable["Suite"]) -> dict[str, Any]:
    """Return a declaration as JSON has it, with every suite that counts the task."""
    from adapterstilts.tasks.translated import translations

    document: dict[str, Any] = plain(task)
    document["data"] = {"kind": _kind(task.data), **document["data"]}
    return {
        **document,
        "suites": _suites(task, suites),
        "sizes": document["data"]["sizes"],
        "translations": list(translations(task)),
    }


def readme_table(tasks: Iterable["Task"], suites: Iterable["Suite"]) -> str:
    """Return the tasks of people's making as a Markdown table, the toy world's left out."""
    from adapterstilts.tasks.task import ToyData

    every = tuple(suites)
    rows = [
        [
            f"`{task.name}`",
            ", ".join(_suites(task, every)),
            task.format.replace("_", " "),
            _languages(task),
            f"`{task.primary}`",
            _trained_on(task),
            _link(task.data),
            _cell(task.licence.split(";")[0]),
        ]
        for task in tasks
        if not isinstance(task.data, ToyData)
    ]
    lines = [README_COLUMNS, ["---"] * len(README_COLUMNS), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _suites(task: "Task", suites: Iterable["Suite"]) -> list[str]:
    """Return the suites that count a task, that which it is at home in first."""
    found = [suite.name for suite in suites if task.name in {each.task for each in suite.members}]
    return [task.suite, *(name for name in found if name != task.suite)]


def _kind(data: "Data") -> str:
    return type(data).__name__.removesuffix("Data").lower()


def _link(data: "Data") -> str:
    """Return where the rows come from unless a folder is named, as a link with its branch."""
    from adapterstilts.tasks.task import JoinedData, RealData

    if isinstance(data, RealData) and data.hub is not None:
        name, revision = data.hub.repository, data.hub.revision
        branch = "" if revision == "main" else f" at `{revision}`"
        return f"[{name}]({_HUB}{name}){branch}"
    if isinstance(data, JoinedData):
        return ", ".join(f"`{name}`" for name in data.tasks)
    return "official files only"


def _languages(task: "Task") -> str:
    """Return the one language of a task by its code, and of several how many there are."""
    codes = list(task.languages)
    return codes[0] if len(codes) == 1 else str(len(codes))


def _trained_on(task: "Task") -> str:
    """Return what is trained on before the task is answered; a dash where nothing is."""
    if task.training:
        return ", then ".join(f"`{name}`" for name in task.training)
    return "itself" if "train" in task.splits else "–"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _sources(composition: "Composition") -> str:
    """Return how many sources a composition takes, in words."""
    if composition.most == 1 or not composition.least:
        return "one" if composition.least else "none"
    return "one or more" if composition.least == 1 else "two or more"


def _settings(composition: "Composition") -> str:
    """Return what may be set of a composition, and to which values, its own first."""
    from adapterstilts.modeling.settings import FLAG, NUMBERS, written

    words = {FLAG: ("true", "false"), NUMBERS: ("1+1",)}
    found = []
    for name, setting in composition.settings.items():
        default = (written(setting.default),) if setting.default != () else ()
        values = dict.fromkeys((*default, *setting.known, *words.get(setting.kind, ())))
        found.append(f"{name}={'|'.join(values)}")
    return " ".join(found)


def _rules(names: Sequence[str]) -> str:
    """Return the rules of a merge as a table has room for them."""
    from adapterstilts.modeling.merges import RULES

    return "all" if len(names) == len(RULES) else " ".join(names)


def _count(value: object) -> object:
    """Return a value as a table shows it: of a collection only how much there is."""
    return len(value) if isinstance(value, dict | list) else value
