"""Masked language modelling in some languages: text is read in each, dev and test of it too."""

import json
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import loading, translated
from adapterstilts.tasks.origin import HubFiles, LocalFiles, MissingData
from adapterstilts.tasks.registry import FORMATS, TASKS
from tests.hub.server import Hub
from tests.tasks import declared

MLM = TASKS.get("mlm")
SPLITS = ("train", "dev", "test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with text in three languages, each line telling which."""
    for code in ("de", "sw", "ta"):
        lines = (f"{code} line {number}" for number in range(400))
        (tmp_path / f"{code}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def texts(folder: Path, language: str, split: str) -> list[str]:
    origin = loading.find(MLM, language=language, split=split, folder=folder)
    rows = loading.rows(MLM, origin, language=language, split=split)
    return [row["text"] for row in rows]


def test_each_language_has_its_own_training_rows_and_dev(folder: Path) -> None:
    for code in ("de", "sw"):
        every = [text for split in SPLITS for text in texts(folder, code, split)]
        assert sorted(every) == sorted(f"{code} line {number}" for number in range(400))
        assert texts(folder, code, "dev")


def test_mul_is_all_that_there_is_and_nothing_else(folder: Path) -> None:
    for split in SPLITS:
        apart = [text for code in ("de", "sw", "ta") for text in texts(folder, code, split)]
        assert texts(folder, "mul", split) == apart
    assert MLM.english == "mul"


def test_text_is_no_translation_and_none_of_it_is_lost(folder: Path) -> None:
    assert not FORMATS.get("masked_lm").labelled
    assert all(FORMATS.get(name).labelled for name in FORMATS if name != "masked_lm")
    origin = loading.find(MLM, language="sw", split="train", folder=folder)
    assert isinstance(origin, LocalFiles) and not origin.translated
    assert not translated.is_translated(MLM, "sw", "train")
    loaded = loading.load(MLM, origin, language="sw", split="train")
    assert "lost" not in loaded.resolved
    (folder / "sw.txt").write_bytes(b"whole\n\xff broken\n")
    origin = loading.find(MLM, language="sw", split="train", folder=folder)
    with pytest.raises(StiltsError, match="is not UTF-8"):
        loading.load(MLM, origin, language="sw", split="train")


def test_a_translation_of_a_user_is_not_taken_for_text(folder: Path) -> None:
    path = folder / "translated/mlm/train-fr.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"id": "1", "text": "une ligne"}) + "\n")
    (folder / "translated/mlm/train-de.jsonl").write_text("never read\n")
    assert "de line 3" in [text for split in SPLITS for text in texts(folder, "de", split)]
    with pytest.raises(MissingData):
        texts(folder, "fr", "train")


def test_a_language_without_a_file_is_missing(folder: Path) -> None:
    with pytest.raises(MissingData, match=r"mlm, train \(fi\)"):
        loading.find(MLM, language="fi", split="train", folder=folder)


def test_wikipedia_is_read_in_one_language_with_dev_of_the_same(hub: Hub) -> None:
    assert MLM.data.hub is not None
    hub.push(MLM.data.hub.repository, declared.repository(MLM))
    for split in SPLITS:
        origin = loading.find(MLM, language="sw", split=split, folder=None)
        assert isinstance(origin, HubFiles)
        assert (origin.configs, origin.splits) == (("20231101.sw",), ("train",))
        wanted = declared.expected(MLM, "hub")["sw"].get(split, [])
        rows = loading.rows(MLM, origin, language="sw", split=split)
        assert [row["text"] for row in rows] == [row["text"] for row in wanted]
    everywhere = loading.find(MLM, language="mul", split="train", folder=None)
    assert isinstance(everywhere, HubFiles)
    assert len(everywhere.configs) == len(MLM.languages) - 1


def test_toy_text_has_every_language_in_every_split() -> None:
    toy = TASKS.get("toy-mlm")
    assert (toy.english, set(toy.splits)) == ("qaa", set(SPLITS))
    assert translated.selection(toy, ("qab", "qac")) == ("qab", "qac")
    assert translated.translations(toy) == ()
