"""Every declared task of real data, loaded from its fixtures both ways in, through its format."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.tasks import loading
from adapterstilts.tasks.origin import Joined, LocalFiles, MissingData, Origin
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import CONVERTERS, FORMATS, READERS, TASKS
from adapterstilts.tasks.task import JoinedData, RealData, Task
from adapterstilts.tasks.tokenizing import Tokenizer
from tests.hub.server import Hub, serving
from tests.tasks import declared

REAL = [task for task in TASKS.values() if isinstance(task.data, RealData)]
JOINED = [task for task in TASKS.values() if isinstance(task.data, JoinedData)]
each = pytest.mark.parametrize("task", REAL, ids=[task.name for task in REAL])
each_joined = pytest.mark.parametrize("task", JOINED, ids=[task.name for task in JOINED])
each_on_hub = pytest.mark.parametrize(
    "task",
    [task for task in REAL if task.data.hub],
    ids=[task.name for task in REAL if task.data.hub],
)
LENGTH = 96


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


def pushed(hub: Hub, *tasks: Task) -> None:
    """Put the fixtures of tasks on the Hub; those of one repository together."""
    files: dict[tuple[str, str], dict[str, bytes]] = {}
    for task in tasks:
        assert isinstance(task.data, RealData) and task.data.hub
        place = (task.data.hub.repository, task.data.hub.revision)
        files.setdefault(place, {}).update(declared.repository(task))
    for (repository, revision), contents in files.items():
        hub.push(repository, contents, branch=revision)


def loaded(task: Task, origin: Origin, language: str, split: str) -> list[Row]:
    if not isinstance(origin, Joined) and origin.held_out:
        # A fixture has few rows; one of them is enough to be held out.
        origin = replace(origin, held_out=1)
    return loading.rows(task, origin, language=language, split=split)


def check(task: Task, rows: list[Row], wanted: list[Row], *, labelled: bool = True) -> None:
    """Compare rows with what must come out, and see that each says what and where it is."""
    blank = None if labelled else declared.LABELS[task.format]
    wanted = [{**row, blank: None} if blank else row for row in wanted]
    keep = [{"id", *task.roles} if "id" in row else set(task.roles) for row in wanted]
    assert len(rows) == len(wanted)
    found = [
        {key: value for key, value in row.items() if key in keys}
        for row, keys in zip(rows, keep, strict=True)
    ]
    assert found == wanted
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert isinstance(row["id"], str) and row["id"]
        assert re.search(r"(:\d+| row \d+|#.+)", row["place"]), row["place"]


def encoded(task: Task, rows: list[Row], tokenizer: Tokenizer, split: str) -> None:
    """See that the task's format reads the rows, each of them once."""
    format = FORMATS.get(task.format)
    result = format.encode(task, rows, tokenizer, split=split, max_length=LENGTH)
    assert [example["id"] for example in result.examples] == [row["id"] for row in rows]
    assert sorted(set(result.owner)) == list(range(len(rows)))
    role = declared.LABELS.get(task.format)
    if role:
        assert [example["reference"] is None for example in result.examples] == [
            row[role] is None for row in rows
        ]


def test_a_declaration_without_fixtures_is_found_out() -> None:
    with pytest.raises(AssertionError, match=r"task 'unheard-of' has no .*expected\.json: see"):
        declared.expected(replace(REAL[0], name="unheard-of"))
    assert declared.layouts(replace(REAL[0], name="unheard-of")) == []


@each
def test_it_has_fixtures_for_every_split_and_two_languages(task: Task) -> None:
    rows = declared.expected(task)
    assert set(rows) <= set(task.languages)
    assert len(rows) >= min(2, len(task.languages))
    home = task.english if task.english in task.languages else next(iter(rows))
    assert set(rows[home]) == set(task.splits)
    assert all("train" not in splits for code, splits in rows.items() if code != task.english)
    roles = {
        frozenset(row) - {"id"} for splits in rows.values() for s in splits.values() for row in s
    }
    assert roles == {frozenset(task.roles)}


@each
def test_the_declaration_names_what_there_is(task: Task) -> None:
    data = task.data
    assert isinstance(data, RealData)
    assert bool(data.hub) != bool(data.refusal)
    assert data.raw
    for split, sizes in data.sizes.items():
        assert split in task.splits
        counts = [sizes] if isinstance(sizes, int) else list(sizes.values())
        assert all(count > 0 for count in counts)
        assert isinstance(sizes, int) or set(sizes) <= set(task.languages)
    assert set(data.blank) <= set(task.roles)
    for layout in data.raw:
        assert layout.reader in READERS and layout.convert in CONVERTERS
        assert set(layout.unlabelled) <= set(layout.files)
    if data.hub:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", data.hub.repository)
        # A hash that nobody has looked up is an invention.
        assert not re.fullmatch(r"[0-9a-f]{7,40}", data.hub.revision)
        assert data.hub.convert in CONVERTERS
        assert set(data.hub.configs) <= set(task.languages)


@each_on_hub
def test_the_hub_gives_the_expected_rows(task: Task, hub: Hub, tokenizer: Tokenizer) -> None:
    pushed(hub, task)
    for language, splits in declared.expected(task, "hub").items():
        for split, wanted in splits.items():
            origin = loading.find(task, language=language, split=split, folder=None)
            rows = loaded(task, origin, language, split)
            check(task, rows, wanted)
            encoded(task, rows, tokenizer, split)


@each
def test_each_layout_gives_the_expected_rows(task: Task, tokenizer: Tokenizer) -> None:
    assert isinstance(task.data, RealData)
    read = []
    for folder in declared.layouts(task):
        found = 0
        for language, splits in declared.expected(task, folder.name).items():
            for split, wanted in splits.items():
                try:
                    origin = loading.find(task, language=language, split=split, folder=folder)
                except MissingData:
                    continue
                assert isinstance(origin, LocalFiles)
                rows = loaded(task, origin, language, split)
                labelled = origin.split not in origin.layout.unlabelled
                check(task, rows, wanted, labelled=labelled)
                if labelled or split == "test":
                    encoded(task, rows, tokenizer, split)
                read.append(origin.layout)
                found += 1
        assert found, f"{folder} holds nothing that the declaration finds"
    unread = [layout.files for layout in task.data.raw if layout not in read]
    assert not unread, f"no fixture for {unread}"


@pytest.mark.parametrize("task", [task for task in REAL if not task.data.hub], ids=lambda t: t.name)
def test_where_the_hub_has_nothing_right_it_is_refused_with_a_remedy(task: Task) -> None:
    assert isinstance(task.data, RealData)
    for split in task.splits:
        with pytest.raises(MissingData, match="--data"):
            loading.find(task, language=next(iter(task.languages)), split=split, folder=None)


@each_joined
def test_a_joined_task_has_the_rows_of_its_parts(
    task: Task, hub: Hub, tokenizer: Tokenizer
) -> None:
    assert isinstance(task.data, JoinedData)
    parts = [TASKS.get(name) for name in task.data.tasks]
    pushed(hub, *parts)
    for split in task.splits:
        wanted = [
            row for part in parts for row in declared.expected(part, "hub")[task.english][split]
        ]
        origin = loading.find(task, language=task.english, split=split, folder=None)
        rows = loaded(task, origin, task.english, split)
        bare = [{key: row[key] for key in task.roles} for row in wanted]
        check(task, rows, bare)
        encoded(task, rows, tokenizer, split)


@each_joined
def test_the_parts_of_a_joined_task_are_alike(task: Task) -> None:
    assert isinstance(task.data, JoinedData)
    parts = [TASKS.get(name) for name in task.data.tasks]
    assert {(part.format, part.roles, part.labels) for part in parts} == {
        (task.format, task.roles, task.labels)
    }
    for split, size in task.data.sizes.items():
        sizes = [part.data.sizes[split] for part in parts if not isinstance(part.data, JoinedData)]
        assert sum(count for count in sizes if isinstance(count, int)) == size
