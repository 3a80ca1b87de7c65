"""Where the files of an official layout are looked for, and what is said where they are not."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import raw_files
from adapterstilts.tasks.origin import LocalFiles, MissingData
from adapterstilts.tasks.task import RawData, RealData, Task

LAYOUT = RawData(
    files={
        "train": ("pairs/train-a.tsv", "pairs/train-b.tsv"),
        "dev": ("pairs/dev-{language}.tsv",),
        "test": ("banks/*_{subset}/{subset}_*-test.tsv",),
    },
    reader="tsv",
)
OTHER = RawData(files={"dev": ("{language}/dev.json",)}, reader="jsonl", unlabelled=("dev",))
DATA = RealData(hub=None, raw=(LAYOUT, OTHER), sizes={})
TASK = Task(
    name="pairs",
    format="classification",
    suite="none",
    data=DATA,
    roles=("first", "second", "label"),
    languages={"en": "en", "sw": "swa"},
    metrics=("accuracy",),
    primary="accuracy",
    description="No task of the catalogue.",
    licence="CC0-1.0",
    citation="",
)


def lay(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def find(
    folder: Path, split: str = "dev", language: str = "en", data: RealData = DATA
) -> LocalFiles:
    task = replace(TASK, data=data)
    return raw_files.find(task, data, language=language, split=split, folder=folder)


def refusal(call: Callable[[], object], kind: type[StiltsError] = StiltsError) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("above", [".", "download", "my data/download"])
def test_a_layout_may_start_in_the_folder_or_up_to_two_below(tmp_path: Path, above: str) -> None:
    root = lay(tmp_path / above, "pairs/dev-en.tsv", "pairs/dev-sw.tsv")
    found = find(tmp_path)
    assert (found.root, found.files) == (root, ("pairs/dev-en.tsv",))
    assert find(tmp_path, language="sw").files == ("pairs/dev-sw.tsv",)


def test_a_layout_three_folders_below_is_not_looked_for(tmp_path: Path) -> None:
    lay(tmp_path / "a/b/c", "pairs/dev-en.tsv")
    message = refusal(lambda: find(tmp_path), MissingData)
    assert message == (
        "no data for pairs, dev (en): no pairs/dev-{language}.tsv or {language}/dev.json in"
        f" {tmp_path}, nor up to 2 folders below it; name their folder with --data pairs=DIR"
    )


def test_the_folder_that_a_layout_starts_with_will_do(tmp_path: Path) -> None:
    lay(tmp_path, "pairs/dev-en.tsv")
    assert find(tmp_path / "pairs") == find(tmp_path)


def test_the_nearest_start_decides_and_then_the_layout_named_first(tmp_path: Path) -> None:
    lay(tmp_path, "deep/pairs/dev-en.tsv", "en/dev.json")
    assert find(tmp_path).files == ("en/dev.json",)
    lay(tmp_path, "pairs/dev-en.tsv")
    assert find(tmp_path).files == ("pairs/dev-en.tsv",)


def test_two_starts_at_one_depth_are_refused_by_name(tmp_path: Path) -> None:
    lay(tmp_path, "old/pairs/dev-en.tsv", "new/pairs/dev-en.tsv", "pairs/train-a.tsv")
    message = refusal(lambda: find(tmp_path))
    assert "the dev data of task 'pairs' (en) could be any of 2" in message
    assert f"{tmp_path / 'new'}, {tmp_path / 'old'} holds pairs/dev-en.tsv" in message
    assert "--data pairs=DIR" in message


def test_every_pattern_has_a_file_and_they_keep_their_order(tmp_path: Path) -> None:
    lay(tmp_path, "pairs/train-b.tsv")
    assert "pairs/train-a.tsv and pairs/train-b.tsv" in refusal(lambda: find(tmp_path, "train"))
    lay(tmp_path, "pairs/train-a.tsv")
    assert find(tmp_path, "train").files == ("pairs/train-a.tsv", "pairs/train-b.tsv")


def test_a_star_is_any_name_in_one_folder_and_subsets_are_meant_exactly(tmp_path: Path) -> None:
    lay(
        tmp_path / "banks",
        "Z_swa/swa_z-test.tsv",
        "A_swa/swa_a-test.tsv",
        "A_swa/deep/swa_c-test.tsv",
        "A_swahili/swahili_a-test.tsv",
        "A_sw/sw_a-test.tsv",
    )
    found = find(tmp_path, "test", "sw")
    assert found.files == ("banks/A_swa/swa_a-test.tsv", "banks/Z_swa/swa_z-test.tsv")


def test_names_of_the_users_own_are_looked_for_where_he_says(tmp_path: Path) -> None:
    data = replace(DATA, raw=(RawData(files={"dev": ("*.txt",)}, reader="lines"),))
    lay(tmp_path, "tool/LICENSE.txt")
    refusal(lambda: find(tmp_path, data=data), MissingData)
    lay(tmp_path, "mine.txt")
    assert find(tmp_path, data=data).files == ("mine.txt",)


def test_what_files_hold_is_their_identity_and_not_where_they_lie(tmp_path: Path) -> None:
    lay(tmp_path / "here", "pairs/dev-en.tsv")
    lay(tmp_path / "there/below", "pairs/dev-en.tsv")
    one, other = find(tmp_path / "here"), find(tmp_path / "there")
    assert one.root != other.root
    assert one.identity() == other.identity()
    (tmp_path / "here/pairs/dev-en.tsv").write_text("something else")
    assert find(tmp_path / "here").identity() != other.identity()


def test_how_files_are_read_is_a_part_of_what_they_are(tmp_path: Path) -> None:
    lay(tmp_path, "pairs/dev-en.tsv", "en/dev.json")
    (tmp_path / "en/dev.json").write_bytes((tmp_path / "pairs/dev-en.tsv").read_bytes())
    identities = [
        find(tmp_path, data=replace(DATA, raw=(layout,))).identity()
        for layout in (LAYOUT, OTHER, replace(LAYOUT, columns={"first": "1"}))
    ]
    assert len({repr(each) for each in identities}) == 3
    assert [each["labelled"] for each in identities] == [True, False, True]


def test_a_dev_split_that_is_held_out_is_in_the_training_files(tmp_path: Path) -> None:
    lay(tmp_path, "pairs/train-a.tsv", "pairs/train-b.tsv", "pairs/dev-en.tsv")
    data = replace(DATA, held_out=5)
    dev, train = (find(tmp_path, split, data=data) for split in ("dev", "train"))
    assert dev == train
    assert (dev.split, dev.held_out) == ("train", 5)
    assert raw_files.wanted(TASK, data, "dev") == "pairs/train-a.tsv and pairs/train-b.tsv"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    message = refusal(lambda: find(tmp_path / "nowhere"))
    assert message.startswith(f"there is no folder {tmp_path / 'nowhere'} for the data of task")


def test_a_file_where_a_folder_belongs_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "data.tar").touch()
    message = refusal(lambda: find(tmp_path / "data.tar"))
    assert message.startswith(f"{tmp_path / 'data.tar'} is a file, and no folder for the data")


def test_a_folder_that_may_not_be_read_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    message = refusal(lambda: find(tmp_path))
    assert message.startswith(f"{tmp_path} may not be read for the data of task")
    assert "change its permissions" in message


def test_a_split_that_no_layout_has_is_said_to_be_none(tmp_path: Path) -> None:
    data = replace(DATA, raw=(OTHER,))
    assert "no official layout has that split" in refusal(lambda: find(tmp_path, "test", data=data))
