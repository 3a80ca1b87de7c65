import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import encoding
from adapterstilts.tasks.formats.format import Encoded

SAMPLE = Encoded(
    examples=[{"id": "a", "reference": "ja\u2028nein"}, {"id": "b", "reference": ["你", ""]}],
    features={"input_ids": [[0, 5, 2], [0, 2], [0, 6, 7, 2]], "labels": [[1], [-100], [0]]},
    owner=[0, 0, 1],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    encoding.write(SAMPLE, tmp_path)
    return tmp_path


def change(folder: Path, name: str, values: list[int] | None) -> None:
    path = folder / encoding.FEATURES
    tensors = load_file(path)
    if values is None:
        del tensors[name]
    else:
        tensors[name] = np.asarray(values, dtype=np.int32)
    save_file(tensors, path)


def test_what_was_written_is_read(folder: Path) -> None:
    assert encoding.read(folder) == SAMPLE


@given(
    rows=st.lists(st.lists(st.integers(-100, 2**31 - 1), max_size=5), max_size=6),
    reference=st.text(st.characters(codec="utf-8")),
)
def test_any_split_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], reference: str
) -> None:
    folder = tmp_path_factory.mktemp("split")
    encoded = Encoded(
        examples=[{"id": str(number), "reference": reference} for number in range(len(rows))],
        features={"input_ids": rows, "labels": [[] for _ in rows]},
        owner=list(range(len(rows))),
    )
    encoding.write(encoded, folder)
    assert encoding.read(folder) == encoded


def test_two_writings_are_equal_byte_for_byte(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    encoding.write(SAMPLE, again)
    for name in (encoding.EXAMPLES, encoding.FEATURES):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", [encoding.EXAMPLES, encoding.FEATURES])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(StiltsError, match=rf"broken artifact .*{name}.*run again"):
        encoding.read(folder)


@pytest.mark.parametrize("name", [encoding.EXAMPLES, encoding.FEATURES])
@pytest.mark.parametrize("kept", [0, 1, 40])
def test_a_truncated_file_is_refused(folder: Path, name: str, kept: int) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StiltsError, match="broken artifact"):
        encoding.read(folder)


def test_lines_that_are_not_utf_8_are_refused(folder: Path) -> None:
    (folder / encoding.EXAMPLES).write_bytes(b"\xff\xfe\n")
    with pytest.raises(StiltsError, match="broken artifact"):
        encoding.read(folder)


def test_another_version_is_refused(folder: Path) -> None:
    path = folder / encoding.EXAMPLES
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[0] = json.dumps({**encoding.HEADER, "version": 2})
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(StiltsError, match=r"'version': 2.* where .*'version': 1.* belongs"):
        encoding.read(folder)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("owner", None, "no tensor 'owner'"),
        ("owner", [0, 1, 0], "belong to other examples"),
        ("owner", [0, 0, 0], "belong to other examples"),
        ("owner", [0, 1, 2], "belong to other examples"),
        ("owner", [0, 1], "do not fit together"),
        ("input_ids", [0, 5, 2], "'input_ids' and its lengths"),
        ("labels.lengths", None, "'labels' and its lengths"),
        ("labels.lengths", [1, 1], "'labels' and its lengths"),
        ("labels.lengths", [2, 2, -1], "'labels' and its lengths"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(
    folder: Path, name: str, values: list[int] | None, reason: str
) -> None:
    change(folder, name, values)
    with pytest.raises(StiltsError, match=reason):
        encoding.read(folder)
