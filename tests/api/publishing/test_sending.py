"""One publication is written beside the store, sent, and gone."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.api.publishing.sending import Manner, Publication, connected, sent, written
from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Repository
from adapterstilts.core.store import Store
from tests.hub.people import TOKEN
from tests.hub.server import Hub

THERE = Repository(name="someone/x", kind="model")
WEIGHTS = bytes(range(256)) * 2000


class Heard:
    """Keeps all that a listener hears."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []

    def planned(self, total: int, reused: int) -> None:
        self.said.append(("planned", total, reused))

    def started(self, id: str, label: str, index: int, total: int) -> None:
        self.said.append(("started", id, index, total))

    def advanced(self, id: str, done: int, total: int, note: str = "") -> None:
        self.said.append(("advanced", done, total))

    def finished(self, id: str, seconds: float) -> None:
        self.said.append(("finished", id))

    def failed(self, id: str, message: str) -> None:
        self.said.append(("failed", id, message))


@pytest.fixture(autouse=True)
def there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a Hub that knows us."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "runs").mkdir()
    return Store(tmp_path / "runs")


def publication(weights: bytes = WEIGHTS, *, size: int = 1000) -> Publication:
    """Return a publication of two files."""

    def write(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.md").write_text("---\nlicense: mit\n---\n# Mine\n", encoding="utf-8")
        (folder / "heads").mkdir()
        (folder / "heads" / "model.safetensors").write_bytes(weights)

    return Publication(
        repository=THERE, title="mine", size=size, write=write, warnings=("look at it",)
    )


def test_what_is_written_is_counted(tmp_path: Path) -> None:
    found = written(publication(), tmp_path / "out")
    assert found.files == ("README.md", "heads/model.safetensors")
    assert found.bytes == sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.*"))
    assert (found.state, found.layout, found.warnings) == ("written", None, ("look at it",))


def test_what_came_of_it_is_told_and_its_folder_is_gone(store: Store) -> None:
    client = connected(THERE, Manner())
    states = [
        sent(publication(weights), client, Manner(), store, Heard())
        for weights in (WEIGHTS, WEIGHTS, WEIGHTS[:-1])
    ]
    assert [each.state for each in states] == ["new", "unchanged", "changed"]
    assert [each.sent for each in states] == [states[0].bytes, 0, len(WEIGHTS) - 1]
    assert states[0].commit == states[1].commit != states[2].commit
    assert {each.folder for each in states} == {None}
    assert not list((store.root / ".partial").iterdir())


def test_how_far_it_is_is_told_in_the_bytes_that_were_estimated(store: Store) -> None:
    heard = Heard()
    sent(publication(), connected(THERE, Manner()), Manner(), store, heard, place=(2, 7))
    assert heard.said[0] == ("started", "someone/x", 2, 7)
    assert heard.said[-1] == ("finished", "someone/x")
    advanced = [each[1:] for each in heard.said if each[0] == "advanced"]
    assert advanced[0] == (0, 1000)
    assert advanced[-1] == (1000, 1000)
    assert advanced == sorted(advanced)


def test_what_fails_leaves_no_folder(store: Store, there: Hub) -> None:
    there.fault("/commit/main", method="POST", status=403, message="closed", times=-1)
    heard = Heard()
    with pytest.raises(StiltsError, match="closed"):
        sent(publication(), connected(THERE, Manner()), Manner(), store, heard)
    assert not list((store.root / ".partial").iterdir())
    assert ("finished", "someone/x") not in heard.said


def test_a_full_disk_names_the_store_that_it_is_beside(store: Store, there: Hub) -> None:
    def full(folder: Path) -> None:
        folder.mkdir(parents=True)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    whole = replace(publication(), write=full)
    with pytest.raises(StiltsError, match="no space is left on its disk; free some") as caught:
        sent(whole, connected(THERE, Manner()), Manner(), store, Heard())
    assert f"the store {store.root}" in str(caught.value)
    assert not list((store.root / ".partial").iterdir())
    assert not there.repository(THERE.name, kind="model").branches


def test_whoever_proposes_need_not_own_it(there: Hub) -> None:
    with pytest.raises(StiltsError, match="no right to write"):
        connected(Repository(name="nobody/x", kind="model"), Manner())
    proposing = Manner(pull_request=True)
    assert connected(Repository(name="nobody/x", kind="model"), proposing).endpoint == there.url
