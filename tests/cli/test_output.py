import json
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import pytest

from adapterstilts.cli.output import Output, count, duration, folder_size, plain, size


class Shape(str, Enum):
    ROUND = "round"


@dataclass(frozen=True, kw_only=True)
class Cake:
    shape: Shape
    eggs: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Shape.ROUND, "round"),
        (Cake(shape=Shape.ROUND, eggs=(1, 2)), {"shape": "round", "eggs": [1, 2]}),
        (MappingProxyType({"a": (Path("x"),)}), {"a": ["x"]}),
        (OrderedDict(b=1), {"b": 1}),
        ({"z", "a"}, ["a", "z"]),
        ("text", "text"),
        (None, None),
        (1.5, 1.5),
    ],
)
def test_plain_is_what_json_has(value: object, expected: object) -> None:
    assert plain(value) == expected
    assert json.loads(json.dumps(plain(value))) == expected


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (2_200_000, "2.2 MB"),
        (3_000_000_000_000, "3000.0 GB"),
    ],
)
def test_bytes_are_said_as_people_say_them(number: int | None, said: str) -> None:
    assert size(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 00 s"),
        (60, "1 min 00 s"),
        (119.6, "2 min 00 s"),
        (3599.7, "1 h 00 min"),
        (7380, "2 h 03 min"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


def test_one_stage_and_two_stages() -> None:
    assert [count(n, "stage") for n in (0, 1, 2000)] == ["0 stages", "1 stage", "2,000 stages"]


def test_with_json_people_read_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=True)
    output.line("to a person")
    output.table(("a", "b"), [(1, None)], title="title", right=("b",))
    output.document({"x": Path("y")})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"x": "y"}
    assert "to a person" in err
    assert "title" in err


def test_without_json_there_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=False)
    output.line("to a person")
    output.document({"x": 1})
    assert capsys.readouterr() == ("to a person\n", "")


def test_no_number_that_json_lacks_is_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Output(as_json=True).document(float("nan"))


def test_cells_are_text_and_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).table(("a",), [("[bold]x[/bold]",), ("[/oops]",)])
    out = capsys.readouterr().out
    assert "[bold]x[/bold]" in out
    assert "[/oops]" in out


def test_a_name_that_is_wider_than_its_column_is_broken_and_never_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = "+".join(f"translated(toy-nli,q{letter}{letter})" for letter in "abcdefghij")
    Output(as_json=False).table(("source", "n"), [(name, 1)], right=("n",))
    out = capsys.readouterr().out
    assert "…" not in out
    assert name in "".join(line.split(" ")[0] for line in out.splitlines()[1:])


def test_a_folder_weighs_what_its_files_weigh(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "inner" / "b").write_bytes(b"123")
    assert folder_size(tmp_path) == 8
