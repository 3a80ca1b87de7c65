import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.core.suites import SUITES, Member, Suite
from adapterstilts.tasks import submission
from adapterstilts.tasks.registry import TASKS

XTREME, XTREME_R = SUITES.get("xtreme"), SUITES.get("xtreme-r")
MEMBERS = {each.folder: each for suite in (XTREME_R, XTREME) for each in suite.members}
PAIRS = Suite(name="pairs", description="One task.", members=(MEMBERS["pawsx"],))
TAGS = Suite(name="tags", description="One task.", members=(MEMBERS["mlqa"],))

Put = Callable[[str, str], None]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return tmp_path / "predictions"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return tmp_path / "labels"


def fill(folder: Path, task: str, text: str, suffix: str = "tsv") -> None:
    """Put the same file for every language of a task."""
    for code in TASKS.get(MEMBERS[task].task).languages:
        path = folder / task / f"test-{code}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def squad(**answers: str) -> str:
    asked = [{"id": name, "answers": [{"text": text}]} for name, text in answers.items()]
    return json.dumps({"data": [{"paragraphs": [{"context": "", "qas": asked}]}]})


def test_every_task_of_both_benchmarks_has_a_layout() -> None:
    assert set(submission.LAYOUTS) == set(MEMBERS)
    suffixes = {name: layout.suffix for name, layout in submission.LAYOUTS.items()}
    assert {name for name, suffix in suffixes.items() if suffix == "json"} == {
        "xquad", "mlqa", "tydiqa", "mewslix", "lareqa",
    }  # fmt: skip
    assert suffixes["xcopa"] == "jsonl"


def test_labels_of_a_submission_are_those_of_the_task() -> None:
    assert set(TASKS.get("pawsx").labels) == {"0", "1"}
    assert set(TASKS.get("xnli").labels) == {"contradiction", "entailment", "neutral"}
    assert len(TASKS.get("udpos").labels) == 17


def test_a_task_is_scored_in_every_language(given: Path, gold: Path) -> None:
    fill(given, "pawsx", "1\r\n0\r\n1\r\n")
    fill(gold, "pawsx", "1\n1\n1\n")
    found = submission.read(given, labels=gold, suite=PAIRS)
    assert found.notes == ()
    values = submission.values(found, PAIRS)
    assert set(values["pawsx"]) == set(TASKS.get("pawsx").languages)
    assert all(each["accuracy"] == pytest.approx(200 / 3) for each in values["pawsx"].values())


def test_examples_carry_the_language_whose_rule_they_are_scored_by(given, gold: Path) -> None:
    fill(given, "mlqa", json.dumps({"q1": "Haus"}), "json")
    fill(gold, "mlqa", squad(q1="das Haus"), "json")
    values = submission.values(submission.read(given, labels=gold, suite=TAGS), TAGS)["mlqa"]
    assert values["de"] == {"exact_match": 100, "f1": 100}
    assert values["en"]["exact_match"] == 0


def test_a_question_that_is_left_out_counts_as_wrong_and_is_told(given: Path, gold: Path) -> None:
    fill(given, "mlqa", json.dumps({"q1": "cat"}), "json")
    fill(gold, "mlqa", squad(q1="cat", q2="dog"), "json")
    found = submission.read(given, labels=gold, suite=TAGS)
    assert "mlqa/test-en.json: 1 of 2 ids are left out, and count 0" in " ".join(found.notes)
    assert submission.values(found, TAGS)["mlqa"]["en"]["f1"] == 50


def test_questions_that_nobody_asked_are_refused(given: Path, gold: Path) -> None:
    fill(given, "mlqa", json.dumps({"q1": "cat", "q9": "dog"}), "json")
    fill(gold, "mlqa", squad(q1="cat"), "json")
    with pytest.raises(StiltsError, match=r"(?s)7 problems .*ids that the labels do not have: q9"):
        submission.read(given, labels=gold, suite=TAGS)


def test_a_task_that_is_missing_is_left_out_with_a_note(given: Path, gold: Path) -> None:
    for folder in (given, gold):
        fill(folder, "pawsx", "1\n")
    fill(gold, "xnli", "neutral\n")
    found = submission.read(given, labels=gold, suite=XTREME)
    assert list(found.examples) == ["pawsx"]
    assert len(found.notes) == 8
    assert f"xnli is left out: there is no such folder in {given}" in found.notes
    assert f"panx is left out: there is no such folder in {given} and {gold}" in found.notes


def test_every_missing_language_is_named_at_once(given: Path, gold: Path) -> None:
    for folder in (given, gold):
        fill(folder, "pawsx", "1\n")
    (given / "pawsx" / "test-ja.tsv").unlink()
    (given / "pawsx" / "test-ko.tsv").unlink()
    (gold / "pawsx" / "test-de.tsv").unlink()
    with pytest.raises(StiltsError) as error:
        submission.read(given, labels=gold, suite=PAIRS)
    assert f"\n  {given / 'pawsx'} lacks test-ja.tsv, test-ko.tsv\n" in str(error.value)
    assert f"\n  {gold / 'pawsx'} lacks test-de.tsv\nadd" in str(error.value)


def test_problems_of_several_files_are_told_together_and_counted(given: Path, gold: Path) -> None:
    fill(given, "pawsx", "1\nyes\n")
    fill(gold, "pawsx", "1\n0\n")
    (given / "pawsx" / "test-de.tsv").write_text("1\n", encoding="utf-8")
    with pytest.raises(StiltsError) as error:
        submission.read(given, labels=gold, suite=PAIRS)
    said = str(error.value).splitlines()
    assert said[0] == "7 problems in the files to be scored, mend them:"
    assert f"  {given / 'pawsx' / 'test-de.tsv'}: 1 answer for 2 labels" in said
    assert f"  {given / 'pawsx' / 'test-ja.tsv'}:2: 'yes' is not one of 0, 1" in said


def test_a_file_full_of_problems_is_not_told_line_by_line(given: Path, gold: Path) -> None:
    fill(given, "pawsx", "x\n" * 30)
    fill(gold, "pawsx", "1\n" * 30)
    with pytest.raises(StiltsError) as error:
        submission.read(given, labels=gold, suite=PAIRS)
    said = str(error.value).splitlines()
    assert (said[0][:12], len(said), said[-1]) == ("210 problems", 22, "  and 190 more")


def test_half_a_file_is_never_left(given: Path) -> None:
    full = given / "pawsx"
    full.mkdir(parents=True)
    (full / "test-de.tsv").write_text("1\n", encoding="utf-8")
    (full / "test-de.tsv.part").symlink_to("/dev/full")
    examples = [Prediction(example_id="0", language="de", prediction="0", reference=None)]
    with pytest.raises(OSError, match="No space left") as error:
        submission.write(given, MEMBERS["pawsx"], "de", examples)
    assert error.value.filename == str(full / "test-de.tsv")
    assert {path.name: path.read_text() for path in full.iterdir()} == {"test-de.tsv": "1\n"}


def test_a_part_of_speech_may_be_o_in_answers_and_never_in_labels(given, gold: Path) -> None:
    member = MEMBERS["udpos"]
    suite = Suite(name="pos", description="One task.", members=(member,))
    for code in submission.languages(member):
        for folder, tag in ((given, "O"), (gold, "NOUN")):
            path = folder / "udpos" / f"test-{code}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{tag}\n", encoding="utf-8")
    values = submission.values(submission.read(given, labels=gold, suite=suite), suite)
    assert values["udpos"][submission.languages(member)[0]] == {
        "f1": 0, "precision": 0, "recall": 0, "token_accuracy": 0,
    }  # fmt: skip
    with pytest.raises(StiltsError, match="'O' is not one of ADJ"):
        submission.read(gold, labels=given, suite=suite)


@pytest.mark.parametrize("nothing", ["given", "gold"])
def test_a_folder_that_is_not_there_is_named(given: Path, gold: Path, nothing: str) -> None:
    fill(gold if nothing == "given" else given, "pawsx", "1\n")
    place = given if nothing == "given" else gold
    with pytest.raises(StiltsError, match=f"there is no folder {place}: name one that holds"):
        submission.read(given, labels=gold, suite=PAIRS)


def test_folders_without_a_task_in_common_say_what_they_need(given: Path, gold: Path) -> None:
    fill(given, "pawsx", "1\n")
    fill(gold, "xnli", "neutral\n")
    with pytest.raises(StiltsError, match=r"no task of xtreme in common.*named xnli, pawsx"):
        submission.read(given, labels=gold, suite=XTREME)


def answered(*answers: object, lines: list[int] | None = None) -> list[Prediction]:
    return [
        Prediction(
            example_id=f"e{number}",
            language="sw",
            prediction=answer,
            reference=None,
            extra={"line": lines[number]} if lines else {},
        )
        for number, answer in enumerate(answers)
    ]


def written(folder: Path, member: Member, examples: list[Prediction]) -> str:
    path = submission.write(folder, member, "sw", examples)
    assert path.parent == folder / member.folder
    return path.read_bytes().decode("utf-8")


def test_each_task_is_written_as_it_is_read(given: Path) -> None:
    assert written(given, MEMBERS["xnli"], answered("neutral", "entailment")) == (
        "neutral\nentailment\n"
    )
    assert written(given, MEMBERS["udpos"], answered(["X", "PUNCT"], ["NOUN"])) == (
        "X\nPUNCT\n\nNOUN\n\n"
    )
    assert json.loads(written(given, MEMBERS["mlqa"], answered("北京", ""))) == {
        "e0": "北京", "e1": "",
    }  # fmt: skip
    assert written(given, MEMBERS["bucc2018"], answered(["en-1", "en-2"], [])) == (
        "e0\ten-1\ne0\ten-2\n"
    )
    assert written(given, MEMBERS["xcopa"], answered(1, 0)) == '{"label": 1}\n{"label": 0}\n'
    ranked = written(given, MEMBERS["mewslix"], answered(["Q2", "Q1"]))
    assert json.loads(ranked) == {"e0": ["Q2", "Q1"]}
    assert {path.name for path in given.rglob("test-*")} == {
        "test-sw.tsv", "test-sw.json", "test-sw.jsonl",
    }  # fmt: skip


def test_tatoeba_is_written_in_the_order_of_the_sorted_english_side(given: Path) -> None:
    # Row 0 is the last of the sorted English sentences, and so on.
    examples = answered("e2", "e0", "e1", lines=[2, 0, 1])
    assert written(given, MEMBERS["tatoeba"], examples) == "0\n1\n2\n"


def test_sorting_the_english_side_changes_no_score(given: Path, gold: Path) -> None:
    member, generator = MEMBERS["tatoeba"], random.Random(3)
    suite = Suite(name="one", description="One task.", members=(member,))
    rows = [generator.choice("abcdef") + str(number) for number in range(20)]
    order = sorted(range(len(rows)), key=lambda row: rows[row])
    lines = [order.index(row) for row in range(len(rows))]
    answers = [f"e{generator.choice([row, 0])}" for row in range(len(rows))]
    right = sum(answer == f"e{row}" for row, answer in enumerate(answers))
    for code in submission.languages(member):
        submission.write(given, member, code, answered(*answers, lines=lines))
        # The right line of an English sentence is where its translation stood at first.
        path = gold / "tatoeba" / f"test-{code}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{row}\n" for row in order), encoding="utf-8")
    values = submission.values(submission.read(given, labels=gold, suite=suite), suite)
    assert values["tatoeba"]["sw"] == {"accuracy": 100 * right / len(rows)}
