"""From a declaration to rows: found without reading, read from a folder or from the Hub."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.store import Store
from adapterstilts.tasks import loading
from adapterstilts.tasks.origin import HubFiles, Joined, LocalFiles, MissingData
from adapterstilts.tasks.registry import TASKS
from adapterstilts.tasks.task import RealData, Task
from tests.hub.conftest import glue, pairs, parquet, xnli
from tests.hub.server import Hub

XNLI, MNLI = TASKS.get("xnli"), TASKS.get("mnli")


def lines(count: int, language: str = "en") -> str:
    labels = ("entailment", "neutral", "contradiction")
    return "".join(
        f"Sentence {number}\tAnother in {language}\t{labels[number % 3]}\n"
        for number in range(count)
    )


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """Return a folder like XTREME's download, with XNLI in two languages."""
    folder = tmp_path / "download" / "xnli"
    folder.mkdir(parents=True)
    for name, count in (("train-en", 30), ("dev-en", 12), ("dev-sw", 12)):
        (folder / f"{name}.tsv").write_text(lines(count, name[-2:]), encoding="utf-8")
    (folder / "test-sw.tsv").write_text("One\tTwo\nThree\tFour\n", encoding="utf-8")
    return folder.parent


def load(
    task: Task, folder: Path | None, split: str = "dev", language: str = "en", **more
) -> loading.Loaded:
    origin = loading.find(task, language=language, split=split, folder=folder)
    return loading.load(task, origin, language=language, split=split, **more)


def refusal(call: Callable[[], object], kind: type[StiltsError] = StiltsError) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_rows_of_a_folder_have_roles_ids_and_places(download: Path) -> None:
    loaded = load(XNLI, download, language="sw")
    assert len(loaded.rows) == loaded.resolved["found"] == 12
    row = loaded.rows[4]
    assert row == {
        "id": "4",
        "place": "xnli/dev-sw.tsv:5",
        "first": "Sentence 4",
        "second": "Another in sw",
        "label": "neutral",
    }
    (source,) = loaded.resolved["sources"]
    assert source["task"] == "xnli"
    assert [file["name"] for file in source["files"]] == ["xnli/dev-sw.tsv"]
    assert len(source["files"][0]["sha256"]) == 64


def test_labels_that_a_layout_has_removed_are_none(download: Path) -> None:
    assert [row["label"] for row in load(XNLI, download, "test", "sw").rows] == [None, None]


def test_finding_reads_no_row_and_reaches_no_network(
    download: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    (download / "xnli" / "dev-en.tsv").write_bytes(b"\xff not a row")
    found = loading.find(XNLI, language="en", split="dev", folder=download)
    assert isinstance(found, LocalFiles)
    there = loading.find(XNLI, language="en", split="dev", folder=None)
    assert isinstance(there, HubFiles)
    assert there.identity() == {
        "repository": "facebook/xnli",
        "revision": "main",
        "configs": ["en"],
        "splits": ["validation"],
        "columns": {"first": "premise", "second": "hypothesis"},
        "convert": "inference",
        "held_out": 0,
    }


def test_a_limit_is_a_sample_and_the_same_one_in_every_language(download: Path) -> None:
    english, swahili = (load(XNLI, download, language=code, limit=5).rows for code in ("en", "sw"))
    ids = [row["id"] for row in english]
    assert ids == [row["id"] for row in swahili]
    assert ids == sorted(ids, key=int)
    assert len(set(ids)) == 5
    # Neither the first rows nor, ever, other rows than these.
    assert ids == ["2", "4", "5", "7", "10"]
    more = {row["id"] for row in load(XNLI, download, limit=8).rows}
    assert set(ids) < more
    assert len(load(XNLI, download, limit=99).rows) == 12


@pytest.fixture
def held_out() -> Iterator[Task]:
    """Yield a task whose release has no `dev`."""
    data = MNLI.data
    assert isinstance(data, RealData)
    yield replace(MNLI, data=replace(data, held_out=7))


def test_what_is_held_out_of_train_is_dev_and_never_in_train(
    download: Path, held_out: Task
) -> None:
    dev = [row["id"] for row in load(held_out, download, "dev").rows]
    train = [row["id"] for row in load(held_out, download, "train").rows]
    assert (len(dev), len(train)) == (7, 23)
    assert not set(dev) & set(train)
    # By their ids, so that rows that come or go elsewhere move none of them.
    (download / "xnli/train-en.tsv").write_text(lines(31), encoding="utf-8")
    moved = {row["id"] for row in load(held_out, download, "dev").rows} ^ set(dev)
    assert len(moved) in (0, 2)
    assert max(map(int, dev)) > 7


def test_a_number_of_rows_that_is_not_the_official_one_is_told(
    download: Path, held_out: Task, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        load(XNLI, download)
        load(held_out, download, "dev")
    told = [record.getMessage() for record in caplog.records]
    assert "task 'xnli' has 12 rows of dev in en where the official data have 2,490" in told[0]
    assert "task 'mnli' has 30 rows of train in en where the official data have 392,702" in told[1]


def test_ids_that_come_twice_are_replaced_by_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "MNLI"
    folder.mkdir()
    head = "pairID\tsentence1\tsentence2\tgold_label\n"
    (folder / "dev_matched.tsv").write_text(
        head + "7\tA\tB\tneutral\n7\tC\tD\tneutral\n9\tE\tF\tneutral\n", encoding="utf-8"
    )
    assert [row["id"] for row in load(MNLI, tmp_path).rows] == ["0", "1", "2"]
    (folder / "dev_matched.tsv").write_text(
        head + "7\tA\tB\tneutral\n8\tC\tD\tneutral\n", encoding="utf-8"
    )
    assert [row["id"] for row in load(MNLI, tmp_path).rows] == ["7", "8"]


def test_files_without_a_row_are_refused(download: Path) -> None:
    (download / "xnli/dev-en.tsv").write_text("")
    message = refusal(lambda: load(XNLI, download))
    assert message == "the dev data of task 'xnli' (en) have no row: look at xnli/dev-en.tsv"


def test_a_folder_too_small_to_hold_dev_out_of_says_so(download: Path, held_out: Task) -> None:
    (download / "xnli/train-en.tsv").write_text(lines(5), encoding="utf-8")
    message = refusal(lambda: load(held_out, download, "train"))
    assert "have no row left when 7 of train are held out as dev: look at xnli/" in message


def test_a_broken_line_is_told_with_the_folder_that_its_file_is_in(download: Path) -> None:
    (download / "xnli/dev-en.tsv").write_text("A\tB\n")
    message = refusal(lambda: load(XNLI, download))
    assert message.startswith("xnli/dev-en.tsv:1: ")
    assert message.endswith(f" (in the folder {download})")


def test_a_file_that_changes_between_plan_and_run_is_refused(download: Path) -> None:
    origin = loading.find(XNLI, language="en", split="dev", folder=download)
    path = download / "xnli/dev-en.tsv"
    path.write_text(lines(3), encoding="utf-8")
    call = partial(loading.rows, XNLI, origin, language="en", split="dev")
    assert f"{path} has changed since the plan was made: run again" in refusal(call)
    path.unlink()
    assert f"{path} has changed" in refusal(call)


def test_what_the_hub_has_not_is_refused_with_the_files_that_would_do() -> None:
    bucc = TASKS.get("bucc2018")
    message = refusal(lambda: load(bucc, None, language="de"), MissingData)
    assert isinstance(bucc.data, RealData)
    assert bucc.data.refusal.rstrip(". ") in message
    assert "with --data bucc2018=DIR" in message


def test_rows_of_the_hub_are_those_of_all_its_parts(hub: Hub, tmp_path: Path) -> None:
    commit = hub.push("nyu-mll/glue", glue())
    store = Store(tmp_path / "runs")
    loaded = load(MNLI, None, "train", pins=store)
    assert [row["first"] for row in loaded.rows] == [f"Sentence {n} in en." for n in range(40)]
    assert [row["id"] for row in loaded.rows] == [str(number) for number in range(40)]
    assert loaded.rows[1]["label"] == "neutral"
    assert loaded.rows[21]["place"] == "nyu-mll/glue mnli/train-00001-of-00002.parquet row 1"
    (source,) = loaded.resolved["sources"]
    assert (source["repository"], source["revision"], source["commit"]) == (
        "nyu-mll/glue",
        "main",
        commit,
    )
    assert [file["name"] for file in source["files"]] == [
        "mnli/train-00000-of-00002.parquet",
        "mnli/train-00001-of-00002.parquet",
    ]
    assert store.pins() == {"dataset nyu-mll/glue@main": commit}


def test_labels_are_known_by_name_in_whatever_order_a_copy_has_them(hub: Hub) -> None:
    row = {"premise": "A", "hypothesis": "B", "label": 0}
    files = xnli()
    files["en/test-00000-of-00001.parquet"] = parquet([row], ["contradiction", "neutral", "x"])
    hub.push("facebook/xnli", files)
    assert load(XNLI, None, "test").rows[0]["label"] == "contradiction"


def joined(hub: Hub) -> None:
    rounds = {
        f"plain_text/train_r{number}-00000-of-00001.parquet": pairs(4, f"round{number}")
        for number in (1, 2, 3)
    }
    hub.push("facebook/anli", rounds)
    hub.push("nyu-mll/glue", glue())
    hub.push("stanfordnlp/snli", {"plain_text/train-00000-of-00001.parquet": pairs(5)})


def test_joined_tasks_come_one_after_the_other_with_ids_of_their_own(hub: Hub) -> None:
    joined(hub)
    plus = TASKS.get("anli-plus")
    origin = loading.find(plus, language="en", split="train", folder=None)
    assert isinstance(origin, Joined)
    loaded = loading.load(plus, origin, language="en", split="train")
    ids = [row["id"] for row in loaded.rows]
    assert len(set(ids)) == len(ids) == 12 + 40 + 5
    assert list(dict.fromkeys(id.partition(":")[0] for id in ids)) == [
        part.task for part in origin.parts
    ]
    assert [source["task"] for source in loaded.resolved["sources"]] == ["anli", "mnli", "snli"]
    some = loading.rows(plus, origin, language="en", split="train", limit=9)
    assert {row["id"] for row in some} < set(ids)


def test_parts_of_a_joined_task_may_lie_in_folders_of_their_own(download: Path) -> None:
    plus = TASKS.get("anli-plus")
    mixed = loading.find(
        plus, language="en", split="train", folder=None, folders={"mnli": download}
    )
    assert isinstance(mixed, Joined)
    kinds = {part.task: type(part) for part in mixed.parts}
    assert kinds == {"anli": HubFiles, "mnli": LocalFiles, "snli": HubFiles}
    message = refusal(
        lambda: loading.find(plus, language="en", split="train", folder=download), MissingData
    )
    assert "no data for 2 splits:" in message
    assert "\n  anli, train (en): no " in message
    assert "\n  snli, train (en): no " in message


def test_how_far_the_fetching_is_is_reported(hub: Hub) -> None:
    hub.push("nyu-mll/glue", glue())
    heard: list[tuple[int, int]] = []
    load(MNLI, None, "train", report=lambda done, total, name: heard.append((done, total)))
    assert heard[-1][0] == heard[-1][1] > 0
