"""Real files of sentence pairs and choices, every one of them read, where they are to be had."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import loading, raw_files
from adapterstilts.tasks.origin import MissingData
from adapterstilts.tasks.readers.reader import Request, Row
from adapterstilts.tasks.registry import READERS, TASKS
from adapterstilts.tasks.task import RealData


@pytest.fixture(scope="module")
def real() -> Path:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    if not root or not (Path(root) / "real").is_dir():
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds real/")
    return Path(root) / "real"


def found(task: str, folder: Path, language: str, split: str) -> list[Row]:
    """Return the rows that a user gets who names a folder."""
    declared = TASKS.get(task)
    origin = loading.find(declared, language=language, split=split, folder=folder, original=True)
    return loading.rows(declared, origin, language=language, split=split)


def read(task: str, layout: int, path: Path, language: str = "en", **more: Any) -> list[Row]:
    """Return the rows of a file that bears another name than in its release."""
    declared = TASKS.get(task)
    assert isinstance(declared.data, RealData)
    raw = declared.data.raw[layout]
    values: dict[str, Any] = {"columns": raw.columns, "convert": raw.convert, **more}
    request = Request(task=declared, language=language, split="dev", **values)
    return list(READERS.get(raw.reader)([path], request))


def without_places(rows: list[Row]) -> list[Row]:
    return [{key: value for key, value in row.items() if key != "place"} for row in rows]


@pytest.mark.parametrize(
    ("task", "folder", "language", "split", "count"),
    [
        *(("xnli", "download", code, "dev", 2490) for code in ("de", "en", "sw", "ur", "zh")),
        ("mnli", "download", "en", "dev", 2490),
        ("xnli", "download", "sw", "test", 5010),
        ("pawsx", "download", "en", "dev", 2000),
        ("pawsx", "download", "ja", "dev", 2000),
        ("siqa", "download", "en", "dev", 1954),
        ("siqa", "download", "en", "test", 1954),
        ("cosmosqa", "raw/cosmosqa", "en", "dev", 2985),
        *(
            ("xcopa", "raw", code, split, count)
            for code in ("et", "qu", "sw", "zh")
            for split, count in (("dev", 100), ("test", 500))
        ),
    ],
)
def test_a_file_in_its_official_place_is_found_and_read(
    real: Path, task: str, folder: str, language: str, split: str, count: int
) -> None:
    rows = found(task, real / folder, language, split)
    assert len(rows) == count
    assert len({row["id"] for row in rows}) == count
    hidden = (task, split) == ("xnli", "test")
    assert all((row["label"] is None) == hidden for row in rows)


@pytest.mark.parametrize(
    ("task", "layout", "path", "language", "count"),
    [
        ("anli", 0, "raw/anli/R1.dev.rebuilt.jsonl", "en", 1000),
        ("arc-challenge", 0, "raw/arc/ARC-Challenge-test.hf.jsonl", "en", 1172),
        ("commonsenseqa", 0, "raw/csqa/dev_rand_split.hf.jsonl", "en", 1221),
        ("copa", 1, "raw/copa/train-en.jsonl", "en", 400),
        ("copa", 1, "raw/copa/val-en.jsonl", "en", 100),
        ("xcopa", 2, "raw/copa/val-sw.jsonl", "sw", 100),
        ("pawsx", 0, "raw/paws-x/test-de.tsv", "de", 2000),
        # 16 of 1,289 pairs have no gold label.
        ("snli", 0, "raw/snli/snli_1.0_dev.first1288.jsonl", "en", 1273),
    ],
)
def test_a_file_of_another_name_is_read_as_its_layout(
    real: Path, task: str, layout: int, path: str, language: str, count: int
) -> None:
    rows = read(task, layout, real / path, language)
    assert len(rows) == count
    assert len({row["id"] for row in rows}) == count


@pytest.mark.parametrize(("task", "language", "layout"), [("copa", "en", 1), ("xcopa", "sw", 2)])
def test_the_labels_that_xtreme_r_has_overwritten_are_not_read(
    real: Path, task: str, language: str, layout: int
) -> None:
    path = real / "raw" / "copa" / f"test-{language}.jsonl"
    assert {row["label"] for row in read(task, layout, path, language)} == {0}
    rows = read(task, layout, path, language, labelled=False)
    assert [row["label"] for row in rows] == [None] * 500


def test_a_converted_mnli_is_read_too(real: Path) -> None:
    columns = {"first": "premise", "second": "hypothesis"}
    path = real / "raw" / "mnli" / "dev_matched.converted.jsonl"
    rows = read("mnli", 0, path, columns=columns)
    assert len(rows) == 9815
    assert {row["label"] for row in rows} == set(TASKS.get("mnli").labels)


@pytest.mark.parametrize(
    ("task", "stem"),
    [("arc-challenge", "arc/ARC-Challenge-test"), ("commonsenseqa", "csqa/dev_rand_split")],
)
def test_both_key_layouts_give_the_same_rows(real: Path, task: str, stem: str) -> None:
    on_hub = read(task, 0, real / "raw" / f"{stem}.hf.jsonl")
    official = read(task, 0, real / "raw" / f"{stem}.rebuilt-official.jsonl")
    assert without_places(on_hub) == without_places(official)


def test_doubled_quotes_of_xtremes_files_are_undone(real: Path) -> None:
    rows = found("pawsx", real / "download", "ja", "dev")
    quoted = [row for row in rows if '"' in row["first"] + row["second"]]
    assert len(quoted) == 11
    assert not any('""' in row["first"] + row["second"] for row in quoted)


def test_parallel_languages_share_their_ids(real: Path) -> None:
    ids = [
        [row["id"] for row in found("xnli", real / "download", code, "dev")]
        for code in ("de", "en", "sw", "ur", "zh")
    ]
    assert all(each == ids[0] for each in ids)


SAMPLES = [
    ("mnli", "multi_nli/multinli_1.0.zip", "jsonl", {"train": 5, "dev": 5, "test": 5}),
    ("mnli", "multi_nli/multinli_1.0.zip", "tsv_trimmed", {"train": 4, "dev": 4, "test": 4}),
    ("mnli", "glue/mnli", "tsv", {"train": 3, "dev": 2, "test": 2}),
    ("mnli", "xnli/XNLI-MT-1.0.zip", "tsv", {"train": 4}),
    ("snli", "snli", "tsv_trimmed", {"train": 3, "dev": 2, "test": 1}),
    ("anli", "anli/R1", "jsonl", {"train": 15, "dev": 15, "test": 15}),
    ("anli", "anli/plain_text", "jsonl", {"train": 9, "dev": 9, "test": 9}),
    ("qqp", "glue/qqp", "tsv_torn", {"train": 3, "dev": 2, "test": 2}),
    ("xnli", "xnli/XNLI-1.0.zip", "tsv", {"dev": 15, "test": 15}),
    ("xnli", "xnli/XNLI-1.0.zip", "jsonl", {"dev": 5, "test": 5}),
    ("xnli", "xnli/XNLI-1.0", "tsv", {"dev": 2, "test": 2}),
    ("xnli", "xnli/XNLI-1.0", "jsonl", {"dev": 2, "test": 2}),
    ("xnli", "xtreme/XNLI", "tsv", {"dev": 2, "test": 2}),
    ("xnli", "xtreme/XNLI", "jsonl", {"dev": 2, "test": 2}),
    ("pawsx", "paws-x", "tsv", {"train": 4, "dev": 28, "test": 28}),
    ("commonsenseqa", "commonsense_qa", "jsonl", {"train": 5, "dev": 2, "test": 2}),
    ("hellaswag", "hellaswag", "jsonl", {"train": 2, "dev": 2, "test": 2}),
    ("cosmosqa", "cosmos_qa", "csv", {"train": 2, "dev": 2, "test": 2}),
    ("siqa", "social_i_qa", "jsonl_labels", {"train": 2, "dev": 2, "test": 2}),
    ("arc-easy", "ai2_arc", "jsonl", {"train": 3, "dev": 2, "test": 2}),
    ("arc-challenge", "ai2_arc", "jsonl", {"train": 3, "dev": 2, "test": 2}),
    ("copa", "super_glue", "jsonl", {"train": 3, "dev": 2, "test": 2}),
    ("xcopa", "xcopa/xcopa-master", "jsonl", {"dev": 22, "test": 22}),
]


@pytest.mark.parametrize(("task", "folder", "reader", "counts"), SAMPLES)
def test_every_sample_of_an_official_layout_is_found_and_read(
    real: Path, task: str, folder: str, reader: str, counts: dict[str, int]
) -> None:
    declared = TASKS.get(task)
    assert isinstance(declared.data, RealData)
    seen = dict.fromkeys(counts, 0)
    for layout in declared.data.raw:
        data = replace(declared.data, raw=(layout,) if layout.reader == reader else ())
        for language in declared.languages:
            for split in counts if language == "en" else set(counts) - {"train"}:
                place = real / "raw" / "official-layout-samples" / folder
                try:
                    origin = raw_files.find(
                        declared, data, language=language, split=split, folder=place
                    )
                    rows = loading.rows(declared, origin, language=language, split=split)
                except MissingData:
                    continue
                except StiltsError as error:
                    # The cut has none of the other languages.
                    assert "have no row" in str(error)
                    continue
                assert all(row["label"] is not None for row in rows)
                seen[split] += len(rows)
    assert seen == counts


def test_a_sample_with_a_header_of_one_word_is_refused(real: Path) -> None:
    folder = real / "raw" / "official-layout-samples" / "multi_nli" / "multinli_1.0"
    with pytest.raises(StiltsError, match=r"^multinli_1\.0/.*\.txt:2: 8 columns, not 1 \(skip hea"):
        found("mnli", folder, "en", "train")
