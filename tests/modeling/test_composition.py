import subprocess
import sys

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.modeling.composition import (
    COMPOSITIONS,
    Activates,
    Block,
    Needs,
    Trains,
    arranged,
    check_nested,
    composition,
    is_group,
    leaves,
)
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
    "peft:prompt",
    "peft:loha",
    "peft:lokr",
    "peft:vera",
    "peft:oft",
    "peft:fourierft",
    "peft:ln_tuning",
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
        "peft:fourierft",
        "peft:ln_tuning",
        "bitfit",
        "full",
    },
    "zero": LEAVES_MODULES | {"head"},
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
    assert COMPOSITIONS.get("zero").refuses(METHODS.get("none")) == "trains nothing"
    assert "build on" in COMPOSITIONS.get("continue").refuses(METHODS.get("head"))


def test_what_is_said_of_methods_and_compositions_holds_together() -> None:
    for method in METHODS.values():
        assert method.description.endswith(".")
        assert method.library in ("adapters", "peft", "transformers")
        assert method.whole == (method.library == "transformers")
        assert bool(method.architecture) >= (method.stacks or method.fuses)
        assert bool(method.architecture) >= bool(method.settings)
        assert method.stacks >= method.adds
    for each in COMPOSITIONS.values():
        assert each.description.endswith(".")
        assert (each.least == 0) == (each.needs is Needs.NOTHING)
        if each.needs is Needs.NOTHING:
            assert each.trains is Trains.OWN
        if each.activates is Activates.FUSE:
            assert each.trains is Trains.FUSION


@pytest.mark.parametrize("name", GRID)
def test_what_is_set_changes_nothing_of_where_a_method_can_take_part(name: str) -> None:
    composition = COMPOSITIONS.get(name)
    for expression in ("seq_bn[leave_out=0-5]", "lora[r=16]", "peft:dora[r=4]"):
        found = method_of(expression)
        assert composition.refuses(found) == composition.refuses(METHODS.get(found.base))


@pytest.mark.parametrize(
    ("text", "name", "stage"),
    [
        ("stack", "stack", "stack"),
        ("fuse[kind=dynamic,last_layer=true]", "fuse", "fuse"),
        ("fuse[ own = true, kind = static ](a)", "fuse[kind=static,own=true]", "fuse[kind=static]"),
        ("fuse[last_layer=false](a, b)", "fuse[last_layer=false]", "fuse[last_layer=false]"),
        ("average[weights=2+1](a, b)", "average[weights=2+1]", "average[weights=2+1]"),
        ("stack(a, fuse(b, stack(c, d)))", "stack", "stack"),
    ],
)
def test_one_meaning_has_one_name(text: str, name: str, stage: str) -> None:
    found = composition(text)
    assert (found.name, found.stage_name, found.base) == (name, stage, name.partition("[")[0])
    assert composition(found.name) == composition(parse(name))


def test_a_setting_has_a_value_whether_it_is_said_or_not() -> None:
    assert composition("fuse").value("kind") == "dynamic"
    assert composition("fuse[kind=static]").value("kind") == "static"
    assert [composition(f"fuse{each}").least for each in ("", "[own=true]")] == [2, 1]


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("stac(a)", 1, "unknown composition 'stac' (did you mean 'stack'?)"),
        ("fuse[kond=static](a, b)", 6, "unknown setting 'kond' (did you mean 'kind'?)"),
        ("fuse[kind=statik](a, b)", 11, "kind: 'statik' is not one of dynamic, static"),
        ("stack[own=true](a)", 7, "'stack' can set nothing"),
        ("target(a)", 1, "'target' takes no source: leave the parentheses out"),
        ("zero()", 1, "'zero' takes a source, and here is none: name some"),
        ("zero(a, b)", 1, "'zero' takes one source, and here are 2: leave one"),
        ("continue(a, b)", 1, "'continue' takes one source"),
        ("stack()", 1, "'stack' takes a source, and here is none"),
        ("fuse(a)", 1, "two sources or more, and here is 1: name another, or set own=true"),
        ("fuse[own=true]()", 1, "'fuse' takes a source, and here is none"),
        ("average(a)", 1, "'average' takes two sources or more, and here is 1: name another"),
        ("stack(a, stack(b, c))", 10, "write b, c in its place"),
        ("fuse(a, fuse(b, c))", 9, "'fuse' directly in 'fuse' means no more than one of them"),
        ("fuse(stack(a, fuse(b, c)), d)", 15, "too deep, in a 'stack' of a 'fuse', which"),
        ("stack(a, fuse(stack(b, fuse(c, d)), e))", 24, "write c, d in its place"),
        ("stack(a, fuse(b))", 10, "'fuse' of 1 in another composition joins nothing: name another"),
        ("fuse(stack(a), b)", 6, "or write a alone"),
        ("fuse(stack(), b)", 6, "or leave it out"),
        ("stack(zero(a), b)", 7, "'zero' is a composition by itself and cannot stand in 'stack'"),
        ("fuse(a, stack(b, target))", 18, "write a source in its place"),
        ("fuse(a, continue(b))", 9, "write b in its place"),
        ("zero(stack(a, b))", 6, "'stack' is no source, and 'zero' takes sources alone"),
        ("continue(fuse(a, b))", 10, "write fuse(a, b) by itself, or name one source"),
        ("stack(a, fuse(b, a))", 18, "'a' stands twice in 'stack': name it once"),
        ("fuse(mix(a,b), mix(a, b))", 16, "'mix(a, b)' stands twice"),
        ("stack(a, fuse[own=true](b, c))", 15, "own can be set of the outermost composition alone"),
        ("stack(fuse[last_layer=false](b, c))", 12, "last_layer can be set of the outermost"),
    ],
)
def test_what_cannot_be_composed_is_refused_at_its_character(text: str, at: int, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        composition(text, place="mine.yaml")
    message = str(refused.value)
    assert message.startswith(f"expression '{text}' in mine.yaml, character {at}: ")
    assert said in message


def test_a_nested_composition_requires_what_every_block_in_it_does() -> None:
    lora, bottleneck, both = (METHODS.get(name) for name in ("lora", "seq_bn", "compacter"))
    for text in ("stack(a, fuse(b, c))", "fuse(stack(a, b), c)"):
        assert "AdapterFusion" in composition(text).refuses(lora)
        assert not composition(text).refuses(bottleneck)
        assert not composition(text).refuses(both)
    assert not composition("stack(a, b)").refuses(lora)


def test_sources_are_counted_as_they_appear() -> None:
    sources = ("mnli", "fuse[kind=static](stack(a, mix(b, c)), average(a, d))", "hub(u/r)")
    assert leaves(sources) == ("mnli", "a", "mix(b, c)", "average(a, d)", "hub(u/r)")
    first, fuse, last = arranged(sources)
    assert isinstance(fuse, Block)
    assert (first, last) == (0, 4)
    assert fuse.composition.name == "fuse[kind=static]"
    stack, average = fuse.members
    assert isinstance(stack, Block)
    assert (stack.members, average) == ((1, 2), 3)
    assert [block.fuses for block in fuse.blocks()] == [True, False]


def test_only_blocks_are_groups() -> None:
    groups = {name for name in COMPOSITIONS.names() if is_group(parse(name))}
    assert groups == {"stack", "fuse"}
    assert not is_group(parse("mix(a, b)"))
    check_nested(parse("stack(mix(stack, fuse))"))


def test_a_plan_is_made_without_torch() -> None:
    code = "import sys, adapterstilts.modeling.parts; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
