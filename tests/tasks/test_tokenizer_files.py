"""What a tokenizer's file may say before the backend reads it."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapterstilts.tasks.tokenizer_files import check

Spoils = Callable[[dict[str, Any]], object]


def replacing(content: str, **pattern: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def first(*steps: Any) -> Spoils:
    """Return what puts steps in the place of the normaliser."""
    return lambda said: said.update(normalizer={"type": "Sequence", "normalizers": list(steps)})


def table(units: list[int], words: bytes) -> dict[str, Any]:
    """Return a table of characters of one block as sentencepiece writes it."""
    block = np.zeros(256, "<u4")
    block[: len(units)] = units
    content = (1024).to_bytes(4, "little") + block.tobytes() + words
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(content).decode()}


def added(**values: Any) -> Spoils:
    return lambda said: said["added_tokens"].append({"id": 5, "content": "<x>", **values})


def split(**values: Any) -> Spoils:
    return lambda said: said.update(
        pre_tokenizer={"type": "Split", "behavior": "Removed", **values}
    )


def around(**values: Any) -> Spoils:
    return lambda said: said.update(post_processor={"type": "TemplateProcessing", **values})


@pytest.fixture(scope="module")
def plain(backbone: Path) -> str:
    return (backbone / "tokenizer.json").read_text(encoding="utf-8")


def test_the_greatest_id_of_a_tokenizer_is_told(plain: str) -> None:
    said = json.loads(plain)
    assert check(plain) == max(each["id"] for each in said["added_tokens"])
    words = {"type": "WordLevel", "vocab": {"<unk>": 0, "a": 70_000}, "unk_token": "<unk>"}
    assert check(json.dumps({**said, "model": words})) == 70_000


def test_a_table_that_stays_within_itself_is_followed(plain: str) -> None:
    said = json.loads(plain)
    # A unit with a word, and the unit that says where the word is.
    first(table([0, 256 | (2 << 10) | 1, 0, 2**31 | 2], b"a\0bc\0"))(said)
    assert check(json.dumps(said)) > 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (first(replacing(" ", Regex="(a+)+$")), r"its normalizer looks for '\(a\+\)\+\$', and it"),
        (split(pattern={"Regex": "(a|a)*b"}), "its pre_tokenizer looks for"),
        (split(pattern={"String": ""}), "its pre_tokenizer looks for nothing"),
        (first(*[replacing("aa", String="a")] * 7), "it makes a text more than 64 times as long"),
        (first(*[replacing("a" * 9, Regex=".")] * 2), "it makes a text more than 64 times"),
        (first(replacing("a" * 129, String="a")), "its normalizer puts in 129 characters at once"),
        (first({"type": "Prepend", "prepend": "x" * 129}), "puts in 129 characters at once"),
        (first(*[{"type": "NFKC"}] * 65), "its normalizer has more than 64 steps"),
        (first(table([0, 2**20 << 10], b"a\0")), "its table of characters leads out of itself"),
        (
            first(table([256 | (1 << 10), 99], b"a\0")),
            "its table of characters leads out of itself",
        ),
        (first(table([], b"a" * 200 + b"\0")), "its table of characters puts in 200 bytes at once"),
        (first(table([], b"a")), "its table of characters is broken"),
        (
            first({"type": "Precompiled", "precompiled_charsmap": None}),
            "table of characters is bro",
        ),
        (first({"type": "Precompiled", "precompiled_charsmap": "AAA"}), "Incorrect padding"),
        (
            lambda said: said.update(pre_tokenizer={"type": "FixedLength", "length": 0}),
            "its pre_tokenizer cuts texts into pieces of no length",
        ),
        (added(id=2**31), "it adds a piece with the id 2147483648"),
        (added(id=-1), "it adds a piece with the id -1"),
        (added(content=""), "one of its added pieces has not 1 to 500 characters"),
        (added(content="x" * 501), "one of its added pieces has not 1 to 500 characters"),
        (lambda said: said.update(added_tokens=None), "it has no list of at most 20,000 added"),
        (around(single=[{}] * 257), "it puts more than 256 pieces around a text"),
        (around(special_tokens={"x": {"ids": [2**31]}}), "it puts around a text a piece with the"),
        (lambda said: said.update(model=None), "it is no object with a model in it"),
        (lambda said: said.update(model={"dropout": 0.5}), "a text is never cut alike"),
        (lambda said: said.update(model={"vocab": {"a": 2**23}}), "it knows a piece with the id"),
        (lambda said: said["model"].update(vocab=[["x" * 501, 0.0]]), "more than 500 characters"),
        (lambda said: said.update(more="x" * 2**20), "all that is no vocabulary has more than"),
    ],
)
def test_what_would_hang_grow_or_break_is_refused(plain: str, spoil: Spoils, why: str) -> None:
    said = json.loads(plain)
    spoil(said)
    with pytest.raises(ValueError, match=why):
        check(json.dumps(said))


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="it is nested too deep"):
        check("[" * 100_000)


def test_what_stands_twice_is_refused(plain: str) -> None:
    with pytest.raises(ValueError, match="one of its keys stands twice"):
        check(plain.rstrip()[:-1] + ', "model": {}}')
