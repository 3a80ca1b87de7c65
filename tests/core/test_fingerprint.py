import enum
import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.fingerprint import NotCanonical, canonical, file_digest, fingerprint

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@dataclass(frozen=True, kw_only=True)
class Point:
    x: int
    y: object = None


@dataclass
class Loose:
    x: int


class Colour(str, enum.Enum):
    RED = "red"


class Count(int):
    pass


def test_the_form_is_fixed() -> None:
    value = {"b": [1, 1.0, True, None], "a": ("ä", 1e-05, -0.0, 10**20), "A": {}}
    assert canonical(value) == (
        '{"A":{},"a":["\\u00e4",1e-05,-0.0,100000000000000000000],"b":[1,1.0,true,null]}'
    )


def test_the_fingerprint_is_the_head_of_its_sha256() -> None:
    assert fingerprint({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()[:16]
    assert fingerprint({"a": 2}) == "7e8059f495589fcd"


@given(PLAIN)
def test_it_is_json_of_the_same_value(value: object) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(PLAIN, PLAIN)
def test_different_values_differ(one: object, other: object) -> None:
    assert (canonical(one) == canonical(other)) == (repr(one) == repr(other) or same(one, other))


def same(one: object, other: object) -> bool:
    """Return whether two values are equal and of equal types all the way down."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, 2), [1, 2]),
        (OrderedDict(b=1, a=2), {"a": 2, "b": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (Point(x=1, y=(Point(x=2),)), {"x": 1, "y": [{"x": 2, "y": None}]}),
    ],
)
def test_equal_in_content(one: object, other: object) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False), ("1", 1), (0.0, -0.0)])
def test_unequal_in_kind(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [0, 1, {"b": {1}}]}, r"\$\.a\[2\]\.b is of type set, .* sorted"),
        ({"a": float("nan")}, r"\$\.a is nan, which JSON cannot write: use None"),
        ([float("inf")], r"\$\[0\] is inf"),
        ({1: 2}, r"\$ has the key 1 of type int: make every key a str"),
        ({"a": {None: 2}}, r"\$\.a has the key None"),
        ({"a": Path("x")}, r"\$\.a is of type PosixPath, .* digest of what it holds"),
        (b"x", r"\$ is of type bytes, .* digest"),
        (np.float64(1), r"\$ is of type float64, .* write float\(\.\.\.\) of it"),
        (np.arange(2), r"ndarray, .* \.tolist\(\)"),
        (np.int64(1), r"int64, which has no canonical form: write None, bool"),
        (Count(3), r"Count, .* write int\(\.\.\.\) of it"),
        (Colour.RED, r"Colour, an enumeration: write its \.value"),
        (Point(x=1, y=Loose(1)), r"\$\.y is of type Loose, .* declare it frozen=True"),
        (Point, r"\$ is of type type, "),
        (object(), r"\$ is of type object, which has no canonical form"),
    ],
)
def test_what_is_not_canonical_is_refused_with_path_and_remedy(value: object, message: str) -> None:
    with pytest.raises(NotCanonical, match=message):
        canonical(value)


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    (tmp_path / "f").write_bytes(data)
    assert file_digest(tmp_path / "f") == hashlib.sha256(data).hexdigest()
