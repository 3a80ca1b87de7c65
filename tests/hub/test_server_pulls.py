"""The server's branches, tags and pull requests, as plain huggingface_hub makes them."""

import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.utils import HfHubHTTPError, RevisionNotFoundError

from tests.hub.server import TOKEN, Hub

NAME = "someone/thing"


@pytest.fixture
def api(hub: Hub) -> HfApi:
    """Return huggingface_hub itself, as somebody who may write, with a repository of one file."""
    made = HfApi(endpoint=hub.url, token=TOKEN)
    made.create_repo(NAME)
    add(made, "a.txt", b"one")
    return made


def add(api: HfApi, path: str, content: bytes, **how: object) -> object:
    """Return what adding a file gives."""
    return api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=NAME, **how)


def there(hub: Hub, revision: str = "main") -> dict[str, bytes]:
    """Return what a revision has, but for what the Hub made itself."""
    files = hub.repository(NAME, kind="model").files(revision)
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def test_a_branch_is_made_before_it_is_written_to(hub: Hub, api: HfApi) -> None:
    with pytest.raises(RevisionNotFoundError):
        add(api, "b.txt", b"two", revision="v1/next")
    api.create_branch(NAME, branch="v1/next")
    add(api, "b.txt", b"two", revision="v1/next")
    assert there(hub) == {"a.txt": b"one"}
    assert there(hub, "v1/next") == {"a.txt": b"one", "b.txt": b"two"}
    assert api.model_info(NAME, revision="v1/next").sha != api.model_info(NAME).sha
    names = {branch.name: branch.ref for branch in api.list_repo_refs(NAME).branches}
    assert names == {"main": "refs/heads/main", "v1/next": "refs/heads/v1/next"}
    api.delete_branch(NAME, branch="v1/next")
    assert api.list_repo_refs(NAME).branches[0].name == "main"


def test_a_branch_that_is_there_is_refused_unless_that_is_fine(hub: Hub, api: HfApi) -> None:
    first = api.model_info(NAME).sha
    add(api, "b.txt", b"two")
    api.create_branch(NAME, branch="old", revision=first)
    with pytest.raises(HfHubHTTPError, match="Reference already exists") as caught:
        api.create_branch(NAME, branch="old")
    assert caught.value.response.status_code == 409
    api.create_branch(NAME, branch="old", exist_ok=True)
    assert there(hub, "old") == {"a.txt": b"one"}
    with pytest.raises(RevisionNotFoundError):
        api.create_branch(NAME, branch="older", revision="nowhere")


def test_a_tag_is_a_name_for_a_commit_and_takes_no_other(hub: Hub, api: HfApi) -> None:
    api.create_tag(NAME, tag="v1.0")
    add(api, "a.txt", b"two")
    assert there(hub, "v1.0") == {"a.txt": b"one"}
    assert [tag.name for tag in api.list_repo_refs(NAME).tags] == ["v1.0"]
    with pytest.raises(HfHubHTTPError) as caught:
        api.create_tag(NAME, tag="v1.0")
    assert caught.value.response.status_code == 409
    with pytest.raises(RevisionNotFoundError):
        add(api, "c.txt", b"", revision="v1.0")
    api.delete_tag(NAME, tag="v1.0")
    assert api.list_repo_refs(NAME).tags == []


def test_a_pull_request_changes_nothing_until_it_is_merged(hub: Hub, api: HfApi) -> None:
    done = add(api, "b.bin", b"two", create_pr=True, commit_description="Please")
    assert (done.pr_num, done.pr_revision) == (1, "refs/pr/1")
    assert done.pr_url == f"{hub.url}/{NAME}/discussions/1"
    assert there(hub) == {"a.txt": b"one"}
    assert there(hub, "refs/pr/1") == {"a.txt": b"one", "b.bin": b"two"}
    add(api, "c.txt", b"three", revision="refs/pr/1")
    add(api, "a.txt", b"changed meanwhile")
    (found,) = api.get_repo_discussions(NAME)
    assert (found.num, found.status, found.is_pull_request) == (1, "open", True)
    assert (found.author, found.git_reference) == ("someone", "refs/pr/1")
    details = api.get_discussion_details(NAME, 1)
    assert [event.type for event in details.events] == ["comment", "commit", "commit"]
    assert details.events[0].content == "Please"
    assert details.target_branch == "refs/heads/main"
    api.merge_pull_request(NAME, 1)
    assert there(hub) == {"a.txt": b"changed meanwhile", "b.bin": b"two", "c.txt": b"three"}
    merged = api.get_discussion_details(NAME, 1)
    assert (merged.status, merged.merge_commit_oid) == ("merged", api.model_info(NAME).sha)


def test_a_pull_request_that_has_conflicts_is_not_merged(hub: Hub, api: HfApi) -> None:
    add(api, "a.txt", b"mine", create_pr=True)
    add(api, "a.txt", b"theirs")
    with pytest.raises(HfHubHTTPError, match="conflicts") as caught:
        api.merge_pull_request(NAME, 1)
    assert caught.value.response.status_code == 409
    assert there(hub) == {"a.txt": b"theirs"}


def test_a_pull_request_may_be_made_empty_and_filled(hub: Hub, api: HfApi) -> None:
    made = api.create_pull_request(NAME, "More", description="Soon")
    assert (made.num, made.status, made.title) == (1, "draft", "More")
    add(api, "b.txt", b"two", revision="refs/pr/1")
    with pytest.raises(HfHubHTTPError, match="draft"):
        api.merge_pull_request(NAME, 1)
    api.change_discussion_status(NAME, 1, "open")
    api.merge_pull_request(NAME, 1, comment="Thank you")
    assert there(hub) == {"a.txt": b"one", "b.txt": b"two"}


def test_whoever_may_only_read_may_still_ask(hub: Hub, api: HfApi) -> None:
    hub.join("hf_other", "other")
    other = HfApi(endpoint=hub.url, token="hf_other")
    with pytest.raises(HfHubHTTPError, match="create_pr=1") as caught:
        add(other, "b.bin", b"two")
    assert caught.value.response.status_code == 403
    done = add(other, "b.bin", b"two", create_pr=True)
    assert there(hub, done.pr_revision) == {"a.txt": b"one", "b.bin": b"two"}
    assert [each.author for each in api.get_repo_discussions(NAME)] == ["other"]


def test_discussions_have_pages_and_are_found_by_what_they_are(hub: Hub, api: HfApi) -> None:
    for number in range(12):
        api.create_discussion(NAME, f"Question {number}")
    add(api, "b.txt", b"two", create_pr=True)
    api.change_discussion_status(NAME, 3, "closed")
    assert len(list(api.get_repo_discussions(NAME))) == 13
    pulls = api.get_repo_discussions(NAME, discussion_type="pull_request")
    assert [each.num for each in pulls] == [13]
    closed = api.get_repo_discussions(NAME, discussion_status="closed")
    assert [each.title for each in closed] == ["Question 2"]


def test_a_commit_on_what_has_moved_is_refused(hub: Hub, api: HfApi) -> None:
    first = api.model_info(NAME).sha
    add(api, "a.txt", b"moved")
    late = [CommitOperationAdd("b.txt", b"late")]
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as caught:
        api.create_commit(NAME, late, commit_message="Late", parent_commit=first)
    assert caught.value.response.status_code == 412
    assert there(hub) == {"a.txt": b"moved"}
    late = [CommitOperationAdd("b.txt", b"late")]
    done = api.create_commit(NAME, late, commit_message="Late", parent_commit=first, create_pr=True)
    assert there(hub, done.pr_revision) == {"a.txt": b"one", "b.txt": b"late"}
    api.merge_pull_request(NAME, done.pr_num)
    assert there(hub) == {"a.txt": b"moved", "b.txt": b"late"}
