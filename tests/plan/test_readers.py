from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.plan import readers
from adapterstilts.plan.yaml_nodes import Node, parse


@dataclass(frozen=True, kw_only=True)
class Cake:
    name: str
    eggs: int = 2
    sugar: float = 0.5
    vegan: bool = False
    shape: Literal["round", "square"] = "round"


def node(text: str) -> Node:
    return parse(text, "r.yaml")


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (readers.text, "' two words '", "two words"),
        (readers.integer, "1_000", 1000),
        (readers.integer, "-3", -3),
        (readers.number, "1e-4", 1e-4),
        (readers.number, "3", 3.0),
        (readers.flag, "false", False),
        (readers.one_of("a", "b"), "b", "b"),
        (readers.optional(readers.integer), "null", None),
        (readers.optional(readers.integer), "4", 4),
        (readers.several(readers.integer), "4", (4,)),
        (readers.several(readers.integer), "[4, 5]", (4, 5)),
        (readers.table(readers.among("egg", {"x"}), readers.integer), "{x: 1}", {"x": 1}),
        (readers.table(readers.among("egg", {"x"}), readers.integer), "null", {}),
        (readers.name("egg", {"x"}), "x", "x"),
    ],
)
def test_a_reader_returns_the_value(
    reader: Callable[[Node], Any], text: str, value: object
) -> None:
    read = reader(node(text))
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (readers.text, "[a]", "text belongs in r.yaml:1, not a list"),
        (readers.integer, "1.0", "a whole number belongs in r.yaml:1, not '1.0'"),
        (readers.number, "1,5", "a number belongs in r.yaml:1, not '1,5'"),
        (readers.flag, "yes", "true or false belongs in r.yaml:1, not 'yes'"),
        (readers.one_of("a", "b"), "c", "one of a, b belongs in r.yaml:1, not 'c'"),
        (readers.several(readers.integer), "{a: 1}", "text belongs in r.yaml:1, not a mapping"),
        (
            readers.table(readers.among("egg", {"x"}), readers.integer),
            "{y: 1}",
            "unknown egg 'y' in r.yaml:1",
        ),
        (readers.name("egg", set()), "x", "unknown egg 'x' in r.yaml:1"),
    ],
)
def test_a_reader_refuses_with_place_and_reason(
    reader: Callable[[Node], Any], text: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        reader(node(text))
    assert message in str(caught.value)


def test_a_record_is_read_from_the_fields_of_its_dataclass() -> None:
    read = readers.record(Cake, readers.readers_of(Cake))
    assert read(node("{name: 7, eggs: 3, sugar: 1, vegan: true, shape: square}")) == Cake(
        name="7", eggs=3, sugar=1.0, vegan=True, shape="square"
    )
    assert read(node("name: plain")) == Cake(name="plain")


def test_a_record_needs_the_keys_without_a_default() -> None:
    with pytest.raises(UsageError, match=r"missing key 'name' in r\.yaml:1"):
        readers.record(Cake, readers.readers_of(Cake))(node("eggs: 3"))


def test_a_given_field_is_no_key() -> None:
    keys = {key: reader for key, reader in readers.readers_of(Cake).items() if key != "name"}
    read = readers.record(Cake, keys, name="given")
    assert read(node("eggs: 3")) == Cake(name="given", eggs=3)
    with pytest.raises(UsageError, match="unknown key 'name'"):
        read(node("name: mine"))
