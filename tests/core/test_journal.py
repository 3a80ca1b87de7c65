import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.journal import Journal, line, unlost, write_whole

HEADER = {"what": "work", "number": 3}
ITEMS = st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=6), min_size=1, max_size=2)
PIECES = st.lists(st.lists(ITEMS, min_size=1, max_size=3), max_size=4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / ".rows.journal"


def test_nothing_has_been_begun_where_there_is_no_file(path: Path) -> None:
    assert Journal(path).header() is None
    assert not path.parent.exists()


def test_what_was_closed_is_read_again_in_its_order(path: Path) -> None:
    kept = Journal(path)
    kept.begin(HEADER)
    kept.append([{"row": "ä\n\u2028b"}, {"row": 2}])
    kept.append([])
    kept.append([{"lost": "gone"}])
    assert Journal(path).header() == HEADER
    assert Journal(path).resume() == 3
    assert list(kept.items()) == [{"row": "ä\n\u2028b"}, {"row": 2}, {"lost": "gone"}]


@given(pieces=PIECES, data=st.data())
def test_cut_off_anywhere_it_goes_on_from_the_last_closed_piece(pieces, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "journal"
    kept = Journal(path)
    kept.begin(HEADER)
    ends, held = [path.stat().st_size], [0]
    for piece in pieces:
        kept.append(piece)
        ends.append(path.stat().st_size)
        held.append(held[-1] + len(piece))
    whole = path.read_bytes()
    cut = data.draw(st.integers(ends[0], len(whole)))
    path.write_bytes(whole[:cut])
    closed = sum(end <= cut for end in ends) - 1
    assert Journal(path).resume() == held[closed]
    assert path.read_bytes() == whole[: ends[closed]]
    for piece in pieces[closed:]:
        kept.append(piece)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("rest", [b'{"row": 1', b"\0\0\0\n", b"[1]\n", b'{"row": 1}\n'])
def test_what_is_behind_the_last_closed_piece_is_neither_read_nor_kept(path: Path, rest) -> None:
    kept = Journal(path)
    kept.begin(HEADER)
    kept.append([{"row": 0}])
    whole = path.read_bytes()
    with path.open("ab") as stream:
        stream.write(rest)
    assert list(kept.items()) == [{"row": 0}]
    assert kept.resume() == 1
    assert path.read_bytes() == whole


def test_a_first_line_that_was_cut_off_is_no_beginning(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(line(HEADER).encode()[:-3])
    assert Journal(path).header() is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_with_the_file_and_the_remedy(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    with pytest.raises(StiltsError) as caught:
        Journal(path).append([{"row": 1}])
    assert str(caught.value) == (
        f"cannot write {path}: {os.strerror(errno.ENOSPC)}; free some space there and give the"
        " same command once more: what is finished is kept, and it goes on from there"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_whole(path, ["old\n"])
    (tmp_path / "rows.jsonl.part").symlink_to("/dev/full")
    with pytest.raises(StiltsError, match="cannot write"):
        write_whole(path, ["new\n"] * 10_000)
    assert path.read_text() == "old\n"


def test_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), unlost(tmp_path):
        raise PermissionError(errno.EACCES, "no", str(tmp_path))


def test_a_whole_file_is_utf_8_with_plain_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    write_whole(path, [line({"text": "Zürich\r\n東京"})])
    assert path.read_bytes() == '{"text": "Zürich\\r\\n東京"}\n'.encode()
    assert json.loads(path.read_text(encoding="utf-8")) == {"text": "Zürich\r\n東京"}
    assert [each.name for each in path.parent.iterdir()] == ["rows.jsonl"]
