"""A Hub that is away: what it last said is taken, or it is told soon that there is nothing."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts.api.reaching import reaching
from adapterstilts.core.hub import Hub, NotHere, Unreachable

ASKED = """
import json, sys
import adapterstilts as stilts
from adapterstilts.api.showing.show import show

said = []
for ask in (lambda: show("hub(a/b)"), lambda: stilts.load("toyworld", "hub(a/b)")):
    try:
        ask()
    except stilts.StiltsError as error:
        said.append(type(error).__name__)
heavy = ("numpy", "yaml", "adapterstilts.modeling", "adapterstilts.plan", "huggingface_hub.hf_api")
sys.stdout.write(json.dumps([said, [name for name in heavy if name in sys.modules]]))
"""


@pytest.fixture
def dead() -> str:
    """Return an address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_nothing_that_would_read_an_answer_is_imported_before_there_is_one(
    dead: str, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        capture_output=True,
        text=True,
        check=True,
        env={**kept, "HF_ENDPOINT": dead, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": ""},
    )
    assert json.loads(done.stdout) == [["Unreachable", "Unreachable"], []]


def test_what_the_cache_has_is_taken_where_the_hub_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def act(client: Hub) -> str:
        if not client.offline:
            raise Unreachable("away: what to do", "away")
        return "last said"

    assert reaching(act, offline=False) == "last said"
    assert caplog.messages == ["away: what it last said is taken from the cache"]


def test_where_the_cache_has_nothing_it_is_told_that_the_hub_is_away() -> None:
    def act(client: Hub) -> None:
        raise NotHere("not here") if client.offline else Unreachable("away: what to do", "away")

    with pytest.raises(Unreachable, match="away: what to do"):
        reaching(act, offline=False)
