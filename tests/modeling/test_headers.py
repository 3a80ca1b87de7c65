"""Headers and configurations that are cut, doubled, or say of themselves what is not so."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.headers import DOCUMENT, LONGEST, Held, document, tensors


def packed(header: Any, data: bytes = b"") -> bytes:
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return len(text).to_bytes(8, "little") + text + data


def one(**other: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8], **other}


def test_every_tensor_is_told_with_its_type_and_shape(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    state = {"b.weight": torch.zeros(3, 2), "a": torch.zeros(()), "c": torch.zeros(0, 4)}
    save_file({**state, "half": torch.zeros(5).half()}, path, metadata={"format": "pt"})
    found = tensors(path)
    assert found["b.weight"] == Held(dtype="F32", shape=(3, 2))
    assert found["half"] == Held(dtype="F16", shape=(5,))
    assert [found[name].numbers for name in ("b.weight", "a", "c")] == [6, 1, 0]
    assert found.keys() == {*state, "half"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "cut short, or no file of safetensors"),
        (b"PK\x03\x04 a pickle of torch", "cut short, or no file of safetensors"),
        (save({"a": torch.zeros(4)})[:-1], "it should have"),
        (save({"a": torch.zeros(4)}) + b"more", "it should have"),
        (packed({"a": one()}, bytes(8))[:20], "cut short"),
        (packed("{"), "its header cannot be read"),
        (packed("[" * 100_000), "its header cannot be read"),
        (packed([1]), "its header is no table"),
        (packed("\n {}"), "its header does not begin as one"),
        (packed({f"{number}": one() for number in range(20_001)}), "it has 20,001 tensors"),
        (packed('{"a": 1, "a": 2}'), "'a' stands twice"),
        (packed({"a": 1}), "'a' is of no known type"),
        (packed({"a": one(dtype="F31")}, bytes(8)), "'a' is of no known type"),
        (packed({"a": one(dtype=["F32"])}, bytes(8)), "'a' is of no known type"),
        (packed({"a": one(extra=1)}, bytes(8)), "'a' is of no known type"),
        (packed({"a": one(shape=[2, -1])}, bytes(8)), "no shape and place of whole numbers"),
        (packed({"a": one(shape=[2, 1.0])}, bytes(8)), "no shape and place of whole numbers"),
        (packed({"a": one(data_offsets=[0])}, bytes(8)), "no shape and place of whole numbers"),
        (packed({"a": one(shape=[2**40, 2**40])}, bytes(8)), "does not fit its 8 bytes"),
        (packed({"a": one(), "b": one()}, bytes(8)), "'b' is not where the one before it ends"),
        (packed({"a": one(data_offsets=[8, 16])}, bytes(16)), "not where the one before"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(
        StiltsError, match=rf"a.safetensors is broken: .*{why}.*save or fetch it again"
    ):
        tensors(path)


def test_a_header_that_claims_too_much_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as stream:
        stream.write((LONGEST + 1).to_bytes(8, "little"))
        stream.truncate(LONGEST + 100)
    with pytest.raises(StiltsError, match=f"its header claims {LONGEST + 1} bytes"):
        tensors(path)


def test_a_configuration_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"a": {"b": [1, 2.5, null]}}')
    assert document(path) == {"a": {"b": [1, 2.5, None]}}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"a": 1, "a": 1}', r"is not JSON \('a' stands twice\)"),
        (b'{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b'{"a": "\xff"}', "is not JSON"),
        (b'{"a": ' + b"[" * 100_000, "is not JSON"),
        (b"{}" + b" " * DOCUMENT, "it has more than"),
    ],
)
def test_a_configuration_that_can_be_read_in_two_ways_is_refused(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(content)
    with pytest.raises(StiltsError, match=rf"c.json .*{why}|c.json {why}"):
        document(path)
    with pytest.raises(StiltsError, match="is not JSON"):
        document(tmp_path / "none.json")
