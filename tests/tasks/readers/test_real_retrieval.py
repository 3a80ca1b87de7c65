"""Every retrieval file that is there in its real form, through the declarations."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from adapterstilts.tasks import loading
from adapterstilts.tasks.formats.format import Asked, Encoded
from adapterstilts.tasks.formats.mining import FORMAT, SIDES
from adapterstilts.tasks.metrics import score
from adapterstilts.tasks.readers.bucc import _pairs
from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.registry import METRICS, TASKS
from tests.tasks.test_formats_contract import predictions

SIZES = {"de": 1000, "sw": 390, "tl": 1000, "zh": 1000, "he": 1000, "jv": 205}
GOLD = {"de": 1038, "fr": 929, "ru": 2374, "zh": 257}
WIDTH = 384


@pytest.fixture(scope="module")
def data() -> Path:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    if not root:
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds real/download/bucc2018")
    return Path(root) / "real"


def rows(name: str, language: str, split: str, folder: Path) -> list[Row]:
    task = TASKS.get(name)
    origin = loading.find(task, language=language, split=split, folder=folder)
    return loading.rows(task, origin, language=language, split=split)


@pytest.mark.parametrize("language", ["de", "sw", "tl", "zh"])
def test_xtremes_tatoeba_has_as_many_lines_as_it_should(data: Path, language: str) -> None:
    found = rows("tatoeba", language, "test", data / "download")
    assert len(found) == SIZES[language]
    assert {row["match"] for row in found} == {None}
    queries = [row["query"] for row in found]
    assert queries == sorted(queries)


@pytest.mark.parametrize("language", ["he", "jv"])
def test_lasers_tatoeba_is_aligned(data: Path, language: str) -> None:
    for folder in (data / "raw", data / "raw" / "tatoeba-laser"):
        found = rows("tatoeba", language, "test", folder)
        assert len(found) == SIZES[language]
        assert [row["match"] for row in found] == [row["id"] for row in found]
        assert [row["query"] for row in found] != sorted(row["query"] for row in found)


@pytest.mark.parametrize("language", list(GOLD))
def test_every_gold_file_of_bucc_is_read(data: Path, language: str) -> None:
    asked = Request(task=TASKS.get("bucc2018"), language=language, split="dev")
    pairs = _pairs(data / "download" / "bucc2018" / f"{language}-en.dev.gold", asked)
    assert sum(len(targets) for targets in pairs.values()) == GOLD[language]


@pytest.fixture(scope="module")
def chinese(data: Path) -> list[Row]:
    return rows("bucc2018", "zh", "dev", data / "download")


def test_the_chinese_sample_of_bucc_is_whole(chinese: list[Row]) -> None:
    counts = [sum(row["side"] == side for row in chinese) for side in SIDES]
    assert counts == [8624, 13589]
    assert sum(len(row["targets"]) for row in chinese) == GOLD["zh"]


def test_mining_the_chinese_sample_walks_from_end_to_end(chinese: list[Row]) -> None:
    """Vectors of what both languages write alike: names, numbers, letters. Weak, but no chance."""
    texts = [row["text"].strip() for row in chinese]
    first: dict[tuple[str, str], int] = {}
    encoded = Encoded(
        examples=[{"id": row["id"], "reference": row["targets"]} for row in chinese],
        features={
            "side": [[SIDES.index(row["side"])] for row in chinese],
            "same": [
                [first.setdefault((row["side"], text), number)]
                for number, (row, text) in enumerate(zip(chinese, texts, strict=True))
            ],
        },
        owner=list(range(len(chinese))),
    )
    vectors = np.zeros((len(texts), WIDTH), np.float32)
    for place, text in enumerate(texts):
        for gram in grams(text):
            vectors[place, hash_of(gram) % WIDTH] += 1
    frequency = (vectors > 0).sum(axis=0) + 1
    asked = Asked(encoded=encoded, outputs=list(vectors * np.log(len(texts) / frequency)))
    found = list(FORMAT.answers(TASKS.get("bucc2018"), asked, dev=asked))
    some = Encoded(examples=[dict(example) for example, _ in found], features={}, owner=[])
    answers = predictions(some, [answer for _, answer in found])
    targets = [target for _, answer in found for target in answer]
    assert len(targets) == len(set(targets))
    # By chance it would be below 0.1.
    assert score(METRICS.get("bucc_f1"), answers) > 1


def grams(text: str) -> Iterator[str]:
    """Yield the runs of three letters or digits that are written alike in both languages."""
    kept = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in text.lower())
    for word in kept.split():
        padded = f" {word} "
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def hash_of(gram: str) -> int:
    return sum(ord(sign) * 131**place for place, sign in enumerate(gram))
