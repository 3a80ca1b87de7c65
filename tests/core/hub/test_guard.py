"""Answers of a Hub that would become a path, or never end."""

from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download
from huggingface_hub.utils import get_session

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import guard
from adapterstilts.core.hub.guard import guarded
from tests.hub.server import Hub, Odd

NAME = "evil/thing"


@pytest.fixture
def lying(hub: Hub) -> Hub:
    """Return a Hub some of whose answers are not what they should be."""
    away = '"../../../../outside"'
    files = {
        "good.json": b"{}",
        "away.json": Odd(b"{}", headers={"ETag": away}),
        "large.bin": Odd(b"x", headers={"X-Linked-Etag": away}),
        "commit.json": Odd(b"{}", headers={"X-Repo-Commit": "../../outside"}),
        "endless.json": Odd(b"x" * 100_000, headers={"X-Linked-Size": "300000"}, endless=True),
        "weak.json": Odd(b"{}", headers={"ETag": f'W/"{"a" * 40}"'}),
    }
    hub.push(NAME, files, kind="model")
    return hub


def fetched(name: str, folder: Path, most: int = 1000) -> str:
    """Return where a file lies that was fetched under guard."""
    with guarded(name, most=most):
        return hf_hub_download(NAME, name, cache_dir=folder / "cache")


@pytest.mark.parametrize("name", ["good.json", "weak.json"])
def test_what_is_as_it_should_be_is_fetched(lying: Hub, tmp_path: Path, name: str) -> None:
    assert Path(fetched(name, tmp_path)).read_bytes() == b"{}"


@pytest.mark.parametrize("name", ["away.json", "large.bin", "commit.json"])
def test_a_header_that_leads_away_is_refused_before_it_is_a_path(
    lying: Hub, tmp_path: Path, name: str
) -> None:
    with pytest.raises(StiltsError, match=f"the Hub answers '.*outside.*' for .* asked for {name}"):
        fetched(name, tmp_path)
    assert not list(tmp_path.rglob("*outside*"))


def test_a_body_without_an_end_is_read_no_further_than_it_may_go(
    lying: Hub, tmp_path: Path
) -> None:
    with pytest.raises(StiltsError, match="sends more than 250,000 bytes when asked for endless"):
        fetched("endless.json", tmp_path, most=250_000)
    sizes = [path.stat().st_size for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert max(sizes, default=0) <= 250_000


def test_pages_without_an_end_are_asked_for_no_further(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.push(NAME, {"a": b""}, kind="model")
    monkeypatch.setattr(guard, "QUESTIONS", 5)
    with pytest.raises(StiltsError, match="does not come to an end with a list"), guarded("a list"):
        while True:
            get_session().get(f"{hub.url}/api/models/{NAME}")
    assert hub.asked("GET", NAME) == 6


def test_an_answer_that_is_no_file_may_be_called_anything(hub: Hub) -> None:
    # As many servers do, the real Hub marks its answers by a digest in base 64.
    hub.push(NAME, {"a": b""}, kind="model")
    hub.fault(NAME, headers={"ETag": 'W/"5f9-lH6CY3c9+ksS/GTnXbMbhXhMoGWQ"'})
    with guarded("a question", files=False):
        assert get_session().get(f"{hub.url}/api/models/{NAME}").json()["id"] == NAME


def test_a_session_is_as_it_was_afterwards(lying: Hub) -> None:
    before = list(get_session().hooks["response"])
    with pytest.raises(RuntimeError), guarded("x"):
        assert len(get_session().hooks["response"]) == len(before) + 1
        raise RuntimeError
    assert get_session().hooks["response"] == before
    away = get_session().head(f"{lying.url}/{NAME}/resolve/main/away.json")
    assert "outside" in away.headers["ETag"]
