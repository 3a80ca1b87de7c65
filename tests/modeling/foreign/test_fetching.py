"""What lies on the Hub is refused before it is fetched, as early as can be, and fetched once."""

from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import NotHere, Repository, Unreachable, client
from adapterstilts.core.progress import unheard
from adapterstilts.modeling.folders import Left
from adapterstilts.modeling.foreign import fetching
from adapterstilts.modeling.foreign.looking import Foreign
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import files

NLI = Repository(name="someone/nli", kind="model")
TINY = Repository(name="someone/tiny", kind="model")


def fetched(commit: str, check: object = bool) -> Foreign:
    assert callable(check)
    return fetching.fetched(
        client.here(), NLI, commit, asked="hub(someone/nli)", check=check, report=unheard
    )


def test_no_weight_is_fetched_of_what_its_configuration_says_to_be_another_thing(
    hub: Hub, theirs: Path
) -> None:
    commit = hub.push(NLI.name, files(theirs), kind="model")

    def refuse(left: Left) -> None:
        raise StiltsError(f"{left.asked} is a {left.kind}")

    with pytest.raises(StiltsError, match=r"hub\(someone/nli\) is a adapter"):
        fetched(commit, refuse)

    assert hub.asked("HEAD", "adapter_config.json")
    assert not hub.asked("HEAD", ".safetensors")


def test_what_is_here_is_asked_for_no_more(
    hub: Hub, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.push(NLI.name, {**files(theirs), "code.py": b"run me"}, kind="model")
    first = fetched(commit)
    assert not hub.asked("HEAD", "code.py")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    before = len(hub.requests)
    assert fetched(commit).digest == first.digest
    assert len(hub.requests) == before


def test_what_another_program_has_fetched_needs_no_list(
    hub: Hub, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.push(NLI.name, files(theirs), kind="model")
    first = fetched(commit)
    (listed,) = client.here().cache.rglob("listings/*.json")
    listed.unlink()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetched(commit).digest == first.digest
    for weights in client.here().cache.rglob("snapshots/*/adapter.safetensors"):
        weights.unlink()
    with pytest.raises(NotHere):
        fetched(commit)


def test_of_a_backbone_only_its_configuration_is_fetched(hub: Hub, tiny_backbone: Path) -> None:
    commit = hub.push(TINY.name, files(tiny_backbone), kind="model")
    here = client.here()
    found = fetching.backbone(here, TINY, here.commit)
    assert found is not None
    assert (found.name, found.revision) == (TINY.name, commit)
    assert [path.name for path in found.folder.iterdir()] == ["config.json"]


def test_a_backbone_that_is_none_is_left_to_whoever_wants_it_whole(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = client.here()
    assert fetching.backbone(here, TINY, here.commit) is None
    hub.push(TINY.name, {"README.md": "# None"}, kind="model")
    assert fetching.backbone(here, TINY, here.commit) is None
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    away = client.here()
    with pytest.raises(Unreachable):
        fetching.backbone(away, TINY, away.commit)
