from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.readers.parallel import aligned, parallel
from adapterstilts.tasks.readers.reader import Record, Request
from adapterstilts.tasks.registry import TASKS

TATOEBA = TASKS.get("tatoeba")


def request(**others: bool) -> Request:
    return Request(task=TATOEBA, language="de", split="test", **others)


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str, str], tuple[Path, Path]]:
    def of(english: str, german: str) -> tuple[Path, Path]:
        paths = tmp_path / "tatoeba" / "de-en.en", tmp_path / "tatoeba" / "de-en.de"
        paths[0].parent.mkdir(exist_ok=True)
        for path, text in zip(paths, (english, german), strict=True):
            path.write_bytes(text.encode())
        return paths

    return of


def test_a_row_is_a_line_of_both_files(files: Callable[..., tuple[Path, Path]]) -> None:
    rows = list(parallel(files("A cat.\nA\u2028dog. \n", "Eine Katze.\r\nEin Hund."), request()))
    assert rows == [
        {
            "id": "0",
            "place": "tatoeba/de-en.en:1",
            "query": "A cat.",
            "candidate": "Eine Katze.",
            "match": "0",
        },
        {
            "id": "1",
            "place": "tatoeba/de-en.en:2",
            "query": "A\u2028dog.",
            "candidate": "Ein Hund.",
            "match": "1",
        },
    ]


def test_without_labels_nobody_knows_the_match(files: Callable[..., tuple[Path, Path]]) -> None:
    paths = files("A cat.\n", "Ein Hund.\n")
    assert [row["match"] for row in parallel(paths, request(labelled=False))] == [None]


@pytest.mark.parametrize(
    ("english", "german", "message"),
    [
        ("a\nb\n", "c\n", r"^tatoeba/de-en\.en:2: tatoeba/de-en\.de has no such line"),
        ("a\n", "c\nd\n", r"^tatoeba/de-en\.de:2: tatoeba/de-en\.en has no such line"),
        ("a\n \n", "c\nd\n", r"^tatoeba/de-en\.en:2: an empty line"),
        ("a\nb\n", "\nd\n", r"^tatoeba/de-en\.de:1: an empty line"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(
    files: Callable[..., tuple[Path, Path]], english: str, german: str, message: str
) -> None:
    with pytest.raises(StiltsError, match=message):
        list(parallel(files(english, german), request()))


def test_a_record_of_the_hub_loses_its_line_ends() -> None:
    asked = Request(
        task=TATOEBA,
        language="de",
        split="test",
        columns={"query": "target_sentence", "candidate": "source_sentence"},
    )
    values = {"source_sentence": "Ja.\n", "target_sentence": "Yes.\n", "target_lang": "eng"}
    (row,) = aligned(Record(values=values, place="google/xtreme row 7", number=7), asked)
    assert (row["id"], row["match"]) == ("7", "7")
    assert (row["query"], row["candidate"]) == ("Yes.", "Ja.")
    empty = Record(
        values={**values, "target_sentence": "\n"}, place="google/xtreme row 8", number=8
    )
    with pytest.raises(StiltsError, match=r"^google/xtreme row 8: target_sentence is empty"):
        list(aligned(empty, asked))
