"""A pull request is opened once, and gone on with as long as it is open."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, client, proposing
from adapterstilts.core.hub.uploading import Uploaded, upload
from tests.core.hub.publishing_there import CARD, WEIGHTS, XNLI, files, held, local
from tests.hub.discussions import Discussion
from tests.hub.messages import as_json
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

LISTED = "/someone/xnli/discussions"
OTHER = "hf_other"


@pytest.fixture
def here(hub: Served, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a client of somebody with a token, and with little patience."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return replace(client.here(), pauses=(0.0,))


@pytest.fixture
def folder(hub: Served, here: Hub, tmp_path: Path) -> Path:
    """Return a folder that differs from what is published."""
    folder = files(tmp_path / "mine")
    upload(here, XNLI, folder, message="Trained")
    return files(folder, README_md=CARD + "Better.\n")


def proposed(here: Hub, folder: Path, message: str = "Trained") -> Uploaded:
    return upload(replace(here), XNLI, folder, message=message, pull_request=True)


def there(hub: Served) -> list[Discussion]:
    """Return every pull request and discussion."""
    return hub.discussions.of(hub.repository(XNLI.name, kind="model"))


def sends(hub: Served) -> int:
    """Return how often something was sent that would change the repository."""
    words = ("/commit/", "/preupload/", "/objects/batch", "/upload/")
    return sum(any(word in each.path for word in words) for each in hub.requests)


def test_what_is_proposed_already_is_not_sent_and_its_page_is_told(
    hub: Served, here: Hub, folder: Path
) -> None:
    first = proposed(here, folder)
    before, received = sends(hub), hub.received
    again = proposed(here, folder)
    assert again.pull_request == first.pull_request == f"{hub.url}/someone/xnli/discussions/1"
    assert (again.unchanged, again.commit) == (True, first.commit)
    assert (sends(hub), hub.received) == (before, received)
    assert len(there(hub)) == 1


def test_what_has_changed_is_one_commit_onto_the_open_one(
    hub: Served, here: Hub, folder: Path
) -> None:
    first = proposed(here, folder)
    main = held(hub)
    files(folder, README_md=CARD + "Better.\n", adapter_safetensors=WEIGHTS[::-1])
    again = proposed(here, folder)
    assert again.pull_request == first.pull_request
    assert again.sent == ("adapter.safetensors",)
    assert held(hub, "refs/pr/1") == local(folder)
    assert held(hub) == main
    kinds = [event["type"] for event in there(hub)[0].events]
    assert kinds == ["comment", "commit", "commit"]
    assert there(hub)[0].events[0]["data"]["latest"]["raw"] == proposing.description("Trained")


def test_whoever_may_only_propose_goes_on_as_well(
    hub: Served, here: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.join(OTHER, "other")
    monkeypatch.setenv("HF_TOKEN", OTHER)
    proposed(here, folder)
    files(folder, adapter_safetensors=WEIGHTS[::-1])
    assert proposed(here, folder).pull_request.endswith("/discussions/1")
    assert held(hub, "refs/pr/1") == local(folder)
    assert there(hub)[0].author == "other"


@pytest.mark.parametrize("end", ["closed", "merged"])
def test_one_that_is_closed_is_left_alone_and_another_opened_where_main_differs(
    hub: Served, here: Hub, folder: Path, end: str
) -> None:
    proposed(here, folder)
    api = HfApi(endpoint=hub.url, token=TOKEN)
    if end == "merged":
        api.merge_pull_request(XNLI.name, 1)
        assert proposed(here, folder).pull_request == ""
        files(folder, README_md=CARD + "Best.\n")
    else:
        api.change_discussion_status(XNLI.name, 1, "closed")
    assert proposed(here, folder).pull_request.endswith("/discussions/2")
    assert [each.status for each in there(hub)] == [end, "open"]


def test_a_draft_of_another_title_is_known_by_what_it_says(
    hub: Served, here: Hub, folder: Path
) -> None:
    proposed(here, folder)
    HfApi(endpoint=hub.url, token=TOKEN).rename_discussion(XNLI.name, 1, "Please look")
    there(hub)[0].status = "draft"
    assert proposed(here, folder).pull_request.endswith("/discussions/1")


def test_what_others_have_opened_or_we_for_something_else_is_left_alone(
    hub: Served, here: Hub, folder: Path
) -> None:
    hub.join(OTHER, "other")
    text = proposing.description("Trained")
    HfApi(endpoint=hub.url, token=OTHER).create_pull_request(XNLI.name, "Trained", description=text)
    mine = HfApi(endpoint=hub.url, token=TOKEN)
    mine.create_discussion(XNLI.name, "Trained", description=text)
    mine.create_pull_request(XNLI.name, "Mend a word", description="By hand.")
    mine.create_branch(XNLI.name, branch="v1")
    at = replace(XNLI, revision="v1")
    files(folder, adapter_safetensors=WEIGHTS[::-1])
    elsewhere = upload(here, at, folder, message="Trained", pull_request=True)
    assert elsewhere.pull_request.endswith("/discussions/4")
    assert proposed(here, folder, "Trained otherwise").pull_request.endswith("/discussions/5")
    assert proposed(here, folder).pull_request.endswith("/discussions/6")
    assert [held(hub, f"refs/pr/{number}") for number in (1, 3)] == [held(hub)] * 2


def listed(**changes: Any) -> bytes:
    """Return a page with one pull request of ours, changed so."""
    usual = {
        "num": 1,
        "title": "Trained",
        "author": {"name": "someone"},
        "createdAt": "2026-01-01T00:00:00.000Z",
        "status": "open",
        "isPullRequest": True,
        "repo": {"name": XNLI.name, "type": "model"},
    }
    page = {"discussions": [{**usual, **changes}], "count": 1, "start": 0}
    return as_json(page).body


@pytest.mark.parametrize(
    "changes",
    [
        {"num": -1},
        {"num": True},
        {"num": 2**40},
        {"num": "../../1"},
        {"status": ["open"]},
        {"author": {"name": 7}},
        {"isPullRequest": "yes"},
        {"title": {"a": "b"}, "status": "closed"},
    ],
)
def test_what_no_hub_says_of_a_pull_request_is_none_of_ours(
    hub: Served, here: Hub, folder: Path, changes: dict[str, Any]
) -> None:
    hub.fault(LISTED, body=listed(**changes))
    assert proposed(here, folder).pull_request.endswith("/discussions/1")
    assert len(there(hub)) == 1


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"count": 1, "start": 0, "discussions": [3]}'])
def test_an_answer_that_is_none_is_told(
    hub: Served, here: Hub, folder: Path, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    hub.fault(LISTED, body=body, times=-1)
    with caplog.at_level(logging.DEBUG), pytest.raises(StiltsError) as caught:
        proposed(here, folder)
    assert "does not answer as the Hub does for model 'someone/xnli'" in str(caught.value)
    assert there(hub) == []


def test_pages_without_an_end_are_read_no_further(
    hub: Served, here: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "MOST", 3)
    body = listed(author={"name": "nobody"}).replace(b'"count": 1', b'"count": 9000000')
    hub.fault(LISTED, body=body, times=-1)
    assert proposed(here, folder).pull_request.endswith("/discussions/1")
    assert sum(each.path.endswith(LISTED) for each in hub.requests) <= 4
