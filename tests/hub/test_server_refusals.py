"""The server refuses and fails as the Hub does, and whatever fails leaves nothing that shows."""

import socket
import time
from pathlib import Path

import pytest
import requests
from huggingface_hub import CommitOperationAdd, HfApi, hf_hub_download, snapshot_download
from huggingface_hub.utils import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
)

from tests.hub.server import TOKEN, Hub

NAME = "someone/thing"
LARGE = bytes(range(256)) * 5000


@pytest.fixture
def api(hub: Hub) -> HfApi:
    """Return huggingface_hub itself, as somebody who may write."""
    made = HfApi(endpoint=hub.url, token=TOKEN)
    made.create_repo(NAME)
    return made


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let huggingface_hub wait for nothing before it tries again."""
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)


def add(api: HfApi, path: str = "a.bin", content: bytes = LARGE) -> object:
    """Return what adding a file gives."""
    return api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=NAME)


def there(hub: Hub) -> dict[str, bytes]:
    """Return what the Hub has, but for what it made itself."""
    files = hub.repository(NAME, kind="model").files()
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def status(error: BaseException) -> int:
    """Return the status that an error came from."""
    assert isinstance(error, requests.HTTPError) and error.response is not None
    return error.response.status_code


def test_a_token_says_who_somebody_is_and_where_they_may_write(hub: Hub, api: HfApi) -> None:
    said = api.whoami()
    assert (said["name"], said["type"]) == ("someone", "user")
    assert {org["name"]: org["roleInOrg"] for org in said["orgs"]} == {
        "lab": "admin",
        "guild": "read",
    }
    assert said["auth"]["accessToken"]["role"] == "write"
    assert api.create_repo("lab/thing").repo_id == "lab/thing"
    for name in ("guild/thing", "stranger/thing"):
        with pytest.raises(HfHubHTTPError, match="You don't have the rights") as caught:
            api.create_repo(name)
        assert status(caught.value) == 403


@pytest.mark.parametrize("token", [False, "hf_unknown"])
def test_nobody_may_write_and_is_not_known(hub: Hub, api: HfApi, token: str | bool) -> None:
    nobody = HfApi(endpoint=hub.url, token=token)
    with pytest.raises(requests.HTTPError) as caught:
        HfApi(endpoint=hub.url).whoami(token="hf_unknown")
    assert status(caught.value) == 401
    for call in (lambda: nobody.create_repo("someone/other"), lambda: add(nobody)):
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert status(refused.value) == 401
    assert there(hub) == {}


def test_a_token_to_read_does_not_write(hub: Hub, api: HfApi) -> None:
    hub.join("hf_reader", "someone", role="read")
    reader = HfApi(endpoint=hub.url, token="hf_reader")
    assert reader.whoami()["auth"]["accessToken"]["role"] == "read"
    with pytest.raises(HfHubHTTPError) as caught:
        add(reader)
    assert status(caught.value) == 403
    assert hub.asked("PUT") == 0


def test_a_private_repository_is_there_for_its_own_alone(
    hub: Hub, api: HfApi, tmp_path: Path
) -> None:
    hub.join("hf_other", "other", orgs={"someone-else": "admin"})
    add(api)
    api.update_repo_settings(NAME, private=True)
    assert api.model_info(NAME).private
    assert snapshot_download(NAME, token=TOKEN, cache_dir=tmp_path / "mine")
    for token, code in ((False, 401), ("hf_other", 404)):
        with pytest.raises(RepositoryNotFoundError) as caught:
            hf_hub_download(NAME, "a.bin", token=token, cache_dir=tmp_path / "theirs")
        assert status(caught.value) == code
    api.update_repo_settings(NAME, private=False)
    assert hf_hub_download(NAME, "a.bin", token=False, cache_dir=tmp_path / "theirs")


def test_a_repository_is_made_once_and_can_go(hub: Hub, api: HfApi) -> None:
    with pytest.raises(HfHubHTTPError, match="You already created this model repo") as caught:
        api.create_repo(NAME)
    assert status(caught.value) == 409
    assert caught.value.response.json()["url"].endswith(f"/{NAME}")
    assert api.create_repo(NAME, exist_ok=True).repo_id == NAME
    api.delete_repo(NAME)
    with pytest.raises(RepositoryNotFoundError) as missing:
        add(api)
    assert status(missing.value) == 404
    api.delete_repo(NAME, missing_ok=True)
    api.create_repo(NAME)
    assert there(hub) == {}


def test_what_is_not_there_cannot_be_removed(hub: Hub, api: HfApi) -> None:
    with pytest.raises(EntryNotFoundError, match="A file with this name doesn't exist"):
        api.delete_file("nowhere.txt", NAME)
    add(api, "d", b"x")
    with pytest.raises(HfHubHTTPError, match="both a file and a folder") as caught:
        add(api, "d/e", b"x")
    assert status(caught.value) == 400


def test_too_many_requests_says_when_to_come_back(hub: Hub, api: HfApi) -> None:
    hub.fault("/commit/main", method="POST", status=429, headers={"Retry-After": "7"})
    with pytest.raises(HfHubHTTPError) as caught:
        add(api)
    assert status(caught.value) == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert there(hub) == {}
    add(api)
    assert there(hub) == {"a.bin": LARGE}


@pytest.mark.usefixtures("hasty")
def test_a_store_that_fails_twice_takes_it_the_third_time(hub: Hub, api: HfApi) -> None:
    hub.fault("/upload/*", method="PUT", status=500, times=2)
    add(api)
    assert there(hub) == {"a.bin": LARGE}
    assert hub.asked("PUT") == 3
    assert hub.received > 3 * len(LARGE)


@pytest.mark.usefixtures("hasty")
def test_a_connection_that_breaks_while_a_part_is_sent_is_taken_up(hub: Hub, api: HfApi) -> None:
    hub.uploads.multipart, hub.uploads.part = 1_000_000, 500_000
    hub.fault("/upload/*", method="PUT", after=1, cut_request=100_000)
    add(api)
    assert there(hub) == {"a.bin": LARGE}
    counts = [each.received for each in hub.requests if each.method == "PUT"]
    assert len(counts) == 4
    assert 100_000 <= counts[1] < 500_000


def test_whoever_is_gone_half_way_leaves_nothing_that_shows(hub: Hub, api: HfApi) -> None:
    add(api, "a.bin", b"one")
    hub.fault("/commit/main", method="POST", cut_request=10)
    with pytest.raises(requests.ConnectionError):
        add(api)
    assert there(hub) == {"a.bin": b"one"}
    before = hub.asked("PUT")
    add(api)
    assert there(hub) == {"a.bin": LARGE}
    assert hub.asked("PUT") == before  # The large file was there already.


def test_a_client_that_dies_while_it_sends_is_noticed(hub: Hub, api: HfApi) -> None:
    add(api, "a.bin", b"one")
    host, _, port = hub.url.removeprefix("http://").partition(":")
    head = f"POST /api/models/{NAME}/commit/main HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Authorization: Bearer {TOKEN}\r\nContent-Length: 100000\r\n\r\n"
    line = '{"key": "header", "value": {"summary": "Half"}}\n'
    line += '{"key": "deletedFile", "value": {"path": "a.bin"}}\n'
    with socket.create_connection((host, int(port))) as client:
        client.sendall((head + line).encode())
    while hub.requests[-1].received < len(line):
        time.sleep(0.01)
    assert len(api.list_repo_commits(NAME)) == 2
    assert there(hub) == {"a.bin": b"one"}


def test_what_was_done_is_done_though_nobody_hears_of_it(hub: Hub, api: HfApi) -> None:
    hub.fault("/commit/main", method="POST", status=502, done=True)
    with pytest.raises(HfHubHTTPError) as caught:
        add(api)
    assert status(caught.value) == 502
    assert there(hub) == {"a.bin": LARGE}
    hub.fault("/commit/main", method="POST", cut=5)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        add(api, "b.bin")
    assert there(hub).keys() == {"a.bin", "b.bin"}


def test_a_hub_that_says_nothing_is_given_up(hub: Hub, api: HfApi) -> None:
    hub.fault("/revision/main", hang=30)
    with pytest.raises(requests.Timeout):
        api.model_info(NAME, revision="main", timeout=0.2)
    assert api.model_info(NAME, revision="main", timeout=5).id == NAME


def test_what_comes_is_not_what_was_announced(hub: Hub, api: HfApi) -> None:
    hub.uploads.multipart, hub.uploads.part = 1_000_000, 500_000
    announced = CommitOperationAdd("a.bin", LARGE).upload_info
    said = requests.post(
        f"{hub.url}/{NAME}.git/info/lfs/objects/batch",
        headers={"Authorization": f"Bearer {TOKEN}"},
        json={
            "transfers": ["basic", "multipart", "xet"],
            "objects": [{"oid": announced.sha256.hex(), "size": announced.size}],
        },
        timeout=5,
    ).json()
    assert said["transfer"] == "multipart"
    header = said["objects"][0]["actions"]["upload"]["header"]
    tags = [
        requests.put(header[str(number)], data=part, timeout=5).headers["ETag"]
        for number, part in ((1, b"other"), (2, b"things"), (3, b"x"))
    ]
    complete = said["objects"][0]["actions"]["upload"]["href"]

    def done(*named: str) -> int:
        parts = [{"partNumber": n, "etag": tag} for n, tag in enumerate(named, start=1)]
        body = {"oid": announced.sha256.hex(), "parts": parts}
        return requests.post(complete, json=body, timeout=5).status_code

    assert [done(*tags[:2]), done(tags[1], tags[0], tags[2]), done(*tags)] == [400, 400, 400]
    wrong = complete.replace("/upload/", "/upload/0")
    assert requests.post(wrong, json={"parts": []}, timeout=5).status_code == 403
    assert not hub.repository(NAME, kind="model").large(announced.sha256.hex()).exists()


def test_what_comes_in_chunks_of_unknown_length_is_all_read(hub: Hub, api: HfApi) -> None:
    pieces = (b'{"items": ', b"", b"[" + b"1," * 100_000 + b"1]}")
    url = f"{hub.url}/api/models/{NAME}/preupload/main"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    before = hub.received
    said = requests.post(url, data=iter(filter(None, pieces)), headers=headers, timeout=5)
    assert said.json() == {"files": []}
    assert hub.received - before == sum(map(len, pieces))
    wrong = requests.post(url, data=b"{", headers=headers, timeout=5)
    assert wrong.status_code == 400


def test_a_fault_happens_as_often_as_asked_to_what_it_is_meant_for(hub: Hub, api: HfApi) -> None:
    hub.fault(f"*/{NAME}/*", method="*", status=503, times=2, after=1)
    urls = [f"{hub.url}/api/models/{NAME}/{word}/main" for word in ("revision", "tree", "commits")]
    found = [requests.get(url, timeout=5).status_code for url in (*urls, urls[0])]
    assert found == [200, 503, 503, 200]
    assert requests.get(f"{hub.url}/api/models/{NAME}", timeout=5).status_code == 200


def test_what_there_is_is_found_by_whoever_may_see_it(hub: Hub, api: HfApi) -> None:
    api.create_repo("lab/hidden-thing", private=True)
    hub.push("other/data", {"a": b"1"})
    hub.repository("someone/never-made", kind="model")
    nobody = HfApi(endpoint=hub.url, token=False)
    assert {each.id for each in api.list_models(search="THING")} == {NAME, "lab/hidden-thing"}
    assert [each.id for each in nobody.list_models()] == [NAME]
    assert [each.id for each in nobody.list_datasets(author="other")] == ["other/data"]
