"""Names and lists of files that become paths on this machine."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.hub import cached
from adapterstilts.core.hub.cached import Listing, RemoteFile, Repository

COMMIT, BLOB, DIGEST = "c" * 40, "b" * 40, "a" * 64
MINE = Repository(name="someone/nli", kind="model")


def file(**other: Any) -> RemoteFile:
    return RemoteFile(**{"size": 10, "sha256": DIGEST, "blob": BLOB, **other})


@pytest.mark.parametrize(
    "name",
    ["README.md", ".gitattributes", "a/b/c.json", "model-00001-of-00002.safetensors", "ä/ö.json"],
)
def test_a_plain_name_is_kept(name: str) -> None:
    assert cached.safe_files({name: file()}).keys() == {name}


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/a",
        "a/",
        "a//b",
        "./a",
        "a/./b",
        "a/../b",
        "../../a",
        "a\\b",
        "c:a",
        "a\0",
        "a\n",
        "\x1b[2J",
        "\u202ea",
        "a ",
        "a.",
        "nul",
        "a/CON.json",
        "com1.txt",
        "a" * 256,
        "/".join(["a"] * 600),
        "\ud800",
        None,
        1,
        ["a"],
    ],
)
def test_a_name_that_leads_away_or_is_none_somewhere_is_never_looked_at(name: Any) -> None:
    files = {name: file()} if name is None or not isinstance(name, list) else {}
    assert cached.safe_files(files) == {}


@given(st.text())
def test_a_name_that_is_kept_stays_below_its_folder(name: str) -> None:
    for kept in cached.safe_files({name: file()}):
        path = Path("/snapshot") / kept
        assert path.is_relative_to("/snapshot") and ".." not in path.parts
        assert kept.isprintable()


@pytest.mark.parametrize(
    "said",
    [
        {"size": -1},
        {"size": 2**60},
        {"size": "10"},
        {"size": 1.0},
        {"size": True},
        {"size": None},
        {"sha256": "../../x"},
        {"sha256": "A" * 64},
        {"sha256": 1},
        {"sha256": "", "blob": "/etc/passwd"},
        {"blob": "z" * 40},
        {"blob": None},
        {"sha256": "", "blob": ""},
    ],
)
def test_a_file_of_no_size_or_digest_is_unsound(tmp_path: Path, said: dict[str, Any]) -> None:
    assert file().is_sound and file(sha256="").is_sound and file(blob="").is_sound
    assert not file(**said).is_sound
    listing = Listing(repository=MINE, commit=COMMIT, files={"a": file()})
    cached.keep_listing(tmp_path, listing)
    assert cached.listing(tmp_path, MINE, COMMIT) == listing
    (path,) = tmp_path.rglob(f"{COMMIT}.json")
    found = json.loads(path.read_text())
    row = {"name": "a", "size": 10, "sha256": DIGEST, "blob": BLOB, **said}
    path.write_text(json.dumps({**found, "files": [list(row.values())]}))
    assert cached.listing(tmp_path, MINE, COMMIT) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"null", b"[" * 9999, b"\xff", b'{"files": 1}']
)
def test_a_list_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    path = cached.folder(tmp_path, MINE) / "listings" / f"{COMMIT}.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert cached.listing(tmp_path, MINE, COMMIT) is None
