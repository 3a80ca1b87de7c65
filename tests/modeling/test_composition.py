import pytest

from adapterstilts.modeling.composition import COMPOSITIONS, Activates, Needs, Trains
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.methods import method as method_of

LEAVES_MODULES = {
    "seq_bn",
    "double_seq_bn",
    "par_bn",
    "scaled_par_bn",
    "seq_bn_inv",
    "compacter",
    "prefix_tuning",
    "prompt_tuning",
    "lora",
    "ia3",
    "mam",
    "unipelt",
    "loreft",
    "peft:lora",
    "peft:dora",
    "peft:ia3",
    "bitfit",
    "full",
}
GRID = {
    "target": LEAVES_MODULES | {"head"},
    "stack": {"seq_bn", "double_seq_bn", "compacter", "prefix_tuning", "lora", "ia3"},
    "fuse": {"seq_bn", "double_seq_bn", "compacter"},
    "continue": LEAVES_MODULES,
    "average": {
        "seq_bn",
        "double_seq_bn",
        "par_bn",
        "scaled_par_bn",
        "seq_bn_inv",
        "lora",
        "ia3",
        "peft:lora",
        "peft:ia3",
        "bitfit",
        "full",
    },
    "zero": LEAVES_MODULES,
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
    assert "mean means nothing" in COMPOSITIONS.get("average").refuses(METHODS.get("loreft"))
    assert "build on" in COMPOSITIONS.get("continue").refuses(METHODS.get("head"))


def test_what_is_said_of_methods_and_compositions_holds_together() -> None:
    for method in METHODS.values():
        assert method.description.endswith(".")
        assert method.library in ("adapters", "peft", "transformers")
        assert method.whole == (method.library == "transformers")
        assert bool(method.architecture) >= (method.stacks or method.fuses)
        assert bool(method.architecture) >= bool(method.settings)
        assert method.stacks >= method.adds
    for composition in COMPOSITIONS.values():
        assert composition.description.endswith(".")
        if composition.needs is Needs.NOTHING:
            assert composition.trains is Trains.OWN
        if composition.activates is Activates.FUSE:
            assert composition.trains is Trains.FUSION


@pytest.mark.parametrize("name", GRID)
def test_what_is_set_changes_nothing_of_where_a_method_can_take_part(name: str) -> None:
    composition = COMPOSITIONS.get(name)
    for expression in ("seq_bn[leave_out=0-5]", "lora[r=16]", "peft:dora[r=4]"):
        found = method_of(expression)
        assert composition.refuses(found) == composition.refuses(METHODS.get(found.base))
