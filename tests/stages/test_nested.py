"""A nested composition from its recipe to its answers, and from its folder to a ready model."""

from typing import Any

import pytest

from adapterstilts.core.records import RECORD, Prediction, read_record, read_rows
from adapterstilts.modeling.blocks import Fuse, Stack
from adapterstilts.modeling.ready import load
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld.rows import rows

WAYS = {
    "stack(toy-nli, fuse(toy-squad, toy-swag))": Stack(
        "toy-nli", Fuse("toy-squad", "toy-swag"), "toy-xnli"
    ),
    "fuse(stack(toy-nli, toy-squad), toy-swag)": Fuse(Stack("toy-nli", "toy-squad"), "toy-swag"),
    "fuse[kind=static,last_layer=false](toy-nli, toy-squad)": Fuse("toy-nli", "toy-squad"),
    "stack(toy-nli, toy-squad)": Stack("toy-nli", "toy-squad", "toy-xnli"),
}
"""Expressions with what is active in the end."""


@pytest.fixture(scope="module")
def nested(planned: Any, finish: Any) -> Any:
    return finish(planned(f"grid.0.compositions={list(WAYS)}"))


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, nested: Any) -> Any:
    """Return the prediction of a way, its folder, and what is active in it."""
    name = request.param.partition("(")[0]
    given = request.param[len(name) + 1 : -1]
    found = [
        (spec, path)
        for spec, path in nested.of("predict")
        if spec.config.composition.partition("[")[0] == name.partition("[")[0]
        and ", ".join(spec.config.sources) == given
    ]
    ((spec, path),) = found
    return spec, path, WAYS[request.param]


def test_a_folder_of_it_answers_as_its_stage_did(nested: Any, way: Any, tiny_backbone: Any) -> None:
    spec, path, active = way
    trained = nested.store.find(spec.needs["trained"])
    model = load(tiny_backbone, trained)
    assert model.active_adapters == active
    data = TASKS.get("toy-xnli").data
    asked = rows(
        data.generator, language="qab", split="test", size=data.sizes["test"], start=data.start
    )
    stored = [row.prediction for row in read_rows(path / "predictions" / "qab.jsonl", Prediction)]
    assert model.predict("toy-xnli", [(row["first"], row["second"]) for row in asked]) == stored


def test_its_costs_are_those_of_every_source(nested: Any, way: Any) -> None:
    spec, path, active = way
    roles = [role for role in spec.needs if role.startswith("source:")]
    assert len(roles) == len(active.flatten() - {"toy-xnli"})
    own, *sources = (
        read_record(nested.store.find(spec.needs[role]) / RECORD).costs
        for role in ("trained", *roles)
    )
    costs = read_record(path / RECORD).costs
    assert costs.stored_bytes == sum(each.stored_bytes for each in (own, *sources))
    assert costs.train_seconds == pytest.approx(sum(c.train_seconds for c in (own, *sources)))


METHODS = ("seq_bn", "lora", "prompt_tuning", "peft:lora", "bitfit", "full")


@pytest.fixture(scope="module")
def mixed(planned: Any, finish: Any) -> Any:
    ways = ["zero(mix(toy-nli, toy-squad))"]
    return finish(planned(f"grid.0.compositions={ways}", f"grid.0.methods={list(METHODS)}"))


@pytest.mark.parametrize("method", METHODS)
def test_a_mix_answers_each_of_its_tasks_with_its_own_head(
    mixed: Any, tiny_backbone: Any, method: str
) -> None:
    spec, path = mixed.one("predict", method=method)
    assert spec.config.head == "toy-nli"
    folder = mixed.store.find(spec.needs["source:0"])
    model = load(tiny_backbone, folder)
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    assert (list(plain.heads), plain.active_head) == (["toy-nli", "toy-squad"], "toy-nli")
    assert load(tiny_backbone, folder, task="toy-xquad").predict(
        "toy-xquad", [("kidu nasa?", "nasa dana kidu.")]
    ) == model.predict("toy-squad", [("kidu nasa?", "nasa dana kidu.")])
    unfrozen = {name for name, each in plain.named_parameters() if each.requires_grad}
    assert not any("pooler" in name for name in unfrozen)
    heads = {name.split(".")[1] for name in unfrozen if name.startswith("heads.")}
    assert heads == {"toy-nli"}
    data = TASKS.get("toy-xnli").data
    asked = rows(
        data.generator, language="qab", split="test", size=data.sizes["test"], start=data.start
    )
    stored = [row.prediction for row in read_rows(path / "predictions" / "qab.jsonl", Prediction)]
    assert model.predict("toy-xnli", [(row["first"], row["second"]) for row in asked]) == stored
