"""What is published answers as it did, where there is nothing but the library that it is for.

Each process has one library's packages on its path, and not this one; the folders and the backbone
come over HTTP.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from adapterstilts import load
from adapterstilts.core.store import Store
from adapterstilts.plan import recipe
from adapterstilts.plan.planner import plan
from adapterstilts.publishing.card import examples
from adapterstilts.publishing.folder import artifacts
from tests.hub.server import Hub
from tests.publishing import plain
from tests.publishing.plain import BACKBONE, Case

RECIPE = """\
question: Does it load without us?
backbone: {backbone}
seeds: 0
languages: [qaa]
grid:
  - methods: seq_bn
    compositions:
      - target
      - stack(toy-nli)
      - stack(mix(toy-nli, toy-squad))
      - stack(path({theirs}))
      - stack(toy-swag, fuse(toy-nli, toy-squad))
      - fuse[last_layer=false](toy-nli, toy-squad)
      - fuse[kind=static](stack(toy-nli, toy-squad), toy-swag)
    targets: toy-pawsx
  - {{methods: seq_bn, compositions: "fuse(toy-nli, toy-swag)", targets: [toy-panx, toy-xcopa]}}
  - {{methods: seq_bn, compositions: "stack(toy-nli)", targets: [toy-xquad, toy-mlm]}}
  - methods: [seq_bn, full, "peft:lora"]
    compositions: zero(mix(toy-nli, toy-squad))
    targets: [toy-xnli, toy-xquad]
  - methods: [full, "peft:lora"]
    compositions: target
    targets: [toy-pawsx, toy-panx, toy-xquad, toy-xcopa]
  - {{methods: [lora, prefix_tuning], compositions: "stack(toy-nli)", targets: toy-pawsx}}
  - methods: [seq_bn_inv, prompt_tuning, unipelt, head, "peft:prompt", "peft:vera", bitfit]
    compositions: target
    targets: toy-pawsx
  - {{methods: [seq_bn, full], compositions: zero(toy-nli), targets: toy-tatoeba}}
training:
  default:
    steps: 2
    batch_size: 2
    train_examples: 8
    max_length: 40
    learning_rate: 0.05
    warmup: 0
keep_logits: true
"""
"""Steps so large that whatever was trained does something."""
BOTH = "adapters and peft"
ABSENT = {
    "adapters": ("peft",),
    "peft": ("adapters",),
    "transformers": ("adapters", "peft"),
    BOTH: (),
}
"""What a process has to what it lacks."""


@pytest.fixture(scope="module")
def cases(
    tiny_backbone: Path, theirs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Sequence[Case]:
    """Return all that the recipe trains, laid out."""
    at = tmp_path_factory.mktemp("plain")
    text = RECIPE.format(backbone=tiny_backbone, theirs=theirs)
    (at / "mine.yaml").write_text(text, encoding="utf-8")
    planned = plan(recipe.load(at / "mine.yaml", ()))
    return list(plain.cases(planned, Store(at / "runs"), at / "laid", tiny_backbone))


def takes(case: Case) -> str:
    """Return what a case needs beside `transformers`: flexible heads are of `adapters`."""
    layout = case.layout
    if layout.auto_class != "AutoAdapterModel":
        return layout.library
    return BOTH if layout.library == "peft" else "adapters"


@pytest.mark.parametrize("library", ABSENT)
def test_a_published_folder_answers_alike_where_its_library_is_alone(
    library: str, cases: Sequence[Case], hub: Hub, tiny_backbone: Path, tmp_path: Path
) -> None:
    hub.push(BACKBONE, {path.name: path for path in tiny_backbone.iterdir()}, kind="model")
    asked = [case for case in cases if takes(case) == library]
    for case in asked:
        files = {name: case.out / name for name in case.layout.files}
        hub.push(case.repository, files, kind="model")

    paths = plain.environment(tmp_path / "packages", ABSENT[library])
    found, said = plain.answers(asked, paths, tmp_path / "answers")

    off = {case.name: plain.apart(case, found[case.name]) for case in asked}
    assert asked
    assert {name: value for name, value in off.items() if value > 1e-5} == {}
    assert said["there"] == ([] if library == "transformers" else library.split(" and "))
    printed = {case.name: said["printed"][case.name].strip() for case in asked if not case.head}
    assert all(printed.values())
    spans = [case for case in asked if case.kind == "span" and not case.head]
    assert {case.name: printed[case.name] for case in spans} == {
        case.name: _ours(case, tiny_backbone) for case in spans
    }


def _ours(case: Case, backbone: Path) -> str:
    """Return what we answer to the question that a card asks."""
    (head,) = (each for each in artifacts.trained(case.item).heads if each.kind == "span")
    example = examples.of(head)
    (answer,) = load(backbone, case.out).predict(example.task, [example.given])
    assert answer in example.texts[1]
    return str(answer)


def test_no_two_of_them_answer_alike(cases: Sequence[Case]) -> None:
    answers = [np.stack(case.answers) for case in cases if case.task == "toy-pawsx"]

    assert len(answers) > 15
    assert min(float(np.abs(a - b).max()) for a, b in combinations(answers, 2)) > 1e-3


def test_every_kind_of_layout_and_of_head_is_among_them(cases: Sequence[Case]) -> None:
    assert {case.layout.kind for case in cases} == {"adapter", "setup", "peft", "model"}
    assert {case.kind for case in cases} == {"sequence", "token", "span", "choice", "lm", "none"}
    assert {takes(case) for case in cases} == {*ABSENT}
