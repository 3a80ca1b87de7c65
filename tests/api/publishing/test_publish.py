"""Publishing one training: to a folder, to a Hub, again, and with changes."""

from pathlib import Path

import pytest
from huggingface_hub import HfApi

import adapterstilts as stilts
from adapterstilts.core.errors import StiltsError, UsageError
from tests.api.conftest import QUICK, Done
from tests.hub.faults import Fault
from tests.hub.people import TOKEN
from tests.hub.server import Hub

NAME = "someone/xnli"
STACK = "stack(toy-nli)"


@pytest.fixture
def there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a Hub that knows us."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


def local(folder: Path) -> dict[str, bytes]:
    every = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in every}


def held(hub: Hub, name: str = NAME, revision: str = "main") -> dict[str, bytes]:
    found = hub.repository(name, kind="model").files(revision)
    return {path: content for path, content in found.items() if path != ".gitattributes"}


def titles(hub: Hub, name: str = NAME) -> list[str]:
    """Return what the commits of a repository say, the newest first."""
    return [each.title for each in asked(hub).list_repo_commits(name)]


def asked(hub: Hub) -> HfApi:
    """Return huggingface_hub itself, as somebody who may look."""
    return HfApi(endpoint=hub.url, token=TOKEN)


def test_what_is_published_is_what_a_dry_run_writes_and_not_sent_twice(
    done: Done, there: Hub, tmp_path: Path
) -> None:
    written = stilts.publish(
        "toy-xnli", on=STACK, repo=NAME, dry_run=tmp_path / "out", **done.said()
    )
    assert (written.state, written.commit, written.sent) == ("written", "", 0)
    assert there.requests == []
    first = stilts.publish("toy-xnli", on=STACK, repo=NAME, **done.said())
    assert first.state == "new"
    assert first.sent == first.bytes == written.bytes
    assert first.files == written.files
    assert first.layout == written.layout
    assert held(there) == local(tmp_path / "out")
    before = there.received
    again = stilts.publish("toy-xnli", on=STACK, repo=NAME, **done.said())
    assert (again.state, again.sent, again.commit) == ("unchanged", 0, first.commit)
    assert there.received == before
    assert titles(there)[0] == "Publish toy-xnli by seq_bn/stack(toy-nli)"
    assert not list(done.store.glob(".partial/*"))


def test_what_was_trained_in_another_way_is_one_more_commit(own: Done, there: Hub) -> None:
    first = stilts.publish("toy-nli", repo=NAME, **own.said())
    steps = {"steps": 3, "batch_size": 2, "train_examples": 8, "max_length": 40}
    longer = {**QUICK, "training.default": steps}
    stilts.train("toy-nli", store=own.store, set=longer)
    before = len(titles(there))
    second = stilts.publish("toy-nli", repo=NAME, store=own.store, set=longer)
    assert second.state == "changed"
    assert second.commit != first.commit
    assert 0 < second.sent < second.bytes
    assert len(titles(there)) == before + 1


def test_a_branch_a_pull_request_and_a_collection(done: Done, there: Hub) -> None:
    said = {"on": STACK, "repo": NAME, **done.said()}
    stilts.publish("toy-xnli", **said, private=True, collection="All of mine")
    branch = stilts.publish("toy-xnli", **said, revision="v1", collection="All of mine")
    assert branch.collection.startswith(f"{there.url}/collections/someone/all-of-mine")
    assert held(there, revision="v1") == held(there)
    proposed = stilts.publish("toy-xnli", **said, pull_request=True, licence="mit")
    assert proposed.state == "proposed"
    assert proposed.pull_request.endswith("/discussions/1")
    assert b"license: mit" not in held(there)["README.md"]
    collection = asked(there).get_collection(branch.collection.partition("/collections/")[2])
    assert [each.item_id for each in collection.items] == [NAME]
    assert collection.items[0].note == "toy-xnli by seq_bn/stack(toy-nli)"


def test_nothing_is_published_over_what_it_stands_on(
    done: Done, there: Hub, tmp_path: Path
) -> None:
    said = {"on": STACK, "repo": NAME, **done.said()}
    for how in ({}, {"dry_run": tmp_path / "out"}):
        with pytest.raises(UsageError, match=r"it is made of hub\(Someone/XNLI\), whose place"):
            stilts.publish("toy-xnli", **said, base_model="Someone/XNLI", **how)
    assert there.requests == []
    assert not (tmp_path / "out").exists()


def test_a_backbone_that_the_hub_does_not_know_is_published_with_a_warning(
    done: Done, there: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = {"on": STACK, "repo": NAME, **done.said(), "base_model": "someone/xmlr"}
    dry = stilts.publish("toy-xnli", **said, dry_run=tmp_path / "out")
    assert there.requests == []
    first = stilts.publish("toy-xnli", **said)
    told = [each for each in first.warnings if each not in dry.warnings]
    assert (first.state, len(told)) == ("new", 1)
    assert told[0].startswith("there is no model 'someone/xmlr' on the Hub, or it is private")
    assert told[0] in caplog.messages
    there.push("someone/xmlr", {"config.json": "{}"}, kind="model")
    assert stilts.publish("toy-xnli", **said).warnings == dry.warnings


def test_a_proposal_is_made_once_and_told_again(done: Done, there: Hub) -> None:
    said = {"on": STACK, "repo": NAME, **done.said()}
    stilts.publish("toy-xnli", **said)
    first = stilts.publish("toy-xnli", **said, pull_request=True, licence="mit")
    again = stilts.publish("toy-xnli", **said, pull_request=True, licence="mit")
    assert (first.state, again.state, again.sent) == ("proposed", "unchanged", 0)
    assert again.pull_request == first.pull_request
    other = stilts.publish("toy-xnli", **said, pull_request=True, licence="apache-2.0")
    assert (other.state, other.pull_request) == ("proposed", first.pull_request)


def test_what_is_published_and_in_no_collection_is_said_to_be_there(done: Done, there: Hub) -> None:
    said = {"on": STACK, "repo": NAME, **done.said()}
    there.faults.add(Fault(path="/api/collections", method="POST", status=403))
    with pytest.raises(StiltsError) as refusal:
        stilts.publish("toy-xnli", **said, collection="All of mine")
    assert f"{NAME} is published ({there.url}/{NAME}), but in no collection" in str(refusal.value)
    assert stilts.publish("toy-xnli", **said, collection="All of mine").state == "unchanged"


def test_what_is_not_trained_is_refused_with_the_command_that_trains_it(done: Done) -> None:
    with pytest.raises(UsageError) as refusal:
        stilts.publish("toy-pawsx", on=STACK, method="lora", repo=NAME, seed=3, **done.said())
    said = str(refusal.value)
    assert "toy-pawsx by lora/stack(toy-nli) is not in" in said
    assert "`adapterstilts train toy-pawsx --on 'stack(toy-nli)' --method lora --seed 3" in said
    assert f"--store {done.store}` first" in said
    assert "--like RECIPE" in said
    assert "nothing is trained to be published" in said


def test_of_a_recipe_with_several_seeds_it_is_the_first(own: Done, tmp_path: Path) -> None:
    several = tmp_path / "several.yaml"
    several.write_text(own.recipe.read_text().replace("seeds: 0", "seeds: [0, 7]"))
    done = stilts.publish(
        "toy-xnli", on=STACK, like=several, repo=NAME, store=own.store, dry_run=tmp_path / "out"
    )
    assert "of the seeds 0, 7 it is 0: --seed names another" in done.warnings
    assert (tmp_path / "out" / "recipe.yaml").read_text() == several.read_text()
    with pytest.raises(UsageError, match="is missing"):
        stilts.publish("toy-xnli", on=STACK, like=several, repo=NAME, store=own.store, seed=7)


def test_what_has_no_scores_is_published_with_the_command_that_would_give_it_some(
    own: Done, tmp_path: Path
) -> None:
    trained = stilts.train("toy-pawsx", **own.said())
    assert trained.stages.run
    said = stilts.publish("toy-pawsx", repo=NAME, dry_run=tmp_path / "out", **own.said()).warnings
    (warning,) = [each for each in said if "no scores" in each]
    assert "`adapterstilts evaluate toy-pawsx --set" in warning
    stilts.train("mix(toy-nli, toy-squad)", **own.said())
    source = stilts.publish(
        "mix(toy-nli, toy-squad)", repo=NAME, dry_run=tmp_path / "mix", **own.said()
    )
    (warning,) = [each for each in source.warnings if "no scores" in each]
    assert "`adapterstilts evaluate TASK --on 'zero(mix(toy-nli, toy-squad))'" in warning


def test_a_folder_for_a_backbone_needs_a_name_that_others_know(
    tiny_backbone: Path, there: Hub, tmp_path: Path
) -> None:
    said = {"backbone": tiny_backbone, "set": QUICK, "store": tmp_path / "runs"}
    stilts.train("toy-nli", **said)
    written = stilts.publish("toy-nli", repo=NAME, dry_run=tmp_path / "out", **said)
    assert any("--base-model" in each for each in written.warnings)
    with pytest.raises(UsageError, match="--base-model OWNER/NAME"):
        stilts.publish("toy-nli", repo=NAME, **said)
    assert there.requests == []
    done = stilts.publish("toy-nli", repo=NAME, base_model="someone/tiny-xlmr", **said)
    assert done.state == "new"
    assert b'"model_name": "someone/tiny-xlmr"' in held(there)["adapter_config.json"]
    everything = b"\n".join(held(there).values())
    assert str(tiny_backbone).encode() not in everything


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"repo": "xnli"}, "'xnli' is no name of a repository: write OWNER/NAME"),
        ({"repo": "a/b/c"}, "'a/b/c' is no name of a repository"),
        ({"repo": "me/x y"}, "'me/x y' is no name of a repository"),
        ({"revision": "../main"}, "'../main' is no name of a branch"),
        ({"on": "stak(toy-nli)"}, "did you mean 'stack'"),
        ({"on": "zero(toy-nli)"}, "nothing is trained on 'toy-xnli'"),
        ({"collection": "x" * 60}, "a collection's title has at most 59 characters"),
        ({"licence": "mitt"}, "'mitt' is no licence that the Hub knows"),
        ({"base_model": "not a name"}, "'not a name' is no name of a model"),
    ],
)
def test_what_cannot_be_is_refused_before_the_hub_is_asked(
    changed: dict[str, str], said: str, done: Done, there: Hub
) -> None:
    with pytest.raises(UsageError) as refusal:
        stilts.publish("toy-xnli", **{"repo": NAME, "on": STACK, **changed}, **done.said())
    assert said in str(refusal.value)
    assert there.requests == []


def test_who_may_not_write_is_told_before_anything_is_built(
    done: Done, there: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for repo, why in (("guild/xnli", "no right to write"), ("nobody/xnli", "no right to write")):
        with pytest.raises(StiltsError, match=why):
            stilts.publish("toy-xnli", on=STACK, repo=repo, **done.said())
    there.join("hf_reader", "reader", role="read")
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    with pytest.raises(StiltsError, match="it may only read"):
        stilts.publish("toy-xnli", on=STACK, repo="reader/xnli", **done.said())
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(StiltsError, match="no token"):
        stilts.publish("toy-xnli", on=STACK, repo=NAME, **done.said())
    assert {each.path for each in there.requests} == {"/api/whoami-v2"}
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UsageError, match="--dry-run DIR"):
        stilts.publish("toy-xnli", on=STACK, repo=NAME, **done.said())


def test_the_card_is_the_one_that_is_published(done: Done, tmp_path: Path) -> None:
    stilts.publish("toy-xnli", on=STACK, repo=NAME, dry_run=tmp_path / "out", **done.said())
    card = stilts.card("toy-xnli", on=STACK, repo=NAME, **done.said())
    assert card == (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert NAME in card
    assert NAME not in stilts.card("toy-xnli", on=STACK, **done.said())
