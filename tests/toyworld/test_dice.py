import ast
from collections import Counter
from pathlib import Path

import pytest

from adapterstilts.toyworld import dice as module
from adapterstilts.toyworld.dice import Dice


def test_the_same_key_gives_the_same_draws_for_ever() -> None:
    dice = Dice("a key", 7)
    assert [dice.number() for _ in range(3)] == [
        0.8461763706819887,
        0.021653635512696612,
        0.2424320532029972,
    ]


def test_the_parts_of_the_key_matter_and_so_does_their_order() -> None:
    first = {key: Dice(*key).number() for key in [("a", 1), ("a", 2), ("b", 1), (1, "a"), ("a",)]}
    assert len(set(first.values())) == len(first)


def test_only_what_python_promises_to_keep_is_drawn_from() -> None:
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    drawn = [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "_random"
    ]
    assert drawn and set(drawn) == {"random"}


@pytest.mark.parametrize(
    "name", ["grammar", "languages", "lexicon", "meaning", "problems", "rows", "text", "tokenizer"]
)
def test_nothing_else_in_the_world_draws_by_itself(name: str) -> None:
    tree = ast.parse((Path(module.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"random", "secrets", "time", "uuid", "os", "numpy", "numpy.random"}


def test_a_pick_and_an_order_are_fair() -> None:
    dice = Dice("fair")
    picked = Counter(dice.pick("abcd") for _ in range(4000))
    assert all(900 < picked[letter] < 1100 for letter in "abcd")
    orders = Counter("".join(dice.order("abc")) for _ in range(6000))
    assert len(orders) == 6
    assert all(850 < count < 1150 for count in orders.values())


def test_a_weight_is_a_share() -> None:
    dice = Dice("weights")
    drawn = Counter(dice.weighted("abc", (0.5, 1.5, 2)) for _ in range(8000))
    assert [round(drawn[letter] / 8000, 1) for letter in "abc"] == [0.1, 0.4, 0.5]
    assert {dice.weighted("abc", (0, 1, 0)) for _ in range(100)} == {"b"}


def test_a_weight_for_each_or_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Dice("few").weighted("ab", (0.0,))


def test_another_is_never_the_same() -> None:
    dice = Dice("other")
    assert {dice.other("abc", "b") for _ in range(100)} == {"a", "c"}
