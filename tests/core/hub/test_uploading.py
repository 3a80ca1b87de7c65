"""A folder goes to a Hub of our own: once, again, changed, and what else is in the repository."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Hub, client
from adapterstilts.core.hub.uploading import Uploaded, upload, who
from tests.core.hub.publishing_there import CARD, WEIGHTS, XNLI, files, held, local
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

WRITING = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def here(hub: Served, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a client of somebody with a token, and with little patience."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return replace(client.here(), pauses=(0.0, 0.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return files(tmp_path / "mine")


def published(here: Hub, folder: Path, **options: object) -> Uploaded:
    return upload(here, XNLI, folder, message="Trained", **options)  # type: ignore[arg-type]


def writes(hub: Served) -> int:
    """Return how often the Hub was asked to change something."""
    return sum(each.method in WRITING for each in hub.requests)


def commits(hub: Served) -> list[str]:
    """Return what the commits of the main branch say, newest first."""
    repository = hub.repository(XNLI.name, kind="model")
    found, at = [], repository.at("main")
    while at is not None:
        found.append(at.title)
        at = repository.at(at.parent) if at.parent else None
    return found


def refusal(call: Callable[[], object], kind: type[StiltsError] = StiltsError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_becomes_one_commit_of_a_repository_that_is_made(
    hub: Served, here: Hub, folder: Path
) -> None:
    done = published(here, folder)
    assert held(hub) == local(folder)
    assert commits(hub)[0] == "Trained"
    assert commits(hub).count("Trained") == 1
    assert done.url == f"{hub.url}/someone/xnli"
    assert done.commit == hub.repository(XNLI.name, kind="model").branches["main"]
    assert sorted(done.sent) == sorted(local(folder))
    assert done.bytes == sum(map(len, local(folder).values()))
    assert (done.removed, done.pull_request, done.unchanged) == ((), "", False)
    assert not hub.repository(XNLI.name, kind="model").private


def test_what_is_there_already_is_not_sent_again(hub: Served, here: Hub, folder: Path) -> None:
    first = published(here, folder)
    before, sent = writes(hub), hub.counter.total
    again = published(here, folder)
    assert again.commit == first.commit
    assert again.unchanged
    assert (writes(hub), hub.counter.total) == (before, sent)
    assert published(replace(here, cache=folder.parent / "empty"), folder).unchanged
    assert (writes(hub), hub.counter.total) == (before, sent)


def test_what_has_changed_is_one_commit_and_the_rest_stays_where_it_is(
    hub: Served, here: Hub, folder: Path
) -> None:
    first = published(here, folder)
    before = hub.counter.total
    files(folder, README_md=CARD + "Better.\n", scores_jsonl="{}\n")
    second = published(here, folder)
    assert sorted(second.sent) == ["README.md", "scores.jsonl"]
    assert second.commit != first.commit
    assert commits(hub).count("Trained") == 2
    assert held(hub) == local(folder)
    assert hub.counter.total - before < len(WEIGHTS) // 10
    files(folder, adapter_safetensors=WEIGHTS[::-1])
    assert published(here, folder).sent == ("README.md", "adapter.safetensors")
    assert held(hub) == local(folder)


def test_what_the_publication_before_had_goes_and_what_others_put_there_stays(
    hub: Served, here: Hub, folder: Path
) -> None:
    (folder / "old.safetensors").write_bytes(WEIGHTS[:100])
    names = [*local(folder), "records.json", "logo.png"]
    files(folder, records_json=json.dumps({"schema": "adapterstilts/records", "files": names}))
    published(here, folder)
    theirs = {"notes/why.md": "By hand.\n", "logo.png": b"\x89PNG"}
    hub.push(XNLI.name, {**held(hub), **theirs}, kind="model")
    (folder / "old.safetensors").unlink()
    files(folder, records_json='{"files": ["README.md"]}')
    done = published(here, folder)
    # What has our name for a file is ours, whoever wrote it last.
    assert done.removed == ("logo.png", "old.safetensors")
    assert held(hub) == {**local(folder), "notes/why.md": b"By hand.\n"}


def test_weights_of_somebody_else_that_stay_beside_ours_are_told(
    hub: Served, here: Hub, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.push(XNLI.name, {"pytorch_model.bin": b"x", "logo.png": b"\x89PNG"}, kind="model")
    published(here, folder)
    (warning,) = caplog.messages
    assert "keeps pytorch_model.bin, which is none of what is published" in warning
    assert {"pytorch_model.bin", "logo.png"} <= held(hub).keys()


def test_a_card_that_somebody_else_has_written_is_not_replaced_without_a_word(
    hub: Served, here: Hub, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = hub.push(XNLI.name, {"README.md": "# Mine\n", "logo.png": b"\x89PNG"}, kind="model")
    named = json.dumps({"schema": "adapterstilts/records", "files": [*local(folder)]})
    files(folder, records_json=named)
    published(here, folder)
    (warning,) = caplog.messages
    assert "had README.md of somebody else" in warning
    assert before in warning
    caplog.clear()
    files(folder, README_md=CARD + "Better.\n")
    published(here, folder)
    assert not caplog.messages


@pytest.mark.parametrize(
    "manifest",
    [
        "{",
        "[]",
        '{"schema": "adapterstilts/records", "files": 3}',
        '{"schema": "adapterstilts/records", "files": ["old.bin", 3]}',
        '{"schema": "adapterstilts/records"}',
        '{"schema": "elsewhere/records", "files": ["old.bin"]}',
        '{"files": ["old.bin"]}',
        "[" * 100_000,
    ],
)
def test_a_repository_that_does_not_say_what_was_published_loses_nothing(
    hub: Served, here: Hub, folder: Path, manifest: str
) -> None:
    hub.push(XNLI.name, {"records.json": manifest, "old.bin": b"old"}, kind="model")
    assert published(here, folder).removed == ()
    assert held(hub) == {**local(folder), "old.bin": b"old"}


def test_a_branch_is_made_where_there_is_none(hub: Served, here: Hub, folder: Path) -> None:
    published(here, folder)
    main = held(hub)
    files(folder, README_md=CARD + "Second.\n")
    v2 = replace(XNLI, revision="v2/seed-1")
    done = upload(here, v2, folder, message="Seed 1")
    assert done.url == f"{hub.url}/someone/xnli/tree/v2/seed-1"
    assert done.sent == ("README.md",)
    assert held(hub) == main
    assert held(hub, "v2/seed-1") == local(folder)
    assert upload(here, v2, folder, message="Seed 1").unchanged


def test_a_change_can_be_proposed(hub: Served, here: Hub, folder: Path) -> None:
    published(here, folder)
    assert published(here, folder, pull_request=True).pull_request == ""
    main = held(hub)
    files(folder, README_md=CARD + "Better.\n")
    done = published(here, folder, pull_request=True)
    assert done.pull_request.startswith(f"{hub.url}/someone/xnli/discussions/")
    assert held(hub) == main
    number = done.pull_request.rpartition("/")[2]
    assert held(hub, f"refs/pr/{number}") == local(folder)
    files(folder, README_md=CARD + "Best.\n")
    upload(here, replace(XNLI, revision=f"refs/pr/{number}"), folder, message="More")
    assert held(hub, f"refs/pr/{number}") == local(folder)
    assert held(hub) == main


def test_nothing_can_be_proposed_to_what_is_not_there(here: Hub, folder: Path) -> None:
    message = refusal(lambda: published(here, folder, pull_request=True))
    assert "that a change could be proposed to" in message
    assert "publish it without a pull request" in message


def test_a_repository_is_private_from_the_start_where_that_is_asked_for(
    hub: Served, here: Hub, folder: Path
) -> None:
    published(here, folder, private=True)
    assert hub.repository(XNLI.name, kind="model").private
    assert published(here, folder, private=True).unchanged


def test_what_is_there_becomes_private_where_that_is_asked_for_and_never_public(
    hub: Served, here: Hub, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    published(here, folder)
    repository = hub.repository(XNLI.name, kind="model")
    assert not caplog.messages
    with caplog.at_level(logging.WARNING):
        published(here, folder, private=True)
        assert repository.private
        published(here, folder, private=False)
        published(here, folder)
    assert repository.private
    assert caplog.messages == [
        "someone/xnli was public and is private now",
        "someone/xnli is private and stays so: its settings can make it public",
    ]


def test_what_is_public_takes_no_proposal_that_was_to_be_private(
    hub: Served, here: Hub, folder: Path
) -> None:
    published(here, folder)
    files(folder, README_md=CARD + "Secret.\n")
    before = hub.counter.total
    message = refusal(lambda: published(here, folder, pull_request=True, private=True))
    assert "'someone/xnli' is public, and so is what is proposed to it" in message
    assert hub.counter.total == before


@pytest.mark.parametrize("name", ["../xnli", "a/b/c", "", "someone/a--b", "what is this?"])
def test_a_name_that_is_none_is_refused_before_anything_is_sent(
    hub: Served, here: Hub, folder: Path, name: str
) -> None:
    wrong = replace(XNLI, name=name)
    assert "is no name of a model" in refusal(
        lambda: upload(here, wrong, folder, message="x"), UsageError
    )
    assert not hub.requests


def test_a_name_that_the_hub_does_not_take_is_told_as_such(here: Hub, folder: Path) -> None:
    wrong = replace(XNLI, name="someone/xnli-")
    message = refusal(lambda: upload(here, wrong, folder, message="x"), UsageError)
    assert message.startswith("the Hub has no names like that of model 'someone/xnli-': ")


def test_what_the_hub_leaves_out_unsaid_is_told(hub: Served, here: Hub, folder: Path) -> None:
    hub.push(XNLI.name, {".gitignore": "*.safetensors\n"}, kind="model")
    message = refusal(lambda: published(here, folder))
    assert "published without adapter.safetensors, heads/xnli/model_head.safetensors: " in message
    hub.push(XNLI.name, {".gitignore": "*.log\n"}, kind="model")
    published(here, folder)
    assert held(hub) == {**local(folder), ".gitignore": b"*.log\n"}


def test_nothing_is_published_at_a_commit_offline_or_from_an_empty_folder(
    hub: Served, here: Hub, folder: Path, tmp_path: Path
) -> None:
    at = replace(XNLI, revision="0" * 40)
    assert "name a branch" in refusal(lambda: upload(here, at, folder, message="x"), UsageError)
    offline = replace(here, offline=True)
    assert "run without --offline" in refusal(lambda: published(offline, folder))
    assert not hub.requests
    (tmp_path / "none").mkdir()
    assert "is empty" in refusal(lambda: published(here, tmp_path / "none"))


def test_how_far_it_is_never_goes_back_and_all_of_it_is_known_from_the_start(
    hub: Served, here: Hub, folder: Path
) -> None:
    said: list[tuple[int, int, str]] = []
    files(folder, model_safetensors=bytes(1 << 20))
    hub.fault("/upload/*", method="PUT", slow_request=0.15, times=-1)
    done = published(here, folder, report=lambda *news: said.append(news))
    assert {total for _, total, _ in said} == {done.bytes}
    grown = [each for each, _, _ in said]
    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (0, done.bytes)
    assert len({*grown}) > 2
    names = {name for _, _, name in said} - {""}
    assert names
    assert names <= set(done.sent)


def test_whoever_publishes_is_known_by_the_token(
    hub: Served, here: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert who(here) == "someone"
    assert "offline" in refusal(lambda: who(replace(here, offline=True)))
    monkeypatch.delenv("HF_TOKEN")
    before = len(hub.requests)
    message = refusal(lambda: who(here))
    assert message.endswith("log in with `hf auth login`, or set HF_TOKEN")
    assert len(hub.requests) == before
