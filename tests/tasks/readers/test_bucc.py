from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.bucc import bucc
from adapterstilts.tasks.readers.reader import Request
from adapterstilts.tasks.registry import TASKS

Files = Callable[..., list[Path]]


def request(**others: bool) -> Request:
    return Request(task=TASKS.get("bucc2018"), language="de", split="dev", **others)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    def of(german: str, english: str, gold: str | None = None) -> list[Path]:
        texts = {"de": german, "en": english} | ({} if gold is None else {"gold": gold})
        paths = []
        for end, text in texts.items():
            path = tmp_path / f"de-en.dev.{end}"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return paths

    return of


def test_both_sides_come_with_their_ids_and_targets(files: Files) -> None:
    paths = files("d1\tHund\nd2\tKatze\n", "e1\tcat\te\ne2\tdog\n", "d2\te1\nd2\te2\n")
    rows = list(bucc(paths, request()))
    assert [(row["id"], row["text"], row["side"], row["targets"]) for row in rows] == [
        ("d1", "Hund", "source", []),
        ("d2", "Katze", "source", ["e1", "e2"]),
        ("e1", "cat\te", "target", []),
        ("e2", "dog", "target", []),
    ]
    assert rows[2]["place"].endswith("/de-en.dev.en:1")


def test_without_a_gold_file_no_targets_are_known(files: Files) -> None:
    rows = list(bucc(files("d1\tHund\n", "e1\tdog\n"), request(labelled=False)))
    assert [row["targets"] for row in rows] == [None, None]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (("d1 Hund\n", "e1\tdog\n", "d1\te1\n"), r"de-en\.dev\.de:1: no tab where an id and"),
        (("d1\t\n", "e1\tdog\n", "d1\te1\n"), r"de-en\.dev\.de:1: nothing where an id and"),
        (("d1\tA\nd1\tB\n", "e1\tC\n", "d1\te1\n"), r"de:2: the id d1 is that of .*de:1"),
        (("d1\tHund\n", "e1\tdog\n", "d1\te2\n"), r"gold:1: there is no sentence e2"),
        (("d1\tHund\n", "e1\tdog\n", "d2\te1\n"), r"gold:1: there is no sentence d2"),
        (("d1\tHund\n", "e1\tdog\n", "d1\n"), r"gold:1: no tab where the ids of a pair"),
        (("d1\tHund\n", "e1\tdog\n", ""), r"gold has no pair"),
        (("d1\tHund\n\nd2\tKatze\n", "e1\tdog\n", "d1\te1\n"), r"de:2: an empty line"),
    ],
)
def test_what_is_broken_is_refused_with_its_place(
    files: Files, texts: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(StiltsError, match=message):
        list(bucc(files(*texts), request()))
