"""What goes wrong while something is published: one paragraph each, or mended by trying again."""

import json
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, Unreachable, client
from adapterstilts.core.hub.uploading import Uploaded, upload, who
from tests.core.hub.publishing_there import CARD, XNLI, files, held, local
from tests.hub.people import TOKEN, User
from tests.hub.server import Hub as Served

COMMIT = "/commit/main"
BATCH = "/objects/batch"
STORE = "/upload/*"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses that are made, none of which is waited for."""
    pauses: list[float] = []
    monkeypatch.setattr(client.time, "sleep", pauses.append)
    return pauses


@pytest.fixture
def here(hub: Served, slept: list[float], monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return replace(client.here(), pauses=(0.0, 0.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return files(tmp_path / "mine")


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let nothing be said to the terminal, by anybody, and no token to a log of any level."""
    with caplog.at_level("DEBUG"):
        yield
    assert capfd.readouterr() == ("", "")
    assert TOKEN not in caplog.text


def published(here: Hub, folder: Path, **options: object) -> Uploaded:
    return upload(here, XNLI, folder, message="Trained", **options)  # type: ignore[arg-type]


def refusal(call: Callable[[], object]) -> str:
    """Return what is told, in which, and in all that led to it, there is no token."""
    with pytest.raises(StiltsError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return message


def test_without_a_token_nothing_is_asked(
    hub: Served, here: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    message = refusal(lambda: published(here, folder))
    assert message.startswith("there is no token to publish model 'someone/xnli' with: log in")
    assert "`hf auth login`, or set HF_TOKEN" in message
    assert not hub.requests


def test_a_token_that_is_not_known_is_told(
    hub: Served, here: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    for call in (lambda: published(here, folder), lambda: who(here)):
        message = refusal(call)
        assert f"{hub.url} does not know the token" in message
        assert "(401: Invalid credentials in Authorization header)" in message
        assert "hf_expired" not in message


def test_a_token_that_may_only_read_is_told_with_what_it_lacks(
    hub: Served, here: Hub, folder: Path
) -> None:
    hub.people.users[TOKEN] = User(name="someone", role="read")
    message = refusal(lambda: published(here, folder))
    assert message.startswith("the token may not write model 'someone/xnli' (403")
    assert "with write permission to what belongs to 'someone'" in message
    assert f"{hub.url}/settings/tokens" in message


def test_what_belongs_to_others_is_not_written(hub: Served, here: Hub, folder: Path) -> None:
    theirs = replace(XNLI, name="guild/xnli")
    message = refusal(lambda: upload(here, theirs, folder, message="x"))
    assert "(403" in message
    assert "or publish under a name of your own" in message


def test_a_repository_that_goes_away_meanwhile_is_told(
    hub: Served, here: Hub, folder: Path
) -> None:
    hub.fault(COMMIT, method="POST", status=404, code="RepoNotFound")
    assert "any more, or it is not for you" in refusal(lambda: published(here, folder))


def test_a_branch_that_goes_away_meanwhile_is_told(hub: Served, here: Hub, folder: Path) -> None:
    hub.fault(COMMIT, method="POST", status=404, code="RevisionNotFound")
    message = refusal(lambda: published(here, folder))
    assert "has no branch 'main' on the Hub" in message


def test_a_name_that_is_taken_for_something_else_is_told(
    hub: Served, here: Hub, folder: Path
) -> None:
    hub.fault("/repos/create", method="POST", status=409, message="You already created this")
    message = refusal(lambda: published(here, folder))
    assert "in conflict with what is on the Hub (409: You already created this)" in message


def test_a_repository_that_somebody_makes_meanwhile_is_taken(
    hub: Served, here: Hub, folder: Path
) -> None:
    hub.fault("/repos/create", method="POST", status=409, done=True)
    published(here, folder)
    assert held(hub) == local(folder)


def test_who_is_overtaken_is_told_and_changes_nothing(hub: Served, here: Hub, folder: Path) -> None:
    published(here, folder)
    files(folder, README_md=CARD + "Mine.\n")
    before = held(hub)
    hub.fault(COMMIT, method="POST", status=412, message="A commit has happened since")
    message = refusal(lambda: published(here, folder))
    assert message.startswith("somebody else has published to model 'someone/xnli' meanwhile")
    assert "run the same command again" in message
    assert held(hub) == before


def test_a_push_between_two_looks_is_never_overwritten(
    hub: Served, here: Hub, folder: Path
) -> None:
    published(here, folder)
    files(folder, README_md=CARD + "Mine.\n")
    theirs = {**held(hub), "README.md": CARD + "Theirs.\n"}

    def push(done: int, total: int, name: str) -> None:
        if done == 0:
            hub.push(XNLI.name, theirs, kind="model")

    assert "meanwhile" in refusal(lambda: published(here, folder, report=push))
    assert held(hub)["README.md"] == (CARD + "Theirs.\n").encode()


def test_a_commit_whose_answer_is_lost_is_made_once(hub: Served, here: Hub, folder: Path) -> None:
    hub.fault(COMMIT, method="POST", status=500, done=True)
    done = published(here, folder)
    assert held(hub) == local(folder)
    assert done.commit == hub.repository(XNLI.name, kind="model").branches["main"]
    titles = [each.title for each in hub.repository(XNLI.name, kind="model").commits.values()]
    assert titles.count("Trained") == 1


def test_a_pull_request_is_not_opened_twice(hub: Served, here: Hub, folder: Path) -> None:
    published(here, folder)
    files(folder, README_md=CARD + "Mine.\n")
    hub.fault(COMMIT, method="POST", cut=0)
    done = published(here, folder, pull_request=True)
    assert done.pull_request == f"{hub.url}/someone/xnli/discussions/1"
    files(folder, README_md=CARD + "Other.\n")
    hub.fault("/commit/refs/pr/1", method="POST", cut=0)
    assert published(here, folder, pull_request=True).pull_request == done.pull_request
    assert held(hub, "refs/pr/1") == local(folder)
    assert len(hub.discussions.of(hub.repository(XNLI.name, kind="model"))) == 1


def test_a_pull_request_that_never_arrived_is_told_to_be_looked_for(
    hub: Served, here: Hub, folder: Path
) -> None:
    published(here, folder)
    files(folder, README_md=CARD + "Mine.\n")
    hub.fault(COMMIT, method="POST", cut_request=0)
    message = refusal(lambda: published(here, folder, pull_request=True))
    assert f"look at {hub.url}/someone/xnli/discussions" in message
    assert published(here, folder, pull_request=True).pull_request.endswith("/discussions/1")


def test_what_is_too_large_is_told(hub: Served, here: Hub, folder: Path) -> None:
    hub.fault(COMMIT, method="POST", status=413, message="Payload too large")
    assert "larger than the Hub takes (413: Payload too large)" in refusal(
        lambda: published(here, folder)
    )


@pytest.mark.parametrize("status", [400, 422])
def test_what_the_hub_says_of_a_refusal_is_shown_on_one_line(
    hub: Served, here: Hub, folder: Path, status: int
) -> None:
    said = f"bad\x1b[31m thing\n {TOKEN} {'x' * 2000}"
    body = b'{"error": "' + said.encode("unicode_escape").replace(b"\\x", b"\\u00") + b'"}'
    hub.fault(COMMIT, method="POST", status=status, body=body, message="as asked")
    message = refusal(lambda: published(here, folder))
    assert f"does not take what was sent for model 'someone/xnli' ({status}: " in message
    assert "\x1b" not in message
    assert len(message) < 700


def test_a_card_that_the_hub_refuses_is_told_before_anything_is_sent(
    hub: Served, here: Hub, folder: Path
) -> None:
    files(folder, README_md="---\nlicense: [\n---\n# XNLI\n")
    message = refusal(lambda: published(here, folder))
    assert message.startswith("the Hub does not take the card of model 'someone/xnli': ")
    assert message.endswith("nothing was sent")
    assert not hub.asked("POST", BATCH)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/revision/main"),
        ("POST", "/repos/create"),
        ("GET", "/tree/*"),
        ("POST", "/validate-yaml"),
        ("POST", "/preupload/main"),
        ("POST", BATCH),
        ("PUT", STORE),
        ("POST", "/objects/verify"),
        ("POST", COMMIT),
    ],
)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_busy_twice_is_asked_again_wherever_that_is(
    hub: Served, here: Hub, folder: Path, method: str, path: str, status: int
) -> None:
    hub.fault(f"*{path}" if "*" in path else path, method=method, status=status, times=2)
    published(here, folder)
    assert held(hub) == local(folder)


def test_a_hub_that_says_how_long_to_wait_is_left_alone_as_long(
    hub: Served,
    here: Hub,
    folder: Path,
    slept: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub.fault(COMMIT, method="POST", status=429, headers={"Retry-After": "37"})
    published(here, folder)
    assert 37.0 in slept
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == [
        f"{hub.url} gives nothing of model someone/xnli@main for now; it is asked again in 37 s"
    ]


def test_a_hub_that_stays_busy_is_given_up(hub: Served, here: Hub, folder: Path) -> None:
    hub.fault(COMMIT, method="POST", status=500, times=-1)
    message = refusal(lambda: published(here, folder))
    assert message.startswith(f"{hub.url} answers 500 when model 'someone/xnli' is sent")
    assert "what has arrived is not sent again" in message


def test_a_store_that_stays_busy_is_not_asked_for_ever(
    hub: Served, here: Hub, folder: Path
) -> None:
    hub.fault(f"*{STORE}", method="PUT", status=500, times=-1)
    assert "answers 500" in refusal(lambda: published(here, folder))
    assert hub.asked("POST", BATCH) == 1


def test_a_connection_that_breaks_within_a_file_is_made_again(
    hub: Served, here: Hub, folder: Path
) -> None:
    files(folder, model_safetensors=bytes(3 << 20))
    hub.fault(f"*{STORE}", method="PUT", cut_request=1 << 20)
    said: list[int] = []
    published(here, folder, report=lambda done, total, name: said.append(done))
    assert held(hub) == local(folder)
    assert said == sorted(said)


@pytest.mark.parametrize("path", [BATCH, "/preupload/main", "/repos/create", COMMIT])
def test_an_answer_that_breaks_off_is_asked_for_again(
    hub: Served, here: Hub, folder: Path, path: str
) -> None:
    hub.fault(path, method="POST", cut=0)
    published(here, folder)
    assert held(hub) == local(folder)


def test_a_hub_that_takes_its_time_is_waited_for(hub: Served, here: Hub, folder: Path) -> None:
    for path in ("/preupload/main", BATCH, f"*{STORE}", COMMIT):
        hub.fault(path, method="*", hang=0.2, slow=0.1)
    published(here, folder)
    assert held(hub) == local(folder)


def test_a_hub_that_does_not_speak_as_one_is_told(hub: Served, here: Hub, folder: Path) -> None:
    hub.fault("/preupload/main", method="POST", body=b"<html>Welcome</html>", times=-1)
    message = refusal(lambda: published(here, folder))
    assert "does not answer as the Hub does" in message


@pytest.mark.parametrize("sha", ["../../../../outside", "", "main", 7, None])
def test_what_is_no_commit_never_becomes_part_of_a_path(
    hub: Served, here: Hub, folder: Path, sha: object, tmp_path: Path
) -> None:
    hub.push(XNLI.name, {"README.md": CARD}, kind="model")
    body = json.dumps({"id": XNLI.name, "sha": sha, "siblings": []}).encode()
    hub.fault("/models/someone/xnli/revision/main", body=body)
    assert "names no commit of itself" in refusal(lambda: published(here, folder))
    commit = json.dumps({"commitUrl": f"{hub.url}/x", "commitOid": sha}).encode()
    hub.fault(COMMIT, method="POST", body=commit)
    assert "names no commit of itself" in refusal(lambda: published(here, folder))
    assert not list(tmp_path.rglob("*outside*"))


def test_no_network_is_told_at_once(here: Hub, folder: Path, slept: list[float]) -> None:
    nowhere = replace(here, endpoint="http://me:hf_secret@127.0.0.1:9", pauses=client.PAUSES)
    for call in (lambda: published(nowhere, folder), lambda: who(nowhere)):
        with pytest.raises(Unreachable) as caught:
            call()
        message = str(caught.value)
        assert message.startswith("http://127.0.0.1:9 cannot be reached to publish ")
        assert "connect to the network and run the same command again" in message
        assert "hf_secret" not in "".join(traceback.format_exception(caught.value))
    assert not slept
