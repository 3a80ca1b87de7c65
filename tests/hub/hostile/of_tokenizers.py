"""Backbones whose tokenizers would hang, grow, or stop what reads a text with them."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.hub.hostile.case import Case, Spoil, told, written

_FILE = "tokenizer.json"
_STEP = {"type": "NFKC"}


def cases() -> Iterator[Case]:
    """Yield backbones that are hostile in how they cut texts."""
    for name, spoil in _SPOILT.items():
        yield Case(name=f"backbone: a tokenizer {name}", layout="backbone", spoil=spoil)


def _with(**parts: Any) -> Spoil:
    """Return what puts parts into a tokenizer's file."""

    def spoil(folder: Path) -> None:
        written(folder / _FILE, {**told(folder / _FILE), **parts})

    return spoil


def _first(*steps: Any) -> Spoil:
    return _with(normalizer={"type": "Sequence", "normalizers": list(steps)})


def _replacing(content: str, **pattern: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def _splitting(pattern: str) -> Spoil:
    how = {"behavior": "Isolated", "invert": False}
    return _with(pre_tokenizer={"type": "Split", "pattern": {"Regex": pattern}, **how})


def _table(content: Any) -> Spoil:
    said = base64.b64encode(content).decode() if isinstance(content, bytes) else content
    return _first({"type": "Precompiled", "precompiled_charsmap": said})


def _adding(**values: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        said = told(folder / _FILE)
        more = {**said["added_tokens"][0], "content": "<evil>", **values}
        written(folder / _FILE, {**said, "added_tokens": [*said["added_tokens"], more]})

    return spoil


def _words(**values: Any) -> Spoil:
    control = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4}
    said = {"type": "WordLevel", "vocab": control, "unk_token": "<unk>"}
    return _with(model={**said, **values, "vocab": {**control, **values.get("vocab", {})}})


_SPOILT: Mapping[str, Spoil] = {
    "that looks for what repeats within itself": _splitting("(a+)+$"),
    "that looks for words for ever": _first(_replacing(" ", Regex=r"(\w+\s?)+$")),
    "that looks for what may be two things": _splitting("(?:a|a)*b"),
    "that looks for many things in a row": _splitting(".*.*.*.*.*="),
    "that refers back": _splitting(r"(.+)+\1"),
    "that calls itself": _splitting(r"(?<n>a|b\g<n>c)"),
    "that counts to a milliard": _splitting("(((a{1000}){1000}){1000})"),
    "that looks for a megabyte": _splitting("a" * 10**6),
    "whose pattern is none": _splitting("("),
    "that makes ten of one, ten times": _first(*[_replacing("a" * 10, String="a")] * 10),
    "that puts in a megabyte": _first({"type": "Prepend", "prepend": "x" * 10**6}),
    "that puts something between all": _first(_replacing("x" * 99, String="")),
    "of 10,000 steps": _first(*[_STEP] * 10_000),
    "of steps within steps": _with(
        normalizer={"type": "Sequence", "normalizers": [[[[[[_STEP]]]]]] * 100}
    ),
    "with a table of nothing": _table(b""),
    "with a table of ones": _table(b"\xff" * 100),
    "with a table that leads out of itself": _table(
        (1024).to_bytes(4, "little") + b"\xff\xff\xff\x3f" * 256 + b"a\0"
    ),
    "with a table of gigabytes": _table((2**31).to_bytes(4, "little") + bytes(100)),
    "with a number for a table": _table(5),
    "that cuts texts into nothing": _with(pre_tokenizer={"type": "FixedLength", "length": 0}),
    "with a piece of a great id": _adding(id=2**31 - 1),
    "with a piece beyond the embeddings": _adding(id=10**6),
    "with a piece of a negative id": _adding(id=-1),
    "with a piece of no signs": _adding(content=""),
    "with a piece of a megabyte": _adding(content="a" * 10**6),
    "with words beyond the embeddings": _words(vocab={"the": 100_000}),
    "with words beyond all ids": _words(vocab={"the": 2**32 - 1}),
    "that cuts texts by chance": _words(type="BPE", merges=[], dropout=0.5),
    "that reserves all memory": _words(type="BPE", merges=[], cache_capacity=2**62, dropout=1.0),
    "that ends every text with 100,000 pieces": _with(
        post_processor={
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}] * 100_000,
            "pair": [],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
        }
    ),
}
