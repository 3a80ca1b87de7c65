"""The server serves what no real Hub would: odd paths, listings that lie, bodies without an end."""

from pathlib import Path

import pytest
import requests
from huggingface_hub import HfApi, hf_hub_download

from tests.hub.server import Hub, Odd

NAME = "evil/thing"
PATHS = (
    "../../outside",
    "/etc/passwd",
    "a\\..\\b",
    "a\nb\x1b[31m",
    "x/../../y",
    "\u202etxt.exe",
    "..",
)


def listed(hub: Hub) -> dict[str, dict[str, object]]:
    """Return a listing as it is sent."""
    url = f"{hub.url}/api/models/{NAME}/tree/main?recursive=True"
    found = requests.get(url, timeout=5).json()
    return {each["path"]: each for each in found if each["type"] != "directory"}


def get(hub: Hub, path: str, **how: object) -> requests.Response:
    """Return what a path is answered with."""
    url = f"{hub.url}/{NAME}/resolve/main/{path}"
    return requests.get(url, timeout=5, **how)  # type: ignore[arg-type]


def test_any_path_is_listed_as_it_is_and_lies_nowhere_else(hub: Hub, tmp_path: Path) -> None:
    hub.push(NAME, dict.fromkeys(PATHS, b"x"), kind="model")
    assert listed(hub).keys() == set(PATHS)
    siblings = HfApi(endpoint=hub.url).model_info(NAME).siblings
    assert {each.rfilename for each in siblings} == set(PATHS)
    files = {path.name for path in (tmp_path / "served").rglob("*") if path.is_file()}
    assert len(files) == 1
    assert not (tmp_path / "outside").exists()


def test_a_listing_says_what_it_is_told_to(hub: Hub) -> None:
    lfs = {"oid": "0" * 64, "size": 1 << 50, "pointerSize": 134}
    files = {
        "config.json": Odd(b"{}", listed={"size": -1, "oid": "../.."}),
        "a.safetensors": Odd(b"x", listed={"size": 1 << 50, "lfs": lfs}),
        "plain": Odd(b"x", listed={"path": "../elsewhere"}),
        "link": Odd(b"/etc/passwd", listed={"type": "symlink"}),
    }
    hub.push(NAME, files, kind="model")
    found = listed(hub)
    assert (found["config.json"]["size"], found["config.json"]["oid"]) == (-1, "../..")
    assert found["a.safetensors"]["lfs"] == lfs
    assert "../elsewhere" in found and "plain" not in found
    assert found["link"]["type"] == "symlink"
    assert get(hub, "link").content == b"/etc/passwd"


def test_a_file_has_another_size_than_was_announced(hub: Hub, tmp_path: Path) -> None:
    short = {"Content-Length": "1000000000000"}
    files = {"a.json": Odd(b"{}", headers=short), "b.bin": Odd(b"x" * 9, listed={"size": 3})}
    hub.push(NAME, files, kind="model")
    assert requests.head(f"{hub.url}/{NAME}/resolve/main/a.json", timeout=5).headers[
        "Content-Length"
    ] == str(10**12)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(hub, "a.json")
    with pytest.raises(OSError, match="Consistency check failed"):
        hf_hub_download(NAME, "b.bin", cache_dir=tmp_path / "cache")


def test_a_body_never_ends(hub: Hub) -> None:
    hub.push(NAME, {"a.bin": Odd(b"abc" * 1000, endless=True)}, kind="model")
    with get(hub, "a.bin", stream=True) as answer:
        assert "Content-Length" not in answer.headers
        got = sum(
            len(piece) for _, piece in zip(range(100), answer.iter_content(9000), strict=False)
        )
    assert got == 900_000


def test_a_whole_answer_is_replaced(hub: Hub) -> None:
    hub.push(NAME, {"a.json": b"{}"}, kind="model")
    hub.fault(f"*/{NAME}/tree/*", body=b"[" * 10_000, times=-1)
    url = f"{hub.url}/api/models/{NAME}/tree/main"
    assert requests.get(url, timeout=5).content == b"[" * 10_000
    hub.faults.clear()
    assert [each["path"] for each in requests.get(url, timeout=5).json()] == ["a.json"]


def test_ranges_are_answered_as_asked(hub: Hub) -> None:
    hub.push(NAME, {"a.bin": bytes(range(100))}, kind="model")
    part = get(hub, "a.bin", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/100"
    rest = get(hub, "a.bin", headers={"Range": "bytes=90-"})
    assert (rest.status_code, rest.content) == (206, bytes(range(90, 100)))
    over = get(hub, "a.bin", headers={"Range": "bytes=100-"})
    assert (over.status_code, over.headers["Content-Range"]) == (416, "bytes */100")


def test_headers_that_become_names_on_disk_say_what_they_are_told_to(hub: Hub) -> None:
    wrong = {"X-Repo-Commit": "../../x", "X-Linked-Etag": '"../y"', "Location": "file:///etc/hosts"}
    files = {"a.json": Odd(b"{}", headers=wrong), "b.bin": Odd(b"x", headers=wrong)}
    hub.push(NAME, files, kind="model")
    for name, status in (("a.json", 200), ("b.bin", 302)):
        url = f"{hub.url}/{NAME}/resolve/main/{name}"
        answer = requests.head(url, timeout=5, allow_redirects=False)
        assert answer.status_code == status
        assert {header: answer.headers[header] for header in wrong} == wrong
