"""Whole folders: of one thing, and the one that leads to all that is published of a recipe."""

import json
from pathlib import Path

from adapterstilts.core.records import Score, read_rows
from adapterstilts.publishing.folder import history
from adapterstilts.publishing.writing import write, write_index
from tests.publishing.conftest import Grid

NAMES = ("toy-xnli seq_bn/stack(toy-nli)", "toy-xnli seq_bn/target", "toy-xnli full/target")


def written(grid: Grid, out: Path) -> Path:
    items = [(f"me/x{number}", grid.one(name)) for number, name in enumerate(NAMES)]
    write_index(items, out, repository="me/x")
    return out


def files_of(at: Path) -> set[str]:
    return {path.relative_to(at).as_posix() for path in at.rglob("*") if path.is_file()}


def test_the_same_is_the_same_byte_for_byte(grid: Grid, tmp_path: Path) -> None:
    item = grid.one("toy-xnli seq_bn/fuse(toy-nli, toy-squad)")
    for name in ("one", "other"):
        write(item, tmp_path / name, repository="me/mine")

    one, other = (
        {name: (tmp_path / at / name).read_bytes() for name in sorted(files_of(tmp_path / at))}
        for at in ("one", "other")
    )
    assert one == other
    assert "README.md" in one


def test_an_index_has_every_score_once_whoever_has_it_as_a_baseline(
    grid: Grid, tmp_path: Path
) -> None:
    out = written(grid, tmp_path / "out")
    rows = list(read_rows(out / "scores.jsonl", Score))
    conditions = {(row.method, row.composition, row.source) for row in rows}
    assert ("seq_bn", "stack", "toy-nli") in conditions
    assert ("full", "target", "") in conditions
    assert len({(row.stage, row.language, row.metric) for row in rows}) == len(rows)


def test_an_index_names_its_files_and_what_is_published(grid: Grid, tmp_path: Path) -> None:
    out = written(grid, tmp_path / "out")
    said = json.loads((out / "records.json").read_text(encoding="utf-8"))
    assert said["files"] == sorted(path.name for path in out.iterdir())
    assert [each["repository"] for each in said["published"]] == ["me/x0", "me/x1", "me/x2"]
    assert said["published"][0]["stage"] == grid.one(NAMES[0]).own.record.id
    led = history.read_index(out / "records.json")
    assert list(led) == ["me/x0", "me/x1", "me/x2"]
    assert led["me/x0"] == f"{said['published'][0]['expression']} by {said['published'][0]['way']}"
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert all(f"me/x{number}" in card for number in range(len(NAMES)))


def test_an_index_is_the_same_whenever_it_is_written(grid: Grid, tmp_path: Path) -> None:
    one, other = (written(grid, tmp_path / name) for name in ("one", "other"))
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes()


def test_an_index_says_nothing_of_this_machine(grid: Grid, tmp_path: Path) -> None:
    out = written(grid, tmp_path / "out")
    place = str(grid.store.root.parent)
    for path in out.iterdir():
        text = path.read_text(encoding="utf-8")
        assert place not in text, path
        assert str(tmp_path) not in text, path
