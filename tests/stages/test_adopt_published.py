"""What is published comes back: each thing laid out, taken over, and asked the same again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core import hub
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.records import Prediction, read_record, read_rows
from adapterstilts.core.store import Store
from adapterstilts.modeling.ready import load
from adapterstilts.plan.needs import check
from adapterstilts.publishing.folder import laying as publishing
from adapterstilts.publishing.gathering.items import gather
from adapterstilts.publishing.item import Base
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld.rows import rows

GRID = """\
[{methods: seq_bn, targets: toy-xnli, compositions: ["stack(toy-nli)", "fuse(toy-nli, toy-squad)",
  "fuse[kind=static,last_layer=false](toy-nli, toy-squad)",
  "stack(toy-nli, fuse(toy-squad, toy-swag))"]},
 {methods: [lora, ia3], compositions: "stack(toy-nli)", targets: toy-xnli},
 {methods: [seq_bn, full, "peft:lora"], compositions: "zero(mix(toy-nli, toy-squad))",
  targets: [toy-xnli, toy-xquad]},
 {methods: [full, "peft:lora"], compositions: target, targets: [toy-xcopa, toy-panx]},
 {methods: [seq_bn, full], compositions: target, targets: toy-mlm},
 {methods: head, compositions: target, targets: [toy-xcopa, toy-panx, toy-mlm]},
 {methods: ["peft:prompt[num_virtual_tokens=3]", "peft:vera[r=4]", bitfit], compositions: target,
  targets: toy-xnli}]
"""


@pytest.fixture(scope="module")
def trained(planned: Any, finish: Any) -> Any:
    """Return a store with much that can be published."""
    return finish(planned(f"grid={GRID}", "languages=qab"))


@pytest.fixture(scope="module")
def laid(trained: Any, tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that lays out what a stage made, in a folder of the same name each time."""
    base = Base(title="tiny", id="someone/tiny-xlmr", folder=tiny_backbone)
    known: dict[str, Path] = {}

    def of(id: str, method: str) -> Path:
        if id not in known:
            known[id] = tmp_path_factory.mktemp("published") / "mine"
            item = gather(trained.store, id, expression="x", way=f"{method}/target", base=base)
            publishing.lay(item, known[id])
        return known[id]

    return of


def answered(trained: Any) -> Iterator[tuple[Any, Path, str]]:
    """Yield every prediction with its folder and the stage that made its model."""
    for spec, path in trained.of("predict"):
        yield spec, path, spec.needs.get("trained") or spec.needs["source:0"]


def said(path: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in sorted((path / "predictions").iterdir())}


@pytest.fixture(scope="module")
def taken(trained: Any, laid: Any, planned: Any, finish: Any) -> Any:
    """Return each prediction with its folder, and what was run again with what was published."""
    return [
        (
            spec.config,
            path,
            finish(
                planned(
                    f'grid.0.compositions=["zero(path({laid(id, spec.config.method)}))"]',
                    f"grid.0.methods={spec.config.method}",
                    f"grid.0.targets={spec.config.task}",
                    "languages=qab",
                ),
                trained.store,
            ),
        )
        for spec, path, id in answered(trained)
    ]


def test_whatever_is_published_answers_as_it_did(taken: Any) -> None:
    assert len(taken) == 24
    for config, path, again in taken:
        _, answers = again.one("predict")
        assert said(answers) == said(path), f"{config.slug} is another"


def test_what_was_built_on_a_block_loads_with_it_and_is_published_with_it(
    trained: Any, laid: Any, planned: Any, finish: Any, tiny_backbone: Path
) -> None:
    blocks: dict[str, Path] = {}
    for spec, _, id in answered(trained):
        if spec.config.method == "seq_bn" and spec.config.task == "toy-xnli":
            blocks.setdefault(spec.config.composition, laid(id, "seq_bn"))
    stack, fuse = blocks["stack"], blocks["fuse"]
    ways = [f"stack(path({stack}))", f"stack(path({fuse}))", f"fuse(path({stack}), toy-squad)"]
    asked = (f"grid.0.compositions={json.dumps(ways)}", "grid.0.targets=toy-pawsx")
    again = finish(planned(*asked, "languages=qab"), trained.store)
    pairs = [(row["first"], row["second"]) for row in toy("toy-pawsx")]
    for spec, path in again.of("predict"):
        stored = read_rows(path / "predictions" / "qab.jsonl", Prediction)
        answers = [row.prediction for row in stored]
        id = spec.needs["trained"]
        for place in (again.store.find(id), laid(id, "seq_bn")):
            assert load(tiny_backbone, place).predict("toy-pawsx", pairs) == answers


def toy(task: str) -> Any:
    """Return the rows of a toy task's test split in a language."""
    data = TASKS.get(task).data
    size, start = data.sizes["test"], data.start
    return rows(data.generator, language="qab", split="test", size=size, start=start)


def test_a_full_model_is_gone_on_from_and_merged(
    trained: Any, laid: Any, planned: Any, finish: Any
) -> None:
    ids = [id for spec, _, id in answered(trained) if spec.config.method == "full"]
    one, other = (f"path({laid(id, 'full')})" for id in [*dict.fromkeys(ids)][:2])
    ways = [f"continue({one})", f"average({one}, {other})"]
    asked = (f"grid.0.compositions={json.dumps(ways)}", "grid.0.targets=toy-pawsx")
    again = finish(planned(*asked, "grid.0.methods=full", "languages=qab"), trained.store)
    assert len(list(again.of("predict"))) == 2
    assert len(list(again.of("adopt"))) == 2


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("continue(path({stack}))", "is Stack(toy-nli, toy-xnli), several modules"),
        ("average(path({stack}), toy-squad)", "is Stack(toy-nli, toy-xnli), several modules"),
        ("fuse(path({fuse}), toy-swag)", "would be a fusion in a fusion"),
        ("zero(path({stage}))", "is the uppermost of several adapters"),
        ("zero(path({mix}))", "of its heads (toy-nli, toy-squad) none fits"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    trained: Any, laid: Any, planned: Any, tmp_path: Path, way: str, why: str
) -> None:
    ids: dict[str, str] = {}
    for spec, _, id in answered(trained):
        if spec.config.method == "seq_bn":
            ids.setdefault(
                "mix" if "mix" in str(spec.config.sources) else spec.config.composition, id
            )
    places = {name: laid(ids[name], "seq_bn") for name in ("stack", "fuse", "mix")}
    stage = trained.store.find(ids["stack"])
    store = Store(tmp_path / "runs")
    with pytest.raises((StiltsError, UsageError)) as caught:
        plan = planned(
            f"grid.0.compositions={json.dumps([way.format(stage=stage, **places)])}",
            "grid.0.targets=toy-pawsx",
        )
        check(plan, store, hub.here())
    assert why in str(caught.value)
    assert not list(store.root.glob("*-*"))


def test_a_record_says_what_was_taken_over(taken: Any) -> None:
    for config, _, again in taken:
        resolved = read_record(again.one("adopt")[1] / "record.json").resolved
        if config.composition == "zero":
            assert resolved["heads"] == ["toy-nli", "toy-squad"]
            assert resolved["head"] == ""
        else:
            assert resolved["head"]
        if config.composition.startswith(("stack", "fuse")):
            block = "Average(" if config.method == "lora" else ("Stack(", "Fuse(")
            assert resolved["block"].startswith(block)
