"""Files are planned before they are written."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.folder import copying, files


def test_every_kind_of_file_is_as_large_as_was_said(tmp_path: Path) -> None:
    save_file({"a.b.c": np.arange(5)}, tmp_path / "weights")
    (tmp_path / "other").write_bytes(b"\r\n\0")
    every = files.in_order(
        [
            files.of_text("z/é.json", "ü\n"),
            files.of_weights("b/w.safetensors", tmp_path / "weights", copying.module("b", "x")),
            files.of_file("a", tmp_path / "other"),
        ]
    )
    files.write(every, tmp_path / "out")

    assert [each.name for each in every] == ["a", "b/w.safetensors", "z/é.json"]
    assert [(tmp_path / "out" / each.name).stat().st_size for each in every] == [
        each.size for each in every
    ]
    assert (tmp_path / "out" / "z" / "é.json").read_bytes() == "ü\n".encode()
    assert (tmp_path / "out" / "a").read_bytes() == b"\r\n\0"
    assert [*load_file(tmp_path / "out" / "b" / "w.safetensors")] == ["a.x.c"]


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(StiltsError, match="two files of what is published would have one name"):
        files.in_order([files.of_text("a", "one"), files.of_text("a", "two")])


def test_a_copy_is_no_link_to_what_the_store_has(tmp_path: Path) -> None:
    (tmp_path / "stored").write_bytes(b"whole")
    files.write([files.of_file("copy", tmp_path / "stored")], tmp_path)

    (tmp_path / "copy").write_bytes(b"broken")

    assert (tmp_path / "stored").read_bytes() == b"whole"
