import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers import parquet
from tests.tasks.readers.reading import read, request_of, roles_of

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
STRING = datasets.Value("string")
PAIR = {"first": STRING, "second": STRING}


def written(folder: Path, columns: dict[str, list[Any]], features: dict[str, Any] | None) -> bytes:
    """Return a parquet file as `datasets` writes it, or one without a word on its features."""
    schema = datasets.Features(features).arrow_schema if features else None
    path = folder / "written.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=schema), path, row_group_size=2)
    return path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parquet")


@given(rows=st.lists(st.tuples(TEXTS, TEXTS, st.booleans()), min_size=1))
def test_any_text_and_label_is_read_back(folder: Path, rows: list[tuple[str, str, bool]]) -> None:
    first, second, label = (list(column) for column in zip(*rows, strict=True))
    features = {**PAIR, "label": datasets.ClassLabel(names=["no", "yes"])}
    numbers = [int(each) for each in label]
    content = written(folder, {"first": first, "second": second, "label": numbers}, features)
    expected = [(one, two, "yes" if three else "no") for one, two, three in rows]
    assert roles_of(read("parquet", folder, content)) == expected


def test_labels_are_named_so_their_order_in_a_copy_does_not_matter(tmp_path: Path) -> None:
    texts = {"first": ["a", "b"], "second": ["c", "d"]}
    for names in (["yes", "no"], ["no", "yes"]):
        features = {**PAIR, "label": datasets.ClassLabel(names=names)}
        numbers = [names.index("yes"), names.index("no")]
        found = read("parquet", tmp_path, written(tmp_path, {**texts, "label": numbers}, features))
        assert [row["label"] for row in found] == ["yes", "no"]


def test_rows_are_numbered_over_all_files_and_placed_in_theirs(tmp_path: Path) -> None:
    features = {**PAIR, "label": STRING}
    one = written(
        tmp_path, {"first": list("abc"), "second": list("abc"), "label": ["no"] * 3}, features
    )
    two = written(tmp_path, {"first": ["d"], "second": ["d"], "label": ["no"]}, features)
    found = read("parquet", tmp_path, one, two)
    assert [(row["id"], row["place"]) for row in found] == [
        ("0", "data/file row 0"),
        ("1", "data/file row 1"),
        ("2", "data/file row 2"),
        ("3", "data/file2 row 0"),
    ]


def test_a_file_of_the_hub_is_named_as_the_hub_names_it(tmp_path: Path) -> None:
    path = tmp_path / "0000.parquet"
    path.write_bytes(written(tmp_path, {"first": ["a"]}, {"first": STRING}))
    request = request_of(names={path: "facebook/xnli en/0000.parquet"})
    with pytest.raises(StiltsError, match=r"^facebook/xnli en/0000\.parquet row 0: no column 'sec"):
        list(parquet.parquet([path], request))


def named(folder: Path, feature: Any, values: list[Any]) -> list[Any]:
    """Return the values of a column with class labels somewhere in it, after naming."""
    content = written(folder, {"x": values}, {"x": feature})
    path = folder / "named.parquet"
    path.write_bytes(content)
    file = pyarrow.parquet.ParquetFile(path)
    naming = parquet._naming(file, "named")
    return [naming["x"](value, "here") for value in file.read()["x"].to_pylist()]


TAGS = datasets.ClassLabel(names=["O", "B"])


@pytest.mark.parametrize(
    ("feature", "values", "expected"),
    [
        (TAGS, [0, 1, -1, None], ["O", "B", None, None]),
        (datasets.List(TAGS), [[0, 1], [], None], [["O", "B"], [], None]),
        (datasets.Sequence(TAGS, length=2), [[0, 1]], [["O", "B"]]),
        ({"tag": TAGS, "text": STRING}, [{"tag": 1, "text": "a"}], [{"tag": "B", "text": "a"}]),
        (
            datasets.Sequence({"tag": TAGS, "text": STRING}),
            [{"tag": [1, 0], "text": ["a", "b"]}],
            [{"tag": ["B", "O"], "text": ["a", "b"]}],
        ),
        (
            datasets.List({"tag": TAGS, "text": STRING}),
            [[{"tag": 1, "text": "a"}]],
            [[{"tag": "B", "text": "a"}]],
        ),
    ],
)
def test_class_labels_are_named_wherever_they_are(
    tmp_path: Path, feature: Any, values: list[Any], expected: list[Any]
) -> None:
    assert named(tmp_path, feature, values) == expected


def test_the_metadata_of_older_files_name_labels_too(tmp_path: Path) -> None:
    old = {"feature": {"tag": {"names": ["O"], "num_classes": 1, "_type": "ClassLabel"}}}
    each = parquet._named({**old, "length": -1, "id": None, "_type": "Sequence"})
    assert each and each({"tag": [0, -1]}, "here") == {"tag": ["O", None]}
    listed = parquet._named([{"names": ["O"], "_type": "ClassLabel"}])
    assert listed and listed([0], "here") == ["O"]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (datasets.Value("int64"), r"^data/file row 1: label '0' is none of yes, no"),
        (datasets.ClassLabel(names=["yes"]), r"^data/file row 1: label '.*' is none of yes, no"),
        (STRING, r"^data/file row 1: label 'maybe' is none of yes, no"),
    ],
)
def test_a_wrong_label_is_refused_with_its_row(tmp_path: Path, label: Any, message: str) -> None:
    right, wrong = ("yes", "maybe") if label == STRING else (0, -1)
    if label == datasets.Value("int64"):
        right, wrong = 0, 0
        message = message.replace("row 1", "row 0")
    content = written(
        tmp_path,
        {"first": ["a", "b"], "second": ["c", "d"], "label": [right, wrong]},
        {**PAIR, "label": label},
    )
    with pytest.raises(StiltsError, match=message):
        read("parquet", tmp_path, content)


def test_a_label_beyond_those_that_the_file_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match=r"^here: 5 is none of the 2 labels that the file names"):
        named(tmp_path, TAGS, [5])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"first": ["a", " "], "second": ["b", "b"]}, r"^data/file row 1: first is empty"),
        ({"first": ["a"]}, r"^data/file row 0: no column 'second'"),
        ({"first": ["a", None], "second": ["b", "b"]}, r"^data/file row 1: first is None where"),
    ],
)
def test_a_row_that_is_not_as_it_should_be_is_refused(
    tmp_path: Path, columns: dict[str, list[Any]], message: str
) -> None:
    content = written(tmp_path, columns, dict.fromkeys(columns, STRING))
    with pytest.raises(StiltsError, match=message):
        read("parquet", tmp_path, content, labelled=False)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"<html>", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_what_is_no_parquet_is_refused_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(StiltsError, match=r"^data/file cannot be read from row 0 on .* fetch it"):
        read("parquet", tmp_path, content)


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    columns = {"first": ["a"] * 90, "second": ["b"] * 90, "label": ["no"] * 90}
    content = written(tmp_path, columns, {**PAIR, "label": STRING})
    with pytest.raises(StiltsError, match=r"^data/file cannot be read"):
        read("parquet", tmp_path, content[: len(content) // 2])


def test_broken_metadata_are_refused(tmp_path: Path) -> None:
    table = pyarrow.table({"first": ["a"]}).replace_schema_metadata({b"huggingface": b"{"})
    pyarrow.parquet.write_table(table, tmp_path / "broken.parquet")
    with pytest.raises(StiltsError, match=r"^data/file: its metadata are broken"):
        read("parquet", tmp_path, (tmp_path / "broken.parquet").read_bytes())


def test_text_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    bad = pyarrow.array([b"good", b"bad\xff"]).cast(pyarrow.string(), safe=False)
    pyarrow.parquet.write_table(pyarrow.table({"first": bad}), tmp_path / "bad.parquet")
    with pytest.raises(StiltsError, match=r"^data/file cannot be read from row 0 on .*utf-8"):
        read("parquet", tmp_path, (tmp_path / "bad.parquet").read_bytes())


def test_knowing_the_readers_imports_no_heavy_package() -> None:
    asked = (
        "import sys; from adapterstilts.tasks.registry import CONVERTERS, READERS, TASKS;"
        "assert 'parquet' in READERS and CONVERTERS.names() and TASKS.names();"
        "print([name for name in ('datasets', 'pyarrow', 'huggingface_hub')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
