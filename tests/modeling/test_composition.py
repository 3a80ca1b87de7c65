import pytest

from adapterstilts.modeling.composition import COMPOSITIONS, Activates, Needs, Trains
from adapterstilts.modeling.methods import METHODS

GRID = {
    "target": {"seq_bn", "double_seq_bn", "lora", "full", "head"},
    "stack": {"seq_bn", "double_seq_bn", "lora"},
    "fuse": {"seq_bn", "double_seq_bn"},
    "continue": {"seq_bn", "double_seq_bn", "lora", "full"},
    "zero": {"seq_bn", "double_seq_bn", "lora", "full"},
}


@pytest.mark.parametrize("name", GRID)
def test_compositions_are_offered_where_they_can_be(name: str) -> None:
    assert set(COMPOSITIONS.names()) == set(GRID)
    composition = COMPOSITIONS.get(name)
    offered = {method.name for method in METHODS.values() if not composition.refuses(method)}
    assert offered == GRID[name]


def test_a_refusal_says_why() -> None:
    refuses = COMPOSITIONS.get("fuse").refuses(METHODS.get("lora"))
    assert refuses == "leaves nothing that AdapterFusion can read"
    assert "stand on" in COMPOSITIONS.get("stack").refuses(METHODS.get("full"))
    assert COMPOSITIONS.get("target").refuses(METHODS.get("none")) == "trains nothing"
    assert "build on" in COMPOSITIONS.get("continue").refuses(METHODS.get("head"))


def test_what_is_said_of_methods_and_compositions_holds_together() -> None:
    for method in METHODS.values():
        assert method.description.endswith(".")
        assert method.library in ("adapters", "transformers")
        assert method.whole == (method.library == "transformers")
        assert bool(method.architecture) >= (method.stacks or method.fuses)
    for composition in COMPOSITIONS.values():
        assert composition.description.endswith(".")
        if composition.needs is Needs.NOTHING:
            assert composition.trains is Trains.OWN
        if composition.activates is Activates.FUSE:
            assert composition.trains is Trains.FUSION
