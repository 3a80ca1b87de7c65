"""Publishing all of a recipe: its things, an index, a collection, and what goes wrong with one."""

import json
from pathlib import Path

import pytest

import adapterstilts as stilts
from adapterstilts.api.publishing.publish_all import publish_all
from adapterstilts.api.publishing.series import series
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.store import Store
from tests.api.conftest import Done
from tests.api.publishing.test_publish import asked, held, local, titles
from tests.hub.people import TOKEN
from tests.hub.server import Hub

INDEX = "someone/small"
NAMES = [
    f"{INDEX}-toy-xnli-seq_bn-target",
    f"{INDEX}-toy-nli-seq_bn-target",
    f"{INDEX}-toy-xnli-seq_bn-stack-toy-nli",
]


FULL = """\
  - {methods: full, compositions: target, targets: toy-xnli}
  - {methods: seq_bn, compositions: zero"""


@pytest.fixture
def there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a Hub that knows us and fails at once where it fails."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


def test_everything_of_a_recipe_with_an_index_and_a_collection(
    done: Done, there: Hub, tmp_path: Path
) -> None:
    written = publish_all(done.recipe, repo=INDEX, store=done.store, dry_run=tmp_path / "out")
    assert there.requests == []
    found = publish_all(done.recipe, repo=INDEX, store=done.store)
    assert [each.repository for each in found.published] == [*NAMES, INDEX]
    assert {each.state for each in found.published} == {"new"}
    assert (found.failed, found.left) == ((), ())
    for each in written.published:
        folder = tmp_path / "out" / each.repository.partition("/")[2]
        assert each.folder == folder
        assert held(there, each.repository) == local(folder)
    index = held(there, INDEX)
    assert sorted(index) == ["README.md", "recipe.yaml", "records.json", "scores.jsonl"]
    assert all(f"{name})".encode() in index["README.md"] for name in NAMES)
    assert index["recipe.yaml"].decode() == done.recipe.read_text()
    rows = [json.loads(line) for line in index["scores.jsonl"].splitlines()[1:]]
    keys = [(row["stage"], row["language"], row["metric"]) for row in rows]
    assert len(keys) == len(set(keys)) > 0
    collection = asked(there).get_collection(found.collection.partition("/collections/")[2])
    assert collection.title == "small"
    assert [each.item_id for each in collection.items] == [*NAMES, INDEX]
    again = publish_all(done.recipe, repo=INDEX, store=done.store)
    assert {each.state for each in again.published} == {"unchanged"}
    assert all(len(titles(there, name)) == len(titles(there, NAMES[0])) for name in NAMES)


@pytest.mark.parametrize(
    ("only", "names"), [("sources", NAMES[1:2]), ("targets", [NAMES[0], NAMES[2]])]
)
def test_only_its_sources_or_its_targets(
    only: str, names: list[str], done: Done, tmp_path: Path
) -> None:
    found = publish_all(
        done.recipe, repo=INDEX, only=only, store=done.store, dry_run=tmp_path / "out"
    )
    assert [each.repository for each in found.published] == [*names, INDEX]
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert folders == sorted(name.partition("/")[2] for name in (*names, INDEX))


def test_what_the_recipe_says_is_private_is_private(done: Done, there: Hub) -> None:
    said = "publish={to: lab/small, private: true, licence: mit}"
    found = publish_all(done.recipe, repo=INDEX, only="sources", set=said, store=done.store)
    for each in found.published:
        assert asked(there).model_info(each.repository).private
        assert b"license: mit" in held(there, each.repository)["README.md"]
    one = publish_all(
        done.recipe, repo="someone/open", only="sources", set=said, private=False, store=done.store
    )
    assert not asked(there).model_info(one.published[0].repository).private


def test_only_what_one_method_made(done: Done, tmp_path: Path) -> None:
    more = done.recipe.read_text().replace("  - {methods: seq_bn, compositions: zero", FULL)
    path = tmp_path / "more.yaml"
    path.write_text(more, encoding="utf-8")
    found = series(path, repo=INDEX, method="seq_bn", store=done.store)
    assert [each.repository.name for _, each in found.things] == NAMES
    with pytest.raises(UsageError, match="nothing that could be published as sources by lora"):
        series(done.recipe, repo=INDEX, method="lora", only="sources", store=done.store)


def test_one_that_fails_does_not_lose_the_others(done: Done, there: Hub) -> None:
    there.fault(f"/{NAMES[1]}/commit/main", method="POST", status=403, message="not this one")
    found = publish_all(done.recipe, repo=INDEX, store=done.store)
    assert [each.repository for each in found.published] == [NAMES[0], NAMES[2], INDEX]
    (failed,) = found.failed
    assert failed.repository == NAMES[1]
    assert "not this one" in failed.message
    assert NAMES[1].encode() not in held(there, INDEX)["README.md"]
    again = publish_all(done.recipe, repo=INDEX, store=done.store)
    states = {each.repository: each.state for each in again.published}
    assert states == dict.fromkeys(NAMES, "unchanged") | {NAMES[1]: "new", INDEX: "changed"}


def test_what_stands_from_before_stays_in_the_index_though_it_fails_now(
    done: Done, there: Hub
) -> None:
    publish_all(done.recipe, repo=INDEX, store=done.store)
    there.fault(f"/{NAMES[1]}/commit/main", method="POST", status=403, message="not this one")
    found = publish_all(done.recipe, repo=INDEX, store=done.store, licence="mit")
    assert [each.repository for each in found.failed] == [NAMES[1]]
    assert all(f"{name})".encode() in held(there, INDEX)["README.md"] for name in NAMES)


def test_a_collection_that_fails_loses_nothing(done: Done, there: Hub) -> None:
    there.fault("/api/collections", method="POST", status=403, message="no collections")
    found = publish_all(done.recipe, repo=INDEX, only="sources", store=done.store)
    assert [each.repository for each in found.published] == [NAMES[1], INDEX]
    (failed,) = found.failed
    assert failed.repository == "the collection"
    assert "no collections" in failed.message


def test_after_three_failures_the_rest_is_not_tried(own: Done, there: Hub) -> None:
    stilts.train("toy-pawsx", **own.said())
    grid = (
        "grid=[{methods: seq_bn, compositions: [target, stack], targets: toy-xnli, sources:"
        " toy-nli}, {methods: seq_bn, compositions: target, targets: toy-pawsx}]"
    )
    there.fault("*/commit/main", method="POST", status=403, times=-1)
    found = publish_all(own.recipe, repo=INDEX, store=own.store, set=grid)
    assert found.published == ()
    assert [each.repository for each in found.failed] == NAMES
    assert found.left == (f"{INDEX}-toy-pawsx-seq_bn-target",)
    assert found.collection == ""
    assert ("models", INDEX) not in there.repositories


def test_what_was_not_trained_with_a_seed_is_refused_with_the_command(own: Done) -> None:
    with pytest.raises(UsageError) as refusal:
        publish_all(own.recipe, repo=INDEX, seed=5, store=own.store)
    said = str(refusal.value)
    assert said.startswith("3 of 3 are not in")
    assert f"run `adapterstilts run {own.recipe} --set seeds=5 --store {own.store}` first" in said


def test_what_has_no_scores_is_told_once_for_all(own: Done, tmp_path: Path) -> None:
    grid = "grid=[{methods: seq_bn, compositions: stack, targets: toy-xnli, sources: toy-nli}]"
    for entry in Store(own.store).entries():
        if entry.kind == "score":
            Store(own.store).remove(entry.id)
    said = {"repo": INDEX, "store": own.store, "set": grid, "dry_run": tmp_path / "out"}
    (warning,) = [each for each in publish_all(own.recipe, **said).warnings if "no scores" in each]
    assert warning.startswith("toy-nli by seq_bn/target, toy-xnli by seq_bn/stack(toy-nli) have no")
    assert f"`adapterstilts evaluate toy-nli --like {own.recipe} --set" in warning


def test_a_recipe_that_trains_nothing_is_refused(own: Done, tmp_path: Path) -> None:
    bare = tmp_path / "bare.yaml"
    bare.write_text(
        "question: What does the backbone know?\nbackbone: toyworld\n"
        "grid:\n  - {methods: seq_bn, compositions: target, targets: toy-tatoeba}\n"
    )
    with pytest.raises(UsageError, match="trains nothing that could be published"):
        publish_all(bare, repo=INDEX, store=own.store)
    with pytest.raises(UsageError, match="'some' is neither 'sources' nor 'targets'"):
        publish_all(own.recipe, repo=INDEX, only="some", store=own.store)


def test_a_folder_with_something_else_in_it_is_not_written_to(done: Done, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = {"repo": INDEX, "only": "sources", "store": done.store, "dry_run": out}
    publish_all(done.recipe, **said)
    before = local(out)
    publish_all(done.recipe, **said)
    assert local(out) == before
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt is no part of a publication"):
        publish_all(done.recipe, **said)
    assert (out / "notes.txt").read_text() == "mine"


def test_nobody_is_told_before_the_hub_is_asked(
    done: Done, there: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    with pytest.raises(StiltsError, match="401"):
        publish_all(done.recipe, repo=INDEX, store=done.store)
    assert {each.path for each in there.requests} == {"/api/whoami-v2"}
