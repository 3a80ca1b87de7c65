"""Real files in the layouts that people have, every one read, with its counts."""

import os
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks import loading
from adapterstilts.tasks.origin import LocalFiles
from adapterstilts.tasks.readers.reader import Row
from adapterstilts.tasks.registry import READERS, TASKS
from tests.tasks.readers.reading import request_of


@pytest.fixture(scope="module")
def real() -> Path:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    folder = Path(root or "") / "real"
    if not root or not folder.is_dir():
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds real/")
    return folder


def load(folder: Path, task: str, language: str, split: str) -> list[Row]:
    declared = TASKS.get(task)
    origin = loading.find(declared, language=language, split=split, folder=folder, original=True)
    return loading.rows(declared, origin, language=language, split=split)


@pytest.mark.parametrize(
    ("task", "language", "split", "sentences", "tokens"),
    [
        ("panx", "de", "dev", 10_000, 97_805),
        ("panx", "en", "dev", 10_000, 80_536),
        ("panx", "sw", "dev", 1_000, 5_609),
        ("panx", "yo", "dev", 100, 489),
        ("panx", "zh", "dev", 10_000, 213_682),
        ("panx", "sw", "test", 1_000, 5_786),
        ("panx", "en", "train", 20_000, 160_394),
        ("udpos", "ar", "dev", 909, 25_986),
        ("udpos", "en", "dev", 3_974, 62_632),
        ("udpos", "tr", "dev", 988, 9_777),
        ("udpos", "zh", "dev", 1_000, 25_326),
        ("udpos", "en", "train", 21_253, 375_194),
    ],
)
def test_xtremes_tagged_files(
    real: Path, task: str, language: str, split: str, sentences: int, tokens: int
) -> None:
    rows = load(real / "download", task, language, split)
    assert len(rows) == sentences
    assert sum(len(row["tokens"]) for row in rows) == tokens
    assert {row["tags"] is None for row in rows} == {split == "test"}


@pytest.mark.parametrize(
    ("language", "split", "sentences", "words", "multiword"),
    [
        ("ar", "test", 1_000, 20_751, 0),
        ("en", "test", 2_077, 25_096, 0),
        ("fr", "test", 456, 10_048, 310),
        ("tr", "dev", 988, 10_046, 264),
        ("tr", "test", 983, 10_029, 225),
        ("tr", "train", 3_664, 37_784, 949),
    ],
)
def test_treebanks(
    real: Path, language: str, split: str, sentences: int, words: int, multiword: int
) -> None:
    rows = load(real / "raw" / "ud", "udpos", language, split)
    assert len(rows) == sentences
    # A multiword token stands for at least two words.
    assert sum(len(row["tokens"]) for row in rows) <= words - multiword


def test_a_treebank_becomes_what_xtreme_makes_of_it(real: Path) -> None:
    ours = load(real / "raw" / "ud", "udpos", "tr", "dev")
    theirs = load(real / "download", "udpos", "tr", "dev")
    assert [row["tokens"] for row in ours] == [row["tokens"] for row in theirs]
    assert [row["tags"] for row in ours] == [row["tags"] for row in theirs]


@pytest.mark.parametrize(
    ("task", "language", "split", "questions"),
    [
        ("xquad", "ar", "test", 1_190),
        ("xquad", "en", "test", 1_190),
        ("xquad", "es", "test", 1_190),
        ("xquad", "zh", "test", 1_190),
        ("mlqa", "ar", "dev", 517),
        ("mlqa", "en", "dev", 1_148),
        ("mlqa", "zh", "dev", 504),
        ("tydiqa", "en", "train", 3_496),
        ("tydiqa", "en", "dev", 200),
    ],
)
def test_questions_of_xtreme(
    real: Path, task: str, language: str, split: str, questions: int
) -> None:
    rows = load(real / "download", task, language, split)
    assert len(rows) == questions == sum(len(row["answers"]) for row in rows)
    assert len({row["id"] for row in rows}) == questions


def test_a_question_in_another_language_than_its_passage(real: Path) -> None:
    path = real / "download/mlqa/MLQA_V1/dev/dev-context-de-question-en.json"
    rows = list(READERS.get("squad_json")([path], request_of(TASKS.get("mlqa"), language="de")))
    assert len(rows) == 512 == sum(len(row["answers"]) for row in rows)


def test_squad_2_has_questions_without_an_answer(real: Path) -> None:
    path = real / "raw/squad/cs224n_dev-v2.0.json"
    rows = list(READERS.get("squad_json")([path], request_of(TASKS.get("squad-v2"))))
    assert len(rows) == 6_078
    assert sum(not row["answers"] for row in rows) == 3_168
    assert sum(len(row["answers"]) for row in rows) == 10_052


def test_every_sample_of_wikiann_is_read(real: Path) -> None:
    samples = real / "raw/official-layout-samples"
    files = sorted([*samples.glob("wikiann/*/*"), *samples.glob("xtreme/PAN-X*/*/*")])
    assert len(files) > 100
    for path in files:
        language = path.parent.name.partition(".")[0]
        request = request_of(TASKS.get("panx-xr"), language=language, split=path.name)
        rows = list(READERS.get("wikiann")([path], request))
        assert rows and all(len(row["tokens"]) == len(row["tags"]) for row in rows)


def test_every_sample_in_squads_format_is_read_or_its_wrong_answer_is_named(real: Path) -> None:
    samples = real / "raw/official-layout-samples"
    names = ["mlqa/*/*.json", "mlqa/*/*/*.json", "squad*/*.json", "tydiqa/*.json"]
    names += ["xtreme/MLQA*/*/*/*.json", "xtreme/XQ*/*.json", "xtreme/tydiqa/*.json"]
    files = [path for name in names for path in sorted(samples.glob(name))]
    assert len(files) > 50
    wrong = []
    for path in files:
        try:
            assert list(READERS.get("squad_json")([path], request_of(TASKS.get("xquad"))))
        except StiltsError as error:
            assert "'This is a test text' does not stand at" in str(error)
            wrong.append(path.name)
    # Whoever cut SQuAD 1.1 down to one question made the answers up.
    assert wrong == ["dev-v1.1.json", "train-v1.1.json"]


def test_text_in_many_languages_is_found_and_unpacked(real: Path) -> None:
    task, folder = TASKS.get("mlm"), real.parent / "text"
    origin = loading.find(task, language="mul", split="dev", folder=folder)
    assert isinstance(origin, LocalFiles) and len(origin.files) == 19
    rows = {split: load(folder, "mlm", "sw", split) for split in ("train", "dev", "test")}
    assert len(rows["train"]) > 50 * max(len(rows["dev"]), len(rows["test"]))
    assert not {row["text"] for row in rows["dev"]} & {row["text"] for row in rows["train"]}
