import json
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.formats.format import POOL
from adapterstilts.tasks.readers.mewslix import mewslix
from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.registry import TASKS

TEXT = "Snow fell. The {old} Oslo  {tram} stopped at\nOslo. All {got} out."
FIRST, SECOND = TEXT.index("Oslo"), TEXT.rindex("Oslo")
BREAK = TEXT.index(" All")
SENTENCES = [
    {"start": 0, "end": 10},
    {"start": 11, "end": BREAK},
    {"start": BREAK + 1, "end": len(TEXT)},
]


def mention(start: int, **others: Any) -> dict[str, Any]:
    span = {"start": start, "end": start + 4, "text": "Oslo"}
    return {"example_id": "m1", "entity_id": "Q585", "mention_span": span, **others}


def article(*mentions: dict[str, Any], **context: Any) -> dict[str, Any]:
    values = {"language": "en", "text": TEXT, "sentence_spans": SENTENCES, **context}
    return {"context": values, "mentions": list(mentions)}


def entity(**others: Any) -> dict[str, Any]:
    values = {"entity_id": "Q585", "description": "Oslo is a  city.", "sentence_spans": []}
    return {**values, **others}


def read(folder: Path, *documents: Any, split: str = "dev", labelled: bool = True) -> list[Row]:
    path = folder / "mentions.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in documents), encoding="utf-8")
    asked = Request(task=TASKS.get("mewslix"), language="en", split=split, labelled=labelled)
    return list(mewslix([path], asked))


def test_a_mention_is_marked_in_its_sentence_and_put_before_it(tmp_path: Path) -> None:
    """Braces of the text are no marks, and of three spaces two are left, as in the baseline."""
    rows = read(tmp_path, article(mention(FIRST), mention(SECOND, example_id="m2")))
    assert [row["text"] for row in rows] == [
        "Oslo: The (old) { Oslo }  (tram) stopped at Oslo.",
        "Oslo: The (old) Oslo (tram) stopped at { Oslo } .",
    ]
    assert [row["id"] for row in rows] == ["m1", "m2"]
    assert rows[0]["targets"] == ["Q585"]
    assert rows[0]["place"].endswith("mentions.jsonl:1")


def test_articles_in_other_languages_are_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, article(mention(FIRST), language="tr")) == []


def test_a_stripped_mention_has_no_target(tmp_path: Path) -> None:
    some = article(mention(FIRST, entity_id=""))
    assert [row["targets"] for row in read(tmp_path, some, labelled=False)] == [None]
    with pytest.raises(StiltsError, match="'entity_id' is empty"):
        read(tmp_path, some)


def test_an_entity_is_the_sentences_of_its_description(tmp_path: Path) -> None:
    text = "Oslo is a city.\nIt is old. Also this"
    spans = [{"start": 0, "end": 15}, {"start": 16, "end": 26}]
    rows = read(tmp_path, entity(description=text, sentence_spans=spans), entity(), split=POOL)
    assert [row["text"] for row in rows] == ["Oslo is a city. It is old.", "Oslo is a city."]
    assert rows[0]["targets"] == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (article(mention(FIRST), text=""), "the article has no text; get-mewsli-x.sh"),
        (article(mention(0)), "the text from 0 to 4 is not 'Oslo'"),
        (article(mention(400)), "no text from 400 to 404"),
        (article(mention(FIRST), sentence_spans=[{"start": 0, "end": 10}]), "is in no sentence"),
        (article({"example_id": "m1", "entity_id": "Q1"}), "no 'mention_span'"),
        ({"context": {"language": "en"}}, "the article has no text"),
        ({"mentions": []}, "no 'context'"),
        ([1], "not a JSON object"),
    ],
)
def test_what_is_broken_is_refused_with_its_line(
    tmp_path: Path, document: Any, message: str
) -> None:
    with pytest.raises(StiltsError, match=rf"mentions\.jsonl:1: .*{message}"):
        read(tmp_path, document)


def test_a_line_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mentions.jsonl"
    path.write_text("{\n", encoding="utf-8")
    asked = Request(task=TASKS.get("mewslix"), language="en", split="dev")
    with pytest.raises(StiltsError, match=r"mentions\.jsonl:1: no JSON"):
        list(mewslix([path], asked))
