"""Questions that are answered byte by byte, or never: given up in time, whoever asks."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub.utils import get_session

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Hub, Repository, Unreachable, asking, client
from adapterstilts.core.hub.asking import aside, asked
from adapterstilts.core.hub.collecting import collect
from adapterstilts.core.hub.errors import NoAnswer
from adapterstilts.core.hub.uploading import upload, who
from tests.core.hub.publishing_there import XNLI, files
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

MODEL = Repository(name="someone/xnli", kind="model")


@pytest.fixture
def here(hub: Served, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a client of a Hub with a model, who waits a moment for an answer."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.push(MODEL.name, {"README.md": "It is there.\n"}, kind="model")
    monkeypatch.setattr(asking, "PATIENCE", 0.3)
    return replace(client.here(), pauses=(0.0, 0.0))


def refused(ask: Callable[[], object]) -> str:
    with pytest.raises(Unreachable) as caught:
        ask()
    return str(caught.value)


@pytest.mark.parametrize("how", [{"drip": 0.05}, {"hang": 30.0}])
def test_what_drips_or_hangs_is_given_up_and_told_as_a_network_that_is_away(
    hub: Served, here: Hub, how: dict[str, float]
) -> None:
    hub.fault(f"/models/{MODEL.name}/revision/main", times=-1, **how)
    said = refused(lambda: here.commit(MODEL))
    assert said.startswith(f"{hub.url} cannot be reached for model 'someone/xnli' (no whole answer")
    assert "within 0.3 s): connect to the network and run again; or on a machine with" in said
    assert hub.asked("GET", "/revision/main") == 1


def test_who_publishes_is_given_up_as_well(hub: Served, here: Hub, tmp_path: Path) -> None:
    folder = files(tmp_path / "mine")
    hub.fault("/whoami-v2", drip=0.05)
    assert "to publish anything (no whole answer" in refused(lambda: who(here))
    hub.fault("/revision/main", drip=0.05)
    assert "to publish model" in refused(lambda: upload(here, XNLI, folder, message="x"))
    hub.fault("/api/collections", method="POST", drip=0.05)
    item = [(MODEL.name, "")]
    assert "to publish collection 'Mine'" in refused(
        lambda: collect(here, title="Mine", namespace="someone", items=item)
    )


def test_a_list_of_many_pages_has_that_time_for_each(
    hub: Served, here: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 1.0)
    moment = 0.4

    def ask() -> int:
        for _ in range(3):
            time.sleep(moment)
            get_session().get(f"{hub.url}/api/models/{MODEL.name}")
        return 3

    assert asked("a list", ask) == 3


def test_what_is_asked_beside_raises_here_and_knows_where_it_was_asked_from(here: Hub) -> None:
    def fail() -> None:
        assert threading.current_thread() is not threading.main_thread()
        raise StiltsError("not so")

    with pytest.raises(StiltsError, match="not so"):
        asked("it", fail)
    with client.patient():
        found, error = aside(client.here).get()
    assert (found.prompt, error) == (False, None)


def test_nothing_more_is_asked_once_nobody_waits(hub: Served, here: Hub) -> None:
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ask() -> None:
        time.sleep(0.5)
        try:
            get_session().get(f"{hub.url}/api/models/{MODEL.name}")
        except NoAnswer as error:
            ended.put(str(error))

    with pytest.raises(NoAnswer, match=r"no whole answer within 0\.3 s"):
        asked("it", ask)
    assert ended.get(timeout=30) == "nobody waits for it any more"
