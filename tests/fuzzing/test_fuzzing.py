"""A short look for what readers stumble over; `python -m tests.fuzzing` takes a long one."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from tests.fuzzing.__main__ import KEEP
from tests.fuzzing.mutators import mutated
from tests.fuzzing.readers import Reader, readers
from tests.fuzzing.trying import LONGEST, drawn, tried
from tests.hub.hostile import goods

_EXAMPLES = 25
"""Readings of each reader."""


@pytest.fixture(scope="module")
def every(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Reader]:
    """Return every reader by name."""
    root = tmp_path_factory.mktemp("fuzzing")
    there = goods.goods(root / "goods", tiny_backbone)
    return {reader.name: reader for reader in readers(there, root)}


def test_findings_are_kept_where_nobody_commits_them() -> None:
    assert not KEEP.resolve().is_relative_to(Path(__file__).resolve().parents[2])


def test_what_is_good_is_read_by_every_reader(every: Mapping[str, Reader]) -> None:
    for reader in every.values():
        outcomes = {tried(reader, good) for good in reader.good}
        # Sources of a stage are looked for in the store around it, which is empty here.
        expected = {("refused", None)} if reader.name == "record.json" else {("read", None)}
        assert expected <= outcomes, reader.name


@settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
def test_whatever_is_read_is_read_or_refused_in_words(
    every: Mapping[str, Reader], random: Random
) -> None:
    for reader in every.values():
        outcome, finding = tried(reader, drawn(reader, random))
        assert finding is None, finding
        assert outcome in ("read", "refused")


def test_a_reader_that_crashes_or_says_too_much_is_found() -> None:
    def crashing(raw: bytes) -> None:
        raise KeyError(raw)

    def talking(raw: bytes) -> None:
        raise StiltsError("x" * LONGEST)

    def steering(raw: bytes) -> None:
        raise StiltsError("\x1b[2J")

    for read, why in ((crashing, "KeyError"), (talking, "1000 signs"), (steering, "x1b")):
        _, finding = tried(Reader(name="careless", good=(b"a",), read=read), b"a")
        assert finding is not None and why in finding.why


def test_mutants_are_drawn_again_from_the_same_seed_and_differ() -> None:
    good = json.dumps({"a": [1, {"b": "c"}], "d": 2.5}).encode()

    def some(seed: int) -> list[bytes]:
        random = Random(seed)
        return [mutated(good, good, random, structured=True) for _ in range(200)]

    assert some(1) == some(1)
    assert len({*some(1), *some(2)}) > 200
