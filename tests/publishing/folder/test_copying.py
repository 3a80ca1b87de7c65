"""Weights are copied under other names, a piece at a time."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.folder import copying

NAMES = st.text("abcxyz.-_", min_size=1, max_size=12).map(lambda text: f"layer.old.{text}")
SHAPES = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@given(shapes=st.dictionaries(NAMES, SHAPES, min_size=1, max_size=6))
def test_every_number_is_the_same_under_its_new_name(
    shapes: dict[str, tuple[int, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("renaming")
    held = {
        name: np.full(shape, place, dtype=np.float32)
        for place, (name, shape) in enumerate(shapes.items())
    }
    save_file(held, folder / "old.safetensors")

    rename = copying.module("old", "much-longer-than-it-was")
    copying.copy(folder / "old.safetensors", folder / "new.safetensors", rename)

    found = load_file(folder / "new.safetensors")
    assert found.keys() == {rename(name) for name in held}
    assert all(np.array_equal(found[rename(name)], value) for name, value in held.items())
    size = copying.size(folder / "old.safetensors", rename)
    assert size == (folder / "new.safetensors").stat().st_size


def test_what_has_no_name_any_more_is_left_out_with_its_bytes(tmp_path: Path) -> None:
    held = {f"layer.{n}.weight": np.full((2, 3), n, dtype=np.float32) for n in range(4)}
    save_file(held, tmp_path / "old.safetensors")

    def rename(name: str) -> str:
        return "" if ".1." in name else name

    copying.copy(tmp_path / "old.safetensors", tmp_path / "new.safetensors", rename)

    found = load_file(tmp_path / "new.safetensors")
    assert {name: float(value.mean()) for name, value in found.items()} == {
        f"layer.{n}.weight": n for n in (0, 2, 3)
    }
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("old", "new")]
    assert sizes[0] - sizes[1] >= 24
    assert sizes[1] == copying.size(tmp_path / "old.safetensors", rename)


def test_of_what_somebody_wrote_beside_the_tensors_only_their_format_is_kept(
    tmp_path: Path,
) -> None:
    about = {"format": "pt", "trained_by": "somebody", "at": "/home/somebody"}
    save_file({"a": np.zeros(2)}, tmp_path / "old.safetensors", metadata=about)

    copying.copy(tmp_path / "old.safetensors", tmp_path / "new.safetensors")

    with safe_open(tmp_path / "new.safetensors", framework="np") as opened:
        assert opened.metadata() == {"format": "pt"}
    assert b"somebody" not in (tmp_path / "new.safetensors").read_bytes()


def test_two_tensors_of_one_name_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    held = {"a.one.b": np.zeros(2), "a.two.b": np.zeros(2)}
    save_file(held, tmp_path / "old.safetensors")

    with pytest.raises(StiltsError, match=r"two tensors of .* would be called 'a\.two\.b'"):
        copying.copy(
            tmp_path / "old.safetensors",
            tmp_path / "new.safetensors",
            copying.module("one", "two"),
        )

    assert not (tmp_path / "new.safetensors").exists()


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    save_file({"a": np.zeros(9)}, tmp_path / "old.safetensors")
    content = (tmp_path / "old.safetensors").read_bytes()
    (tmp_path / "old.safetensors").write_bytes(content[:-8])

    with pytest.raises(StiltsError, match="is broken"):
        copying.copy(tmp_path / "old.safetensors", tmp_path / "new.safetensors")


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    save_file({"layer.old.weight": np.zeros(2**23, np.float32)}, tmp_path / "old.safetensors")

    tracemalloc.start()
    rename = copying.module("old", "new")
    copying.copy(tmp_path / "old.safetensors", tmp_path / "new.safetensors", rename)
    copying.same(tmp_path / "old.safetensors", tmp_path / "copy.safetensors")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (tmp_path / "new.safetensors").stat().st_size > 2**25
    assert most < 2**23
