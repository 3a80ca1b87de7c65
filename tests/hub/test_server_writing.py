"""The server writes what plain huggingface_hub sends it, and gives it back byte for byte."""

import hashlib
import os
import threading
from pathlib import Path

import pytest
import requests
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    hf_hub_download,
    snapshot_download,
)
from huggingface_hub.utils import HfHubHTTPError

from tests.hub.server import TOKEN, Hub

NAME = "someone/thing"
CARD = "---\nlicense: mit\nlanguage: [en, sw]\n---\n# A thing\n"
LARGE = bytes(range(256)) * 5000


@pytest.fixture
def api(hub: Hub) -> HfApi:
    """Return huggingface_hub itself, as somebody who may write."""
    made = HfApi(endpoint=hub.url, token=TOKEN)
    made.create_repo(NAME)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with files of every sort."""
    made = tmp_path / "mine"
    (made / "heads" / "nli").mkdir(parents=True)
    (made / "README.md").write_text(CARD, encoding="utf-8")
    (made / "adapter.safetensors").write_bytes(LARGE)
    (made / "heads" / "nli" / "model_head.safetensors").write_bytes(b"small but large")
    (made / "heads" / "nli" / "config ü.json").write_text("{}", encoding="utf-8")
    (made / "empty.safetensors").write_bytes(b"")
    return made


def held(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def there(hub: Hub) -> dict[str, bytes]:
    """Return what the Hub has, but for what it made itself."""
    files = hub.repository(NAME, kind="model").files()
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def sent(hub: Hub, method: str = "PUT") -> list[int]:
    """Return how much came with each request of a method."""
    return [each.received for each in hub.requests if each.method == method]


def test_a_folder_that_was_sent_comes_back_as_it_was(
    hub: Hub, api: HfApi, folder: Path, tmp_path: Path
) -> None:
    done = api.upload_folder(repo_id=NAME, folder_path=folder, commit_message="All of it")
    assert there(hub) == held(folder)
    assert sorted(sent(hub)) == [len(b"small but large"), len(LARGE)]
    back = snapshot_download(NAME, endpoint=hub.url, cache_dir=tmp_path / "cache")
    assert Path(back).name == done.oid == api.model_info(NAME).sha
    assert held(Path(back)) | {".gitattributes": b""} == held(folder) | {".gitattributes": b""}


def test_what_is_listed_is_what_git_and_its_store_would_say(
    hub: Hub, api: HfApi, folder: Path
) -> None:
    api.upload_folder(repo_id=NAME, folder_path=folder)
    listed = {each.path: each for each in api.list_repo_tree(NAME, recursive=True)}
    weights, card = listed["adapter.safetensors"], listed["README.md"]
    assert weights.lfs.sha256 == hashlib.sha256(LARGE).hexdigest()
    assert weights.size == weights.lfs.size == len(LARGE)
    blob = b"blob %d\0%s" % (len(CARD), CARD.encode())
    assert (card.blob_id, card.lfs) == (hashlib.sha1(blob).hexdigest(), None)
    assert listed["empty.safetensors"].lfs is None
    assert {"heads", "heads/nli"} <= listed.keys()
    above = {each.path for each in api.list_repo_tree(NAME, "heads")}
    assert above == {"heads/nli"}
    (info,) = api.get_paths_info(NAME, ["README.md", "nowhere"])
    assert info.blob_id == card.blob_id


def test_a_large_file_comes_in_parts(hub: Hub, api: HfApi, folder: Path) -> None:
    hub.uploads.multipart, hub.uploads.part = 1_000_000, 500_000
    api.upload_folder(repo_id=NAME, folder_path=folder)
    assert there(hub) == held(folder)
    assert sorted(sent(hub)) == [15, 280_000, 500_000, 500_000]
    assert hub.asked("POST", "/complete") == 1
    assert hub.asked("POST", "/verify") == 2
    coming = hub.repository(NAME, kind="model").folder / "coming"
    assert not list(coming.iterdir())


def test_the_same_again_is_no_commit_and_sends_no_file(hub: Hub, api: HfApi, folder: Path) -> None:
    first = api.upload_folder(repo_id=NAME, folder_path=folder)
    hub.requests.clear()
    again = api.upload_folder(repo_id=NAME, folder_path=folder)
    assert again.oid == first.oid
    assert len(api.list_repo_commits(NAME)) == 2
    assert sent(hub) == []
    assert hub.asked("POST", "/commit/main") == 0


def test_what_was_changed_is_one_commit_and_alone_is_sent(
    hub: Hub, api: HfApi, folder: Path, tmp_path: Path
) -> None:
    first = api.upload_folder(repo_id=NAME, folder_path=folder)
    before, received = len(hub.requests), hub.received
    (folder / "adapter.safetensors").write_bytes(LARGE[::-1])
    (folder / "empty.safetensors").unlink()
    second = api.upload_folder(repo_id=NAME, folder_path=folder, delete_patterns="*")
    assert there(hub) == held(folder)
    assert [each.received for each in hub.requests[before:] if each.method == "PUT"] == [len(LARGE)]
    assert len(LARGE) < hub.received - received < len(LARGE) + 10_000
    newest, older, oldest = api.list_repo_commits(NAME)
    assert (newest.commit_id, older.commit_id) == (second.oid, first.oid)
    assert oldest.title == "initial commit"
    old = hf_hub_download(
        NAME, "adapter.safetensors", revision=first.oid, cache_dir=tmp_path / "cache"
    )
    assert Path(old).read_bytes() == LARGE


def test_files_are_added_copied_moved_and_removed_in_one_commit(hub: Hub, api: HfApi) -> None:
    add = {"a.bin": b"weights", "b.txt": b"text", "d/1.txt": b"1", "d/2.txt": b"2"}
    api.create_commit(
        NAME,
        [CommitOperationAdd(path, content) for path, content in add.items()],
        commit_message="Add",
        commit_description="With a word",
    )
    assert there(hub) == add
    api.create_commit(
        NAME,
        [
            CommitOperationCopy("a.bin", "c.bin"),
            CommitOperationCopy("b.txt", "c.txt"),
            CommitOperationDelete("a.bin"),
            CommitOperationDelete("d/"),
        ],
        commit_message="Move",
    )
    assert there(hub) == {"b.txt": b"text", "c.bin": b"weights", "c.txt": b"text"}
    api.delete_file("b.txt", NAME)
    assert "b.txt" not in api.list_repo_files(NAME)


def test_a_file_of_any_name_is_large_from_some_size_on(hub: Hub, api: HfApi) -> None:
    hub.uploads.plain = 1000
    files = {"small.json": b"x" * 1000, "big.json": b"x" * 1001}
    for path, content in files.items():
        api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=NAME)
    listed = {each.path: each.lfs for each in api.list_repo_tree(NAME)}
    assert listed["small.json"] is None
    assert listed["big.json"].size == 1001
    assert there(hub) == files


def test_what_a_gitignore_names_stays_where_it_is(hub: Hub, api: HfApi, folder: Path) -> None:
    (folder / ".gitignore").write_text("# not these\nheads/\n*.tmp\n", encoding="utf-8")
    (folder / "x.tmp").write_bytes(b"no")
    api.upload_folder(repo_id=NAME, folder_path=folder)
    names = {".gitignore", "README.md", "adapter.safetensors", "empty.safetensors"}
    assert there(hub).keys() == names


def test_datasets_and_models_of_one_name_are_two_things(hub: Hub, api: HfApi) -> None:
    url = api.create_repo(NAME, repo_type="dataset", private=True)
    assert (url.repo_id, url.repo_type, url.endpoint) == (NAME, "dataset", hub.url)
    api.upload_file(
        path_or_fileobj=b"1", path_in_repo="a.parquet", repo_id=NAME, repo_type="dataset"
    )
    assert there(hub) == {}
    assert hub.repository(NAME).files()["a.parquet"] == b"1"
    assert api.dataset_info(NAME).private and not api.model_info(NAME).private


def test_many_at_once_lose_nothing(hub: Hub, api: HfApi) -> None:
    def send(number: int) -> None:
        path = f"{number}.bin"
        api.upload_file(path_or_fileobj=path.encode(), path_in_repo=path, repo_id=NAME)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert there(hub) == {f"{number}.bin": f"{number}.bin".encode() for number in range(8)}
    assert len(api.list_repo_commits(NAME)) == 9


def test_a_large_file_never_lies_in_memory(hub: Hub, api: HfApi, tmp_path: Path) -> None:
    import tracemalloc

    from tests.hub.messages import CHUNK, Body, Counter

    path = tmp_path / "zeros"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 64 << 20)
    tracemalloc.start()
    try:
        with path.open("rb") as stream:
            body = Body(stream, length=64 << 20, counter=Counter())
            kept = body.save(tmp_path / "kept")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert kept.size == body.received == 64 << 20
    assert most < 4 * CHUNK


def test_a_pointer_to_nothing_is_not_committed(hub: Hub, api: HfApi) -> None:
    add = CommitOperationAdd("a.bin", b"never sent")
    add._upload_mode, add._is_uploaded = "lfs", True
    with pytest.raises(HfHubHTTPError, match="pointed to a file that does not exist") as caught:
        api.create_commit(NAME, [add], commit_message="Add")
    assert caught.value.response.status_code == 400
    assert there(hub) == {}


def test_a_commit_of_nothing_is_a_commit_when_it_is_asked_for(hub: Hub, api: HfApi) -> None:
    before = api.create_commit(NAME, [], commit_message="Nothing").oid
    assert len(api.list_repo_commits(NAME)) == 1
    url, headers = f"{hub.url}/api/models/{NAME}/commit/main", {"Authorization": f"Bearer {TOKEN}"}
    line = b'{"key": "header", "value": {"summary": "Nothing", "description": "at all"}}'
    said = requests.post(url, data=line, headers=headers, timeout=5).json()
    assert said["commitOid"] == api.model_info(NAME).sha != before
    assert there(hub) == {}
    for wrong in (b"", b"{", b'{"key": "file", "value": {"path": "a", "content": ""}}\n' + line):
        assert requests.post(url, data=wrong, headers=headers, timeout=5).status_code == 400
    up = b'\n{"key": "file", "value": {"path": "../a", "content": ""}}'
    assert requests.post(url, data=line + up, headers=headers, timeout=5).status_code == 400
    assert api.model_info(NAME).sha == said["commitOid"]
