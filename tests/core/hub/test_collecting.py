"""Collections of a Hub of our own: made, found again, and changed where they differ."""

from dataclasses import replace

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Hub, client
from adapterstilts.core.hub.collecting import collect
from tests.hub.people import TOKEN
from tests.hub.server import Hub as Served

TITLE = "XSTILTs: intermediate tasks"
MODELS = ("someone/xnli", "someone/mnli")
ITEMS = ((MODELS[0], "After MNLI"), (MODELS[1], ""))


@pytest.fixture
def here(hub: Served, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a client of somebody with a token, who has two models."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for name in (*MODELS, "someone/panx"):
        hub.push(name, {"README.md": "# It\n"}, kind="model")
    return replace(client.here(), pauses=(0.0, 0.0))


def collected(here: Hub, *items: tuple[str, str], title: str = TITLE, **options: object) -> str:
    return collect(here, title=title, namespace="someone", items=items, **options)  # type: ignore[arg-type]


def shown(url: str) -> tuple[str, bool, dict[str, str | None]]:
    """Return what huggingface_hub sees of a collection."""
    from huggingface_hub import HfApi

    endpoint, _, slug = url.partition("/collections/")
    found = HfApi(endpoint=endpoint).get_collection(slug)
    notes = {each.item_id: each.note for each in found.items}
    return found.title, found.private, notes


def writes(hub: Served) -> int:
    return sum(each.method in ("POST", "PATCH", "PUT", "DELETE") for each in hub.requests)


def test_a_collection_is_made_and_found_again_by_its_title(hub: Served, here: Hub) -> None:
    url = collected(here, *ITEMS)
    assert url.startswith(f"{hub.url}/collections/someone/")
    assert shown(url) == (TITLE, False, {MODELS[0]: "After MNLI", MODELS[1]: None})
    before = writes(hub)
    assert collected(here, *ITEMS) == url
    assert writes(hub) == before


def test_what_differs_is_changed_and_what_else_is_in_it_stays(hub: Served, here: Hub) -> None:
    url = collected(here, *ITEMS)
    before = writes(hub)
    assert collected(here, (MODELS[0], "After QNLI"), ("someone/panx", "New")) == url
    notes = {MODELS[0]: "After QNLI", MODELS[1]: None, "someone/panx": "New"}
    assert shown(url)[2] == notes
    assert writes(hub) - before == 2
    collected(here, private=True)
    assert shown(url) == (TITLE, True, notes)
    collected(here, private=False)
    assert shown(url)[1]


def test_a_collection_is_found_by_its_slug_whatever_its_title_is(hub: Served, here: Hub) -> None:
    url = collected(here, ITEMS[0])
    slug = url.partition("/collections/")[2]
    assert collected(here, ITEMS[1], title=slug) == url
    assert len(shown(url)[2]) == 2


def test_a_collection_with_many_models_is_seen_whole(hub: Served, here: Hub) -> None:
    names = [f"someone/model-{index}" for index in range(7)]
    for name in names:
        hub.push(name, {"README.md": "# It\n"}, kind="model")
    items = [(name, "") for name in names]
    url = collected(here, *items)
    before = writes(hub)
    assert collected(here, *items) == url
    assert writes(hub) == before


@pytest.mark.parametrize("title", ["", "  ", "x" * 60])
def test_a_title_that_the_hub_does_not_take_is_refused(hub: Served, here: Hub, title: str) -> None:
    with pytest.raises(UsageError, match="at most 59 characters"):
        collected(here, *ITEMS, title=title)
    assert not hub.requests


def test_a_note_that_is_too_long_is_cut(hub: Served, here: Hub) -> None:
    url = collected(here, (MODELS[0], "x" * 900))
    assert shown(url)[2] == {MODELS[0]: "x" * 500}
    before = writes(hub)
    collected(here, (MODELS[0], "x" * 900))
    assert writes(hub) == before


def test_a_collection_that_is_not_there_or_not_ours_is_told(hub: Served, here: Hub) -> None:
    with pytest.raises(StiltsError, match="there is no collection 'someone/gone-0123456789ab"):
        collected(here, *ITEMS, title=f"someone/gone-{'0123456789ab' * 2}")
    with pytest.raises(StiltsError, match=r"may not write collection .* \(403") as caught:
        collect(here, title=TITLE, namespace="guild", items=ITEMS)
    assert TOKEN not in str(caught.value)


def test_nothing_is_collected_offline(hub: Served, here: Hub) -> None:
    with pytest.raises(StiltsError, match="cannot be changed offline"):
        collected(replace(here, offline=True), *ITEMS)
    assert not hub.requests


@pytest.mark.parametrize("status", [429, 500])
def test_a_hub_that_is_busy_is_asked_again(hub: Served, here: Hub, status: int) -> None:
    hub.fault("/api/collections", method="POST", status=status, times=2)
    hub.fault("/items", method="POST", status=status, times=1)
    assert set(shown(collected(here, *ITEMS))[2]) == set(MODELS)
