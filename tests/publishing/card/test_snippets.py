"""Code on a card runs as it is printed there; `test_plain_loading` runs it in other processes."""

import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.planner import Plan
from adapterstilts.publishing.card import examples, snippets
from adapterstilts.publishing.folder import artifacts, laying
from adapterstilts.publishing.folder.artifacts import Head
from adapterstilts.publishing.gathering.items import gather
from adapterstilts.publishing.item import Base, Item, Layout
from adapterstilts.stages import run
from adapterstilts.tasks.formats.span_qa import FORMAT as SPANS
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.tokenizing import Tokenizer
from tests.hub.server import Hub
from tests.publishing.conftest import BASE, LAYOUTS, Grid

REPOSITORY = "me/mine"
NAMES = (
    "toy-xnli seq_bn/target",
    "toy-xnli seq_bn/stack(toy-nli)",
    "toy-xnli seq_bn/fuse(toy-nli, toy-squad)",
    "mix(toy-nli, toy-squad) seq_bn/target",
    "toy-xnli peft:lora/target",
    "toy-xnli full/target",
    "toy-xquad seq_bn/stack(mix(toy-nli, toy-squad))",
)
Laid = Callable[[Item], Layout]


@pytest.fixture
def on_hub(hub: Hub, tiny_backbone: Path, tmp_path: Path) -> Laid:
    """Return what puts a thing, and the backbone, on a Hub of our own."""
    hub.push(BASE, {path.name: path for path in tiny_backbone.iterdir()}, kind="model")

    def of(item: Item) -> Layout:
        layout = laying.lay(item, tmp_path / "out")
        files = {name: tmp_path / "out" / name for name in layout.files}
        hub.push(REPOSITORY, files, kind="model")
        return layout

    return of


def printed(code: str, **names: Any) -> str:
    said = io.StringIO()
    with redirect_stdout(said):
        exec(compile(code, "card", "exec"), names)
    return said.getvalue().strip()


@pytest.mark.parametrize("name", NAMES)
def test_our_own_code_runs_and_agrees_with_that_of_the_library(
    name: str, grid: Grid, on_hub: Laid, tmp_path: Path
) -> None:
    item = grid.one(name)
    layout = on_hub(item)
    given = {"base": item.base, "item": item}
    # PEFT keeps the address of the Hub from when it was imported.
    place = str(tmp_path / "out") if layout.kind == "peft" else REPOSITORY

    ours = printed(snippets.ours(layout, repository=REPOSITORY, **given))
    theirs = printed(snippets.plain(layout, repository=place, **given))

    assert ours == repr([theirs])


@pytest.fixture(scope="module")
def embedded(planned: Callable[..., Plan], tmp_path_factory: pytest.TempPathFactory) -> Item:
    """Return an adapter on the backbone that comes with the package."""
    plan, store = planned(backbone="toyworld"), Store(tmp_path_factory.mktemp("toy"))
    trains = next(id for id, spec in plan.stages.items() if spec.kind == "train")
    for id in (*plan.stages[trains].needs.values(), trains):
        run.run(plan.stages[id], store, Runtime(device="cpu"), lambda done, total, note: None)
    base = Base(title="toyworld")
    return gather(store, trains, expression="toy-nli", way="seq_bn/target", base=base)


def test_the_backbone_that_comes_with_the_package_is_taken_from_there(
    embedded: Item, tmp_path: Path
) -> None:
    layout = laying.lay(embedded, tmp_path / "out")
    given = {"repository": str(tmp_path / "out"), "base": embedded.base, "item": embedded}

    code = snippets.plain(layout, **given)

    assert "# This backbone comes with the package adapterstilts; it is on no Hub.\n" in code
    assert "from adapterstilts.toyworld import embedded\n" in code
    assert printed(code) in ("entailment", "neutral", "contradiction")
    assert '"toyworld"' in snippets.ours(layout, **given)


def test_a_head_alone_is_loaded_as_anything_else(
    planned: Callable[..., Plan], on_hub: Laid, tmp_path: Path
) -> None:
    plan = planned(
        "grid.0={methods: head, compositions: target, targets: toy-pawsx}", backbone="toyworld"
    )
    store = Store(tmp_path / "runs")
    trains = next(id for id, spec in plan.stages.items() if spec.kind == "train")
    for id in (*plan.stages[trains].needs.values(), trains):
        run.run(plan.stages[id], store, Runtime(device="cpu"), lambda done, total, note: None)
    base = Base(title="toyworld")
    item = gather(store, trains, expression="toy-pawsx", way="head/target", base=base)
    layout = on_hub(item)
    given = {"repository": REPOSITORY, "base": base, "item": item}

    ours = printed(snippets.ours(layout, **given))
    theirs = printed(snippets.plain(layout, **given))

    assert ours == repr([theirs])


@pytest.mark.parametrize("name", ["toy-xquad", "squad-v2"])
def test_code_for_spans_decides_as_we_do_whatever_a_model_says(
    name: str, item: Callable[[str], Item], tiny_backbone: Path
) -> None:
    from transformers import AutoTokenizer

    task, names = TASKS.get(name), {"tokenizer": AutoTokenizer.from_pretrained(tiny_backbone)}
    # Words of the toy world, which the tokenizer of these tests reads without empty pieces.
    asked = examples.of(Head(name=name, kind="span", task=TASKS.get("toy-xquad")))
    thing = item("toy-xnli seq_bn/target")
    writing = snippets._Writing(
        LAYOUTS["adapters"], REPOSITORY, thing.base, artifacts.trained(thing),
        Head(name=name, kind="span", task=task),
    )  # fmt: skip
    program = f"import torch\n{writing.asking(asked)}"
    question, context = asked.texts
    encoded = SPANS.encode(
        task, [{"id": "0", "question": question, "context": context, "answers": []}],
        Tokenizer.load(tiny_backbone), split="test", max_length=128,
    )  # fmt: skip
    length, draw = len(encoded.features["input_ids"][0]), torch.Generator().manual_seed(1)
    answers = set()
    for _ in range(40):
        # Most of all it likes words of the question, and ends that come before their beginnings.
        logits = torch.randn(1, length, 2, generator=draw)
        logits[0, 1:5] += 3
        logits[0, 0] += 1.5
        starts, ends = logits.unbind(-1)
        said = SimpleNamespace(start_logits=starts, end_logits=ends)
        (ours,) = SPANS.decode(task, encoded, [logits[0].numpy()])
        assert printed(program, model=lambda said=said, **given: said, **names) == ours
        answers.add(ours)
    assert len(answers) > 10
    assert ("" in answers) == task.unanswerable


def code_of(item: Item) -> tuple[str, str]:
    layout = laying.planned_layout(item)
    given = {"repository": REPOSITORY, "base": item.base, "item": item}
    return snippets.plain(layout, **given), snippets.ours(layout, **given)


def test_a_backbone_that_nobody_can_load_is_said_to_be_none(grid: Grid) -> None:
    item = grid.one("toy-xnli seq_bn/target")

    for code in code_of(replace(item, base=replace(item.base, id=""))):
        assert "# tiny is a folder: nobody has said where on the Hub this backbone is.\n" in code
        assert BASE not in code


def test_a_full_model_needs_no_backbone(grid: Grid) -> None:
    plain, ours = code_of(grid.one("toy-xnli full/target"))

    assert BASE not in plain
    assert BASE in ours


def test_safetensors_alone_are_read(grid: Grid) -> None:
    for name in NAMES[:4]:
        plain, _ = code_of(grid.one(name))
        loads = plain.count("load_adapter") + plain.count("load_head")
        assert plain.count("use_safetensors=True") == loads > 0


def test_other_heads_of_a_mix_are_named(grid: Grid) -> None:
    plain, _ = code_of(grid.one("mix(toy-nli, toy-squad) seq_bn/target"))

    assert 'model.load_head(f"{folder}/heads/toy-nli", use_safetensors=True)' in plain
    assert "# Other heads: toy-squad." in plain


def test_every_thing_of_the_grid_has_code_that_parses(grid: Grid) -> None:
    for item in grid.items.values():
        for code in code_of(item):
            compile(code, "card", "exec")
            assert code.endswith("\n")
            assert not code.endswith("\n\n")


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("a", '"a"'),
        ('say "é"', '"say \\"é\\""'),
        ("\u202e\n", '"\\u202e\\n"'),
        (("a", "b"), '("a", "b")'),
        (("a",), '("a",)'),
        (["a", ["b"]], '["a", ["b"]]'),
    ],
)
def test_texts_become_literals_that_mean_the_same(value: Any, literal: str) -> None:
    assert snippets.literal(value) == literal
    assert eval(literal) == value


def test_a_long_call_is_broken_into_lines() -> None:
    given: Sequence[str] = ['"a long text"'] * 9

    assert snippets.call("f", ["1"]) == ["f(1)"]
    assert snippets.call("found = function", given[:5]) == [
        "found = function(",
        f"    {', '.join(given[:5])}",
        ")",
    ]
    assert snippets.call("found =", given, brackets=" []") == [
        "found = [",
        *['    "a long text",'] * 9,
        "]",
    ]
