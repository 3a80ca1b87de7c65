"""Training rows in other languages: where they are looked for, and what is said where they lack."""

import json
import logging
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.tasks import loading, translated
from adapterstilts.tasks.origin import HubFiles, LocalFiles, MissingData, Origin
from adapterstilts.tasks.registry import TASKS
from tests.tasks import declared

MNLI, SQUAD, PANX = TASKS.get("mnli"), TASKS.get("squad"), TASKS.get("panx")


def find(folder: Path | None, language: str = "de", task: str = "mnli", **more: bool) -> Origin:
    return loading.find(TASKS.get(task), language=language, split="train", folder=folder, **more)


def pairs(count: int, **more: object) -> str:
    rows = [
        {"id": f"{n}n", "first": f"Satz {n}", "second": "Noch einer", "label": "neutral", **more}
        for n in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def write(folder: Path, text: str, language: str = "de", task: str = "mnli") -> Path:
    path = folder / translated.path(TASKS.get(task), language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_languages_are_those_that_are_declared_somewhere() -> None:
    assert {"de", "sw", "ru"} <= set(translated.translations(MNLI))
    assert translated.translations(PANX) == ()
    # XNLI is learned from MultiNLI, so it is MultiNLI that is translated.
    assert translated.translations(TASKS.get("xnli")) == ()
    assert translated.translations(TASKS.get("mlm")) == ()
    toy = TASKS.get("toy-nli")
    assert translated.translations(toy) == tuple(c for c in toy.languages if c != toy.english)


def test_a_translation_lies_under_the_name_of_its_task() -> None:
    assert translated.path(MNLI, "de") == "translated/mnli/train-de.jsonl"


def test_dev_is_english_but_of_plain_text_it_is_what_training_reads() -> None:
    assert translated.selection(MNLI, ("de", "sw")) == ("en",)
    text = TASKS.get("mlm")
    assert translated.selection(text, ("de", "sw")) == ("de", "sw")
    assert translated.selection(text, ()) == ("mul",)
    assert translated.selection(TASKS.get("toy-mlm"), ()) == ("qaa",)


def test_rows_of_a_user_are_read_in_any_language(tmp_path: Path) -> None:
    write(tmp_path, pairs(3), "gsw")
    origin = find(tmp_path, "gsw")
    loaded = loading.load(MNLI, origin, language="gsw", split="train")
    assert [row["id"] for row in loaded.rows] == ["0n", "1n", "2n"]
    assert loaded.rows[1]["place"] == "translated/mnli/train-gsw.jsonl:2"
    assert loaded.resolved["lost"] == 0
    # The folder itself may be named too.
    assert find(tmp_path / "translated", "gsw") == origin


def test_rows_of_a_user_are_read_before_those_of_a_release(tmp_path: Path) -> None:
    (layout,) = (folder for folder in declared.layouts(MNLI, "translated") if folder.name == "xnli")
    released = find(layout)
    own = tmp_path / translated.path(MNLI, "de")
    own.parent.mkdir(parents=True)
    own.write_text(pairs(2))
    (tmp_path / "XNLI-MT-1.0").symlink_to(layout / "XNLI-MT-1.0")
    found = find(tmp_path)
    assert isinstance(released, LocalFiles) and isinstance(found, LocalFiles)
    assert found.files == ("translated/mnli/train-de.jsonl",)
    assert released.identity() != found.identity()
    own.unlink()
    assert find(tmp_path).identity() == released.identity()


def test_a_folder_of_translations_alone_leaves_the_rest_to_the_hub(tmp_path: Path) -> None:
    write(tmp_path, pairs(2))
    english = loading.find(MNLI, language="en", split="train", folder=tmp_path)
    assert isinstance(english, HubFiles) and not english.translated
    inside = loading.find(MNLI, language="en", split="dev", folder=tmp_path / "translated")
    assert isinstance(inside, HubFiles)
    (tmp_path / "notes.txt").write_text("something else")
    with pytest.raises(MissingData):
        loading.find(MNLI, language="en", split="train", folder=tmp_path)


def test_the_hub_is_asked_where_no_folder_is_named() -> None:
    found = find(None, "zh", "squad")
    assert isinstance(found, HubFiles) and found.translated
    assert (found.repository.name, found.configs) == (
        "facebook/mlqa",
        ("mlqa-translate-train.zh",),
    )
    # What people have asked in Arabic is no translation, and is there for who wants it.
    own = find(None, "ar", "tydiqa", original=True)
    assert isinstance(own, HubFiles) and not own.translated
    with pytest.raises(MissingData):
        find(None, "ar", "tydiqa")
    # PAWS-X has both in one place; a row may be lost of the one and not of the other.
    both = [find(None, "de", "pawsx", original=original).identity() for original in (True, False)]
    assert both[1] == {**both[0], "translated": True}


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize(("task", "language"), [("squad", "th"), ("panx", "de"), ("mnli", "xx")])
def test_what_is_nowhere_is_told_with_where_it_could_come_from(
    folder: bool, task: str, language: str, tmp_path: Path
) -> None:
    with pytest.raises(MissingData) as caught:
        find(tmp_path if folder else None, language, task)
    message = str(caught.value)
    assert message.startswith(f"no data for {task}, train ({language}): ")
    assert f"translated/{task}/train-{{language}}.jsonl" in message
    assert "`adapterstilts translate` writes the first of them" in message
    assert ("squad.translate.train.en-{language}.json" in message) == (task == "squad")
    assert (str(tmp_path) if folder else f"--data {task}=DIR") in message


def test_parts_of_a_joined_task_are_translated_each_or_it_is_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(MissingData) as caught:
        find(None, "de", "anli-plus")
    assert {each.task for each in caught.value.absent} == {"anli", "snli"}
    write(tmp_path, pairs(2), task="anli-plus")
    plus = TASKS.get("anli-plus")
    rows = loading.rows(plus, find(tmp_path, "de", "anli-plus"), language="de", split="train")
    assert [row["id"] for row in rows] == ["0n", "1n"]


@pytest.mark.parametrize("language", ["../../etc", "d", "de/x", "*", "", "de\n"])
def test_what_is_no_code_of_a_language_reaches_no_path(language: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no code of a language"):
        find(tmp_path, language)


def test_a_few_rows_are_lost_in_silence_some_with_a_word_and_most_are_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def lost(good: int, bad: int) -> int:
        write(tmp_path, pairs(good) + pairs(bad, second="  "))
        origin = find(tmp_path)
        loaded = loading.load(MNLI, origin, language="de", split="train")
        assert len(loaded.rows) == good
        return int(loaded.resolved["lost"])

    def told() -> list[str]:
        found = [r.getMessage() for r in caplog.records if "translation" in r.getMessage()]
        caplog.clear()
        return found

    with caplog.at_level(logging.WARNING):
        assert lost(300, 2) == 2
        assert told() == []
        assert lost(30, 2) == 2
        (message,) = told()
    assert "2 of 32 rows that task 'mnli' has in translation (de) cannot be used" in message
    assert "the first is translated/mnli/train-de.jsonl:31: second is empty" in message
    with pytest.raises(StiltsError, match=r"3 of 5 rows that task 'mnli' has in translation"):
        lost(2, 3)


def test_english_rows_are_never_lost(tmp_path: Path) -> None:
    folder = tmp_path / "XNLI-MT-1.0/multinli"
    folder.mkdir(parents=True)
    text = "premise\thypo\tlabel\nA\tB\tneutral\nA\t\tneutral\n"
    (folder / "multinli.train.en.tsv").write_text(text)
    origin = loading.find(MNLI, language="en", split="train", folder=tmp_path)
    with pytest.raises(StiltsError, match="hypo is empty"):
        loading.rows(MNLI, origin, language="en", split="train")
