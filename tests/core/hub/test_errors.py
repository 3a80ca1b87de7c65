"""What goes wrong between here and the Hub, each as one paragraph, or mended by trying again."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, Repository, client, errors
from tests.hub.server import Hub as Served

DATA = Repository(name="someone/data")
LARGE = bytes(range(256)) * 1000
FILE = "en/train.parquet"


@pytest.fixture
def here(hub: Served) -> Hub:
    """Return a client with little patience."""
    hub.push(DATA.name, {FILE: LARGE, "README.md": "# Data\n"})
    return replace(client.here(), pauses=(0.0, 0.0))


def fetched(here: Hub, repository: Repository = DATA, name: str = FILE) -> Path:
    return here.fetch(here.listing(repository, here.commit(repository)), (name,)) / name


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(StiltsError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_repository_that_is_not_there_is_told_with_the_place(hub: Served, here: Hub) -> None:
    message = refusal(lambda: here.commit(Repository(name="nobody/nothing")))
    assert f"there is no dataset 'nobody/nothing' on the Hub ({hub.url}), or it is" in message
    assert "hf auth login" in message


def test_a_private_repository_is_for_those_with_a_token(
    hub: Served, here: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repository(DATA.name).tokens = frozenset({"hf_secret"})
    assert "or it is private" in refusal(lambda: here.commit(DATA))
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "or it is private" in refusal(lambda: here.commit(DATA))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert fetched(here).read_bytes() == LARGE


def test_a_gated_repository_says_where_its_terms_are(hub: Served, here: Hub) -> None:
    hub.repository(DATA.name).gated = True
    message = refusal(lambda: fetched(here))
    assert f"accept them at {hub.url}/datasets/someone/data" in message


def test_a_revision_that_is_not_there_is_named(here: Hub) -> None:
    message = refusal(lambda: here.commit(replace(DATA, revision="v9")))
    assert "dataset 'someone/data' has no revision 'v9'" in message


def test_a_file_that_went_away_is_told(hub: Served, here: Hub) -> None:
    hub.fault(FILE, method="HEAD", status=404, code="EntryNotFound")
    assert "has lost a file that its own list names" in refusal(lambda: fetched(here))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_is_busy_is_asked_again(hub: Served, here: Hub, status: int) -> None:
    hub.fault("/revision/main", status=status, times=2)
    assert fetched(here).read_bytes() == LARGE
    assert hub.asked("GET", "/revision/main") == 3


def test_a_hub_that_says_how_long_to_wait_is_left_alone_as_long(
    hub: Served, here: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    hub.fault("/revision/main", status=429, headers={"Retry-After": "37"})
    hub.fault("/revision/main", status=429, headers={"Retry-After": "90000"})
    here.commit(DATA)
    assert slept == [37.0, 300.0]


@pytest.mark.parametrize(
    ("said", "waited"),
    [
        ("Wed, 21 Oct 2015 07:29:09 GMT", 42.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:29:09 -0000", 42.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300.0),
        ("soon", 1.5),
        ("\u00b2", 1.5),
        ("-7", 1.5),
    ],
)
def test_a_hub_may_also_say_at_what_time_to_ask_again_or_nonsense(
    hub: Served, here: Hub, monkeypatch: pytest.MonkeyPatch, said: str, waited: float
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    monkeypatch.setattr(errors.time, "time", lambda: 1445412507.0)
    hub.fault("/revision/main", status=429, headers={"Retry-After": said})
    replace(here, pauses=(1.5,)).commit(DATA)
    assert slept == [waited]


def test_who_looks_on_is_told_of_a_long_wait(
    hub: Served, here: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    hub.fault("/revision/main", status=429)
    hub.fault("/revision/main", status=429, headers={"Retry-After": "37"})
    here.commit(DATA)
    assert caplog.messages == [
        f"{hub.url} gives nothing of dataset someone/data@main for now; it is asked again in 37 s"
    ]


def test_a_hub_that_stays_busy_is_given_up(hub: Served, here: Hub) -> None:
    hub.fault("/revision/main", status=429, times=-1, headers={"Retry-After": "0"})
    message = refusal(lambda: here.commit(DATA))
    assert message.startswith(f"{hub.url} answers 429 when asked for dataset 'someone/data': wait")
    assert hub.asked("GET", "/revision/main") == 3


def test_a_download_that_is_told_to_wait_goes_on(hub: Served, here: Hub) -> None:
    hub.fault(FILE, status=429, times=2, headers={"Retry-After": "0"})
    assert fetched(here).read_bytes() == LARGE


def test_a_hub_that_cannot_be_reached_is_told_with_what_to_do(here: Hub) -> None:
    nowhere = replace(here, endpoint="http://127.0.0.1:9", pauses=())
    message = refusal(lambda: nowhere.commit(DATA))
    assert message.startswith("http://127.0.0.1:9 cannot be reached for dataset 'someone/data'")
    assert "`adapterstilts fetch RECIPE --to DIR`, and here set HF_HOME=DIR" in message


def test_a_password_in_the_address_is_never_said(here: Hub) -> None:
    nowhere = replace(here, endpoint="http://me:hf_secret@127.0.0.1:9", pauses=())
    message = refusal(lambda: nowhere.commit(DATA))
    assert message.startswith("http://127.0.0.1:9 cannot be reached")
    assert "hf_secret" not in message


def test_a_note_for_which_there_is_no_room_is_told(
    here: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    message = refusal(lambda: here.commit(DATA))
    assert message.startswith("there is no space left for dataset 'someone/data': free some")


def test_a_lost_connection_goes_on_where_it_was(hub: Served, here: Hub) -> None:
    # More than the ten megabytes that huggingface_hub writes at once.
    large = bytes(range(256)) * 60_000
    hub.push(DATA.name, {FILE: large})
    hub.fault(FILE, cut=14_000_000)
    assert fetched(here).read_bytes() == large
    starts = [each.start for each in hub.requests if each.path.startswith("/store/")]
    assert (len(starts), starts[0]) == (2, 0)
    assert 0 < starts[1] <= 14_000_000


def test_what_arrives_wrong_is_removed_and_named(hub: Served, here: Hub) -> None:
    hub.fault(FILE, corrupt=True)
    message = refusal(lambda: fetched(here))
    assert f"{FILE} held something else than the Hub lists" in message
    assert "so it was removed; the same command fetches it anew" in message
    assert not list(here.cache.rglob("blobs/*"))
    assert fetched(here).read_bytes() == LARGE


def test_what_has_become_wrong_here_is_removed_too(hub: Served, here: Hub) -> None:
    for name, content in ((FILE, LARGE), ("README.md", b"# Data\n")):
        path = fetched(here, name=name)
        listing = here.listing(DATA, here.commit(DATA))
        assert len(here.verified(listing, name)) == 64
        path.resolve().write_bytes(bytes(reversed(content)))
        assert "held something else" in refusal(partial(here.verified, listing, name))
        assert fetched(here, name=name).read_bytes() == content


def test_more_of_a_file_than_there_is_is_thrown_away(hub: Served, here: Hub) -> None:
    listing = here.listing(DATA, here.commit(DATA))
    part = here.cache / "datasets--someone--data" / "blobs" / f"{listing.files[FILE].sha256}"
    part.parent.mkdir(parents=True)
    part.with_name(f"{part.name}.incomplete").write_bytes(LARGE + b"more")
    assert fetched(here).read_bytes() == LARGE


def test_how_far_a_fetch_is_never_goes_back_and_ends_with_all(hub: Served, here: Hub) -> None:
    said: list[tuple[int, int]] = []
    hub.fault(FILE, slow=0.5)
    listing = here.listing(DATA, here.commit(DATA))
    here.fetch(
        listing, list(listing.files), report=lambda done, total, _: said.append((done, total))
    )
    assert {total for _, total in said} == {len(LARGE) + 7}
    grown = [done for done, _ in said]
    assert len(grown) > 1
    assert grown == sorted(grown)
    assert grown[-1] == len(LARGE) + 7
