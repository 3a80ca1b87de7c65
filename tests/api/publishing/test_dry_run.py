"""A folder that is written whole or not at all, and what is never overwritten."""

import json
from pathlib import Path

import pytest

from adapterstilts.api.publishing.dry_run import check, check_all, room, settled
from adapterstilts.core.errors import StiltsError, UsageError


def publication(folder: Path, *, more: str = "adapter.safetensors") -> str:
    """Leave the files of a publication; return a word."""
    folder.mkdir(exist_ok=True)
    names = ["README.md", "records.json", more]
    (folder / "README.md").write_text("# Mine")
    (folder / more).parent.mkdir(exist_ok=True)
    (folder / more).write_text("weights")
    (folder / "records.json").write_text(
        json.dumps({"schema": "adapterstilts/published", "files": names})
    )
    return "written"


def names(folder: Path) -> list[str]:
    every = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in every)


def test_what_was_there_of_a_publication_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    assert settled(out, publication) == "written"
    assert names(out) == ["README.md", "adapter.safetensors", "records.json"]
    settled(out, lambda folder: publication(folder, more="heads/nli.safetensors"))
    assert names(out) == ["README.md", "heads/nli.safetensors", "records.json"]
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_empty_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    settled(Path("out"), publication)
    assert "README.md" in names(tmp_path / "out")


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    settled(tmp_path / "out", publication)

    def fail(folder: Path) -> None:
        publication(folder, more="other.safetensors")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        settled(tmp_path / "out", fail)
    assert names(tmp_path / "out") == ["README.md", "adapter.safetensors", "records.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"files": 3}', '{"files": ["thesis.tex"]}'])
def test_what_no_publication_has_left_is_never_removed(tmp_path: Path, manifest: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years")
    (folder / "records.json").write_text(manifest)
    with pytest.raises(UsageError, match="is no part of a publication"):
        settled(folder, publication)
    assert (folder / "thesis.tex").read_text() == "years"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for refuse in (check, check_all):
        with pytest.raises(UsageError, match="is in use"):
            refuse(tmp_path / "out")


def test_a_folder_of_publications_holds_nothing_else(tmp_path: Path) -> None:
    check_all(tmp_path / "nowhere")
    settled(tmp_path / "one", publication)
    check_all(tmp_path)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"two is in use: mine\.txt"):
        check_all(tmp_path)


def test_what_is_sent_is_written_beside_the_store_and_goes(tmp_path: Path) -> None:
    with room(tmp_path) as folder:
        assert folder.is_relative_to(tmp_path / ".partial")
        assert folder.is_dir()
    assert not folder.exists()


def test_where_there_is_no_store_to_write_to_it_is_written_elsewhere(tmp_path: Path) -> None:
    with room(tmp_path / "nowhere") as folder:
        assert not folder.is_relative_to(tmp_path / "nowhere")
        assert folder.is_dir()
    assert not (tmp_path / "nowhere").exists()


def test_what_a_killed_process_has_left_goes_with_the_next(tmp_path: Path, monkeypatch) -> None:
    from adapterstilts.core import owners

    left = tmp_path / ".partial" / f"publish~{_dead(owners)}~0123abcd"
    left.mkdir(parents=True)
    with room(tmp_path):
        assert not left.exists()


@pytest.mark.parametrize("name", ["out", "out~1"])
def test_what_a_killed_dry_run_has_left_beside_its_folder_goes_with_the_next(
    tmp_path: Path, name: str
) -> None:
    from adapterstilts.core import owners

    dead, living = _dead(owners), str(owners.this_process())
    left = tmp_path / f".{name}~{dead}~0123abcd"
    stay = [
        tmp_path / f".{name}~{living}~0123abcd",
        tmp_path / f".other~{dead}~0123abcd",
        tmp_path / f".{name}~backup~0123abcd",
    ]
    for each in (left, *stay):
        each.mkdir()
        publication(each / name)
    settled(tmp_path / name, publication)
    assert not left.exists()
    assert all((each / name / "README.md").exists() for each in stay)


def test_what_another_dry_run_is_writing_is_no_foreign_thing(tmp_path: Path) -> None:
    from adapterstilts.core import owners

    settled(tmp_path / "one", publication)
    (tmp_path / f".two~{owners.this_process()}~0123abcd" / "two").mkdir(parents=True)
    (tmp_path / f".two~{owners.this_process()}~0123abcd" / "two" / "half").write_text("")
    check_all(tmp_path)


def _dead(owners) -> str:
    """Return how a process names itself that is gone."""
    import subprocess
    import sys

    script = (
        "import sys; from adapterstilts.core import owners\n"
        "sys.stdout.write(str(owners.this_process()))"
    )
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout


def test_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StiltsError, match=r"nothing can be written to .*file .*another place"):
        settled(tmp_path / "file" / "out", lambda folder: None)
