"""The server's collections, as plain huggingface_hub makes, fills and removes them."""

import pytest
from huggingface_hub import Collection, HfApi
from huggingface_hub.utils import HfHubHTTPError

from tests.hub.server import TOKEN, Hub


@pytest.fixture
def api(hub: Hub) -> HfApi:
    """Return huggingface_hub itself, as somebody who may write, with three repositories."""
    made = HfApi(endpoint=hub.url, token=TOKEN)
    for name in ("one", "two", "three"):
        made.create_repo(f"someone/{name}")
    return made


def items(found: Collection) -> list[tuple[str, str | None, int]]:
    """Return what is in a collection, with its note and its place."""
    return [(each.item_id, each.note, each.position) for each in found.items]


def refusal(call: object, *arguments: object, **named: object) -> int:
    """Return the status of a refusal."""
    with pytest.raises(HfHubHTTPError) as caught:
        call(*arguments, **named)  # type: ignore[operator]
    return int(caught.value.response.status_code)


def test_a_collection_is_made_once_and_found_by_its_title(hub: Hub, api: HfApi) -> None:
    made = api.create_collection("What I made: all!", description="In short", private=True)
    name, _, rest = made.slug.partition("/")
    assert (name, rest[:-24]) == ("someone", "what-i-made-all-")
    assert int(rest[-24:], 16)
    assert (made.private, made.description, made.items) == (True, "In short", [])
    assert made.url == f"{hub.url}/collections/{made.slug}"
    assert refusal(api.create_collection, "What I made: all!") == 409
    again = api.create_collection("What I made: all!", exists_ok=True)
    assert again.slug == made.slug
    other = api.create_collection("What I made: all!", namespace="lab")
    assert other.slug.startswith("lab/what-i-made-all-")
    assert [each.slug for each in api.list_collections(owner="lab")] == [other.slug]


def test_things_are_added_noted_moved_and_taken_out(hub: Hub, api: HfApi) -> None:
    slug = api.create_collection("Mine").slug
    for name in ("one", "two", "three"):
        found = api.add_collection_item(slug, f"someone/{name}", "model", note=f"No. {name}")
    assert items(found) == [
        ("someone/one", "No. one", 0),
        ("someone/two", "No. two", 1),
        ("someone/three", "No. three", 2),
    ]
    assert refusal(api.add_collection_item, slug, "someone/one", "model") == 409
    found = api.add_collection_item(slug, "someone/one", "model", exists_ok=True)
    one, two, _ = (each.item_object_id for each in found.items)
    api.update_collection_item(slug, one, note="Last", position=2)
    api.delete_collection_item(slug, two)
    assert refusal(api.delete_collection_item, slug, two) == 404
    api.delete_collection_item(slug, two, missing_ok=True)
    assert items(api.get_collection(slug)) == [
        ("someone/three", "No. three", 0),
        ("someone/one", "Last", 1),
    ]
    assert [each.slug for each in api.list_collections(item="models/someone/one")] == [slug]
    assert list(api.list_collections(item="models/someone/two")) == []


def test_what_is_said_of_a_collection_changes_and_its_address_does_not(
    hub: Hub, api: HfApi
) -> None:
    slug = api.create_collection("Mine").slug
    found = api.update_collection_metadata(slug, title="Ours", description="New", private=True)
    assert (found.slug, found.title, found.description) == (slug, "Ours", "New")
    assert api.get_collection(slug).private
    api.delete_collection(slug)
    assert refusal(api.get_collection, slug) == 404
    assert refusal(api.delete_collection, slug) == 404
    api.delete_collection(slug, missing_ok=True)


def test_what_does_not_exist_or_is_too_long_is_not_collected(hub: Hub, api: HfApi) -> None:
    slug = api.create_collection("Mine").slug
    assert refusal(api.add_collection_item, slug, "someone/none", "model") == 404
    assert refusal(api.add_collection_item, slug, "someone/one", "dataset") == 404
    assert refusal(api.add_collection_item, slug, "someone/one", "model", note="x" * 501) == 400
    assert refusal(api.create_collection, "T" * 61) == 400
    assert refusal(api.create_collection, "T", description="x" * 151) == 400
    assert api.get_collection(slug).items == []


def test_collections_are_changed_by_their_own_alone(hub: Hub, api: HfApi) -> None:
    hub.join("hf_other", "other")
    other = HfApi(endpoint=hub.url, token="hf_other")
    slug = api.create_collection("Mine").slug
    hidden = api.create_collection("Hidden", private=True).slug
    assert other.get_collection(slug).title == "Mine"
    assert refusal(other.get_collection, hidden) == 404
    assert refusal(other.add_collection_item, slug, "someone/one", "model") == 403
    assert refusal(other.delete_collection, slug) == 403
    assert refusal(other.create_collection, "Theirs", namespace="someone") == 403
    nobody = HfApi(endpoint=hub.url, token=False)
    assert refusal(nobody.create_collection, "Mine", namespace="someone") == 401
