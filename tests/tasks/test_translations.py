"""Every declared translation, loaded from its fixtures both ways in, through its task's format."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.tasks import loading, translated
from adapterstilts.tasks.formats.format import Row
from adapterstilts.tasks.origin import HubFiles, LocalFiles, Origin
from adapterstilts.tasks.readers.reader import Row as Found
from adapterstilts.tasks.registry import CONVERTERS, FORMATS, READERS, TASKS
from adapterstilts.tasks.task import JoinedData, Task
from adapterstilts.tasks.tokenizing import Tokenizer
from tests.hub.server import Hub, serving
from tests.tasks import declared

DECLARED = [task for task in TASKS.values() if task.translated]
ON_HUB = [task for task in DECLARED if task.translated and task.translated.hub]
each = pytest.mark.parametrize("task", DECLARED, ids=[task.name for task in DECLARED])
each_on_hub = pytest.mark.parametrize("task", ON_HUB, ids=[task.name for task in ON_HUB])


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with serving(tmp_path_factory.mktemp("hub")) as served:
        yield served


@pytest.fixture(autouse=True)
def reached(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the Hub be ours, and its cache be empty."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def loaded(task: Task, origin: Origin, language: str) -> loading.Loaded:
    if isinstance(origin, LocalFiles | HubFiles) and origin.held_out:
        origin = replace(origin, held_out=1)
    return loading.load(task, origin, language=language, split="train")


def check(task: Task, found: list[Found], wanted: list[Row], tokenizer: Tokenizer) -> None:
    """Compare rows with what must come out, and see that the task's format reads them all."""
    keep = [{"id", *task.roles} if "id" in row else set(task.roles) for row in wanted]
    rows = [
        {key: value for key, value in row.items() if key in keys}
        for row, keys in zip(found, keep, strict=True)
    ]
    assert rows == wanted
    encoded = FORMATS.get(task.format).encode(task, found, tokenizer, split="train", max_length=96)
    assert [example["id"] for example in encoded.examples] == [row["id"] for row in found]
    assert all(example["reference"] for example in encoded.examples)


@each
def test_a_declaration_names_what_there_is(task: Task) -> None:
    data = task.translated
    assert data is not None
    assert task.english not in data.languages
    assert len(set(data.languages)) == len(data.languages)
    assert data.raw
    for layout in data.raw:
        assert list(layout.files) == ["train"]
        assert "{language}" in layout.files["train"][0]
        assert layout.reader in READERS and layout.convert in CONVERTERS
    if data.hub:
        assert list(data.hub.splits) == ["train"]
        assert data.hub.convert in CONVERTERS
        assert data.hub.config or set(data.hub.configs) <= set(data.languages)
    # What is left out of the English rows is left out of their translation.
    assert data.held_out == getattr(task.data, "held_out", 0)
    assert set(declared.translations(task)[0]) <= set(data.languages)


@each_on_hub
def test_the_hub_gives_the_expected_rows(task: Task, hub: Hub, tokenizer: Tokenizer) -> None:
    assert task.translated and task.translated.hub
    there = task.translated.hub
    hub.push(there.repository, declared.repository(task, "translated"), branch=there.revision)
    rows, lost = declared.translations(task)
    for language, wanted in rows.items():
        origin = loading.find(task, language=language, split="train", folder=None)
        result = loaded(task, origin, language)
        check(task, result.rows, wanted, tokenizer)
        assert result.resolved["lost"] == lost.get("hub", {}).get(language, 0)


@each
def test_each_layout_gives_the_expected_rows(task: Task, tokenizer: Tokenizer) -> None:
    rows, lost = declared.translations(task)
    assert task.translated is not None
    read = []
    for folder in declared.layouts(task, "translated"):
        for language, wanted in rows.items():
            origin = loading.find(task, language=language, split="train", folder=folder)
            assert isinstance(origin, LocalFiles)
            result = loaded(task, origin, language)
            check(task, result.rows, wanted, tokenizer)
            assert result.resolved["lost"] == lost.get(folder.name, {}).get(language, 0)
            read.append(origin.layout)
    unread = [layout.files for layout in task.translated.raw if layout not in read]
    assert not unread, f"no fixture for {unread}"
    own = translated.own_layout(task).raw[0]
    assert own in read, "no fixture of a user's own translation"


@each
def test_every_language_that_is_declared_is_found_somewhere(task: Task, tmp_path: Path) -> None:
    assert task.translated is not None
    for language in translated.translations(task):
        for layout in task.translated.raw:
            (name,) = layout.files["train"]
            path = tmp_path / name.format(language=language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x", encoding="utf-8")
        found = loading.find(task, language=language, split="train", folder=tmp_path)
        assert isinstance(found, LocalFiles)
        assert found.layout == task.translated.raw[0]


def test_no_question_that_dev_asks_in_english_is_learned_in_translation() -> None:
    tydiqa = TASKS.get("tydiqa")
    (folder,) = (each for each in declared.layouts(tydiqa, "translated") if each.name == "xtreme")
    origin = loading.find(tydiqa, language="sw", split="train", folder=folder)
    asked = {row["id"] for row in declared.expected(tydiqa)["en"]["dev"]}
    learned = {row["id"] for row in loaded(tydiqa, origin, "sw").rows}
    assert asked and learned and not asked & learned


def test_what_is_joined_of_others_has_the_languages_of_all() -> None:
    plus = TASKS.get("anli-plus")
    assert isinstance(plus.data, JoinedData)
    # MultiNLI is translated, ANLI and SNLI are not.
    assert translated.translations(plus) == ()
    only = replace(plus, data=replace(plus.data, tasks=("mnli", "mnli")))
    assert translated.translations(only) == translated.translations(TASKS.get("mnli"))


@pytest.mark.parametrize(
    ("task", "place"), [("mnli", "xnli"), ("pawsx", "paws-x"), ("squad", "mlqa")]
)
def test_released_files_are_read_in_every_language_they_have(task: str, place: str) -> None:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    folder = Path(root or "") / "real/raw/official-layout-samples" / place
    if not root or not folder.is_dir():
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds real/")
    found = TASKS.get(task)
    assert found.translated is not None and found.translated.hub is not None
    for language in found.translated.hub.configs or found.translated.languages:
        origin = loading.find(found, language=language, split="train", folder=folder)
        assert isinstance(origin, LocalFiles)
        result = loading.load(found, origin, language=language, split="train")
        assert result.rows and result.resolved["lost"] == 0
