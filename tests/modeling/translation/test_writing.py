import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.claims import Claims
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.progress import unheard
from adapterstilts.modeling.translation import translators
from adapterstilts.modeling.translation.translator import Settings
from adapterstilts.modeling.translation.writing import Work, translate
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld.rows import rows
from tests import copiers

COUNT = 40


class Capitals:
    """Translates into capitals, and is stopped after some texts if asked to."""

    def __init__(self, *, until: int = -1, nothing: str = "") -> None:
        self.asked: list[list[str]] = []
        self._until = until
        self._nothing = nothing

    def translate(
        self, texts: Sequence[str], heard: Callable[[], None] = lambda: None
    ) -> list[str | None]:
        if len(self.asked) == self._until:
            raise KeyboardInterrupt
        self.asked.append(list(texts))
        heard()
        lost = self._nothing
        return [None if lost and lost in text else text.upper() for text in texts]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> translators.Found:
    folder = copiers.nllb(tmp_path_factory.mktemp("nllb") / "nllb")
    return translators.find(str(folder), "main", language="qab")


@pytest.fixture
def work(model: translators.Found, tmp_path: Path) -> Work:
    return Work(
        task=TASKS.get("toy-squad"),
        split="train",
        language="qab",
        rows=rows("span_question", language="qaa", split="train", size=COUNT),
        data={"generator": "span_question"},
        settings=Settings(batch_tokens=25),
        model=model,
        out=tmp_path / "out",
    )


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def journal(work: Work) -> Path:
    return work.path.with_name(".train-qab.journal")


def test_rows_are_written_with_their_provenance_and_nothing_else_is_left(work: Work) -> None:
    found = translate(work, Capitals, unheard)
    assert work.path == work.out / "translated" / "toy-squad" / "train-qab.jsonl"
    assert (found.path, found.read, found.written, found.lost) == (work.path, COUNT, COUNT, {})
    for row, english in zip(read(work.path), work.rows, strict=True):
        (answer,) = row["answers"]
        assert list(row) == ["id", "context", "question", "answers"]
        assert row["id"] == english["id"]
        assert row["context"] == english["context"].upper()
        assert row["context"].startswith(answer["text"], answer["start"])
    said = json.loads(work.provenance.read_text())
    assert said["identity"] == work.identity()
    assert said["rows"] == {"read": COUNT, "written": COUNT, "lost": {}}
    assert said["data"] == {"generator": "span_question"}
    assert {"adapterstilts", "torch", "transformers"} <= set(said["software"])
    assert str(work.out) not in work.provenance.read_text()
    assert sorted(path.name for path in work.path.parent.iterdir()) == [
        "train-qab.json",
        "train-qab.jsonl",
    ]


def test_lost_rows_are_left_out_and_counted_by_reason(work: Work) -> None:
    word = work.rows[3]["question"].split()[1]
    expected = [row["id"] for row in work.rows if word not in row["question"] + row["context"]]
    notes: list[str] = []
    found = translate(
        work, lambda: Capitals(nothing=word), lambda done, total, note: notes.append(note)
    )
    assert [row["id"] for row in read(work.path)] == expected
    lost = COUNT - len(expected)
    assert 0 < lost < COUNT
    assert found.lost == {"translation without an end": lost}
    assert found.written == len(expected)
    assert notes[-1] == f"{lost} lost"
    again = translate(work, Capitals, unheard)
    assert (again.lost, again.written, again.reused) == (found.lost, found.written, True)


def test_where_every_row_is_lost_nothing_is_written(work: Work) -> None:
    with pytest.raises(
        StiltsError, match=r"no row of task 'toy-squad' survived .* without an end: 40"
    ):
        translate(work, lambda: Capitals(nothing=" "), unheard)
    assert not work.path.exists()


@pytest.mark.parametrize("pieces", range(5))
def test_stopped_after_any_piece_it_goes_on_to_the_same_bytes(work: Work, pieces: int) -> None:
    whole = replace(work, out=work.out / "whole")
    everything = Capitals()
    translate(whole, lambda: everything, unheard)
    assert len(everything.asked) > 5
    with pytest.raises(KeyboardInterrupt):
        translate(work, lambda: Capitals(until=pieces), unheard)
    assert not work.path.exists()
    rest, heard = Capitals(), list[tuple[int, int]]()
    translate(work, lambda: rest, lambda done, total, note: heard.append((done, total)))
    assert rest.asked == everything.asked[pieces:]
    assert work.path.read_bytes() == whole.path.read_bytes()
    assert work.provenance.read_bytes() == whole.provenance.read_bytes()
    assert heard[0] == (heard[0][0], COUNT)
    assert heard[-1] == (COUNT, COUNT)
    assert (heard[0][0] > 0) == (pieces > 0)


@pytest.mark.parametrize("cut", [1, 7, 60, 500])
def test_a_half_line_of_a_killed_process_is_cut_off(work: Work, cut: int) -> None:
    whole = replace(work, out=work.out / "whole")
    translate(whole, Capitals, unheard)
    with pytest.raises(KeyboardInterrupt):
        translate(work, lambda: Capitals(until=3), unheard)
    kept = journal(work).read_bytes()
    journal(work).write_bytes(kept[:-cut])
    translate(work, Capitals, unheard)
    assert work.path.read_bytes() == whole.path.read_bytes()


def test_killed_between_the_last_piece_and_the_end_only_the_end_is_made(work: Work) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int, note: str) -> None:
        if done == total:
            raise Stopped

    with pytest.raises(Stopped):
        translate(work, Capitals, stop)
    assert journal(work).is_file()

    def no_model() -> Capitals:
        raise AssertionError("nothing is left to translate")

    closed = journal(work).read_bytes()
    assert translate(work, no_model, unheard).written == COUNT
    kept = work.path.read_bytes()
    # And once more, killed between the two files of the end, and behind them.
    for there in (False, True):
        if not there:
            work.provenance.unlink()
        journal(work).write_bytes(closed)
        assert translate(work, no_model, unheard).reused == there
        assert not journal(work).exists()
        assert work.path.read_bytes() == kept


def test_rows_that_nobody_says_the_making_of_are_never_written_over(work: Work) -> None:
    work.path.parent.mkdir(parents=True)
    work.path.write_text("by hand\n")
    with pytest.raises(UsageError, match="nothing says how it was made"):
        translate(work, Capitals, unheard)
    assert work.path.read_text() == "by hand\n"


def test_what_stands_is_neither_translated_again_nor_touched(work: Work) -> None:
    translate(work, Capitals, unheard)
    before = work.path.stat().st_mtime_ns
    idle = Capitals()
    found = translate(work, lambda: idle, unheard)
    assert found.reused
    assert not idle.asked
    assert work.path.stat().st_mtime_ns == before


DIFFERENT = {
    "beams": ("beams was 4 and is 1 now", {"settings": Settings(batch_tokens=25, beams=1)}),
    "batches": ("batch tokens was 25 and is 26", {"settings": Settings(batch_tokens=26)}),
    "limit": ("limit was 0 and is 5 now", {"limit": 5}),
    "rows": ("rows was 40 and is 39 now", {}),
    "what rows say": ("what the rows say was", {}),
    "model": ("revision was .* and is 'other' now", {}),
}


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("case", DIFFERENT)
def test_another_translation_in_the_same_place_is_refused_by_the_difference(
    work: Work, case: str, finished: bool
) -> None:
    if finished:
        translate(work, Capitals, unheard)
    else:
        with pytest.raises(KeyboardInterrupt):
            translate(work, lambda: Capitals(until=2), unheard)
    files = {path: path.read_bytes() for path in work.path.parent.iterdir() if path.is_file()}
    told, change = DIFFERENT[case]
    other = replace(work, **change)
    if case == "rows":
        other = replace(work, rows=work.rows[:-1])
    if case == "what rows say":
        other = replace(work, rows=[{**work.rows[0], "question": "x"}, *work.rows[1:]])
    if case == "model":
        other = replace(work, model=replace(work.model, revision="other"))
    with pytest.raises(UsageError, match=told):
        translate(other, Capitals, unheard)
    assert {path: path.read_bytes() for path in files} == files


def test_two_languages_and_two_tasks_have_places_of_their_own(work: Work) -> None:
    translate(work, Capitals, unheard)
    translate(replace(work, language="qac"), Capitals, unheard)
    assert sorted(path.name for path in work.path.parent.glob("*.jsonl")) == [
        "train-qab.jsonl",
        "train-qac.jsonl",
    ]


def test_a_second_process_is_refused_while_the_first_one_works(work: Work) -> None:
    with (
        Claims(work.path.parent / ".claims").hold(work.path.name),
        pytest.raises(StiltsError, match="another process is writing"),
    ):
        translate(work, Capitals, unheard)


@pytest.mark.parametrize("text", ["{", "{}", '{"schema": "other", "version": 1}'])
def test_a_provenance_that_says_nothing_is_named(work: Work, text: str) -> None:
    translate(work, Capitals, unheard)
    work.provenance.write_text(text)
    with pytest.raises(StiltsError, match=r"train-qab\.json .*remove"):
        translate(work, Capitals, unheard)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_at_the_end_loses_nothing(work: Work) -> None:
    whole = replace(work, out=work.out / "whole")
    translate(whole, Capitals, unheard)
    work.path.parent.mkdir(parents=True)
    part = work.path.with_name("train-qab.jsonl.part")
    part.symlink_to("/dev/full")
    with pytest.raises(StiltsError, match="give the same command once more"):
        translate(work, Capitals, unheard)
    part.unlink()
    idle = Capitals()
    translate(work, lambda: idle, unheard)
    assert not idle.asked
    assert work.path.read_bytes() == whole.path.read_bytes()
