"""A request that is like a recipe takes from it whatever it does not say itself."""

from pathlib import Path

import pytest

import adapterstilts as stilts
from adapterstilts.api.one_off import Choices, Wanted, Way, recipe, way
from adapterstilts.api.train import training
from tests.api.conftest import LANGUAGES, Done

STACK = Way(method="seq_bn", composition="stack(toy-nli)")
RICH = """\
question: Is all of it taken over?
backbone: toyworld-random
seeds: [3, 4]
languages: [qab, qac]
sources: toy-squad
data: {xnli: files/xnli, panx: /files/panx}
grid:
  - {methods: full, compositions: stack, targets: toy-pawsx}
training:
  default: {steps: 7}
  tasks: {toy-xnli: {batch_size: 3}}
retrieval: {layer: 2}
keep_logits: true
"""


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    path = tmp_path / "there" / "rich.yaml"
    path.parent.mkdir()
    path.write_text(RICH, encoding="utf-8")
    return path


def asked(**choices: object):
    return recipe([Wanted(way=STACK, targets=("toy-xnli",))], Choices(**choices))


def test_what_is_not_said_is_that_of_the_recipe(rich: Path) -> None:
    found = asked(like=rich)
    assert (found.backbone, found.seeds, found.languages) == (
        "toyworld-random", (3, 4), ("qab", "qac"),
    )  # fmt: skip
    hyper = found.hyperparameters("seq_bn", "toy-xnli")
    assert (hyper.steps, hyper.batch_size) == (7, 3)
    assert (found.keep_logits, found.retrieval.layer) == (True, 2)


def test_the_grid_is_that_of_the_request(rich: Path) -> None:
    found = asked(like=rich)
    (entry,) = found.grid
    assert (entry.methods, entry.compositions) == (("seq_bn",), ("stack(toy-nli)",))
    assert (entry.targets, found.sources) == (("toy-xnli",), ())


def test_what_is_said_goes_over_the_recipe(rich: Path) -> None:
    found = asked(
        like=rich, backbone="toyworld", seeds=[0], languages="qah",
        set={"training.default.steps": 9},
    )  # fmt: skip
    assert (found.backbone, found.seeds, found.languages) == ("toyworld", (0,), ("qah",))
    assert found.hyperparameters("seq_bn", "toy-nli").steps == 9
    assert asked(like=rich, languages="all").languages == ()


def test_its_folders_are_found_from_where_it_is(rich: Path) -> None:
    assert asked(like=rich).data.tasks == {
        "xnli": rich.parent / "files" / "xnli",
        "panx": Path("/files/panx"),
    }


def test_a_backbone_that_is_named_is_taken_as_it_comes(rich: Path) -> None:
    text = rich.read_text(encoding="utf-8") + "pretrain: {task: toy-text}\n"
    rich.write_text(text, encoding="utf-8")
    assert asked(like=rich).pretrain is not None
    assert asked(like=rich, backbone="toyworld").pretrain is None


def test_a_mistake_in_it_is_named_with_its_line(rich: Path) -> None:
    rich.write_text(RICH.replace("steps: 7", "stops: 7"), encoding="utf-8")
    with pytest.raises(stilts.UsageError, match=r"unknown key 'stops' in .*rich\.yaml:10"):
        asked(like=rich)
    with pytest.raises(stilts.UsageError, match=r"there is no recipe at nowhere\.yaml"):
        asked(like="nowhere.yaml")


def test_nothing_that_the_recipe_has_computed_is_computed_again(done: Done) -> None:
    said = {"like": done.recipe, "store": done.store, "set": {"runtime.threads": 1}}
    found = stilts.evaluate("toy-xnli", "toy-tatoeba", on="stack(toy-nli)", **said)
    assert found.stages.run == 0
    assert set(found.scores["language"]) == {*LANGUAGES}
    assert stilts.compare("stack(toy-nli)", "target", target="toy-xnli", **said).stages.run == 0
    assert stilts.train("toy-nli", **said).stages.run == 0


def test_the_first_of_its_seeds_is_trained(rich: Path, tmp_path: Path) -> None:
    quick = {"training.default": {"steps": 1, "batch_size": 2, "train_examples": 4}}
    trained = stilts.train("toy-pawsx", like=rich, set=quick, store=tmp_path / "runs")
    assert trained.record.identity["seed"] == 3


def test_answers_that_kept_their_raw_outputs_are_answers_too(own: Done) -> None:
    kept = {**own.said()["set"], "keep_logits": True}
    asked = {"on": "target", "languages": ["qab", "qac"], "store": own.store}
    first = stilts.evaluate("toy-pawsx", **asked, set=kept)
    assert first.stages.run > 0
    again = stilts.evaluate("toy-pawsx", **asked, set=own.said()["set"])
    assert again.stages.run == 0
    assert again.scores.equals(first.scores)


def test_what_the_recipe_has_named_is_trained_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(RICH + "define: {both: 'mix(toy-nli, toy-squad)'}\n", encoding="utf-8")
    by_name, written = (
        training(task, way("target"), Choices(like=path)).plan
        for task in ("both", "mix(toy-nli, toy-squad)")
    )
    assert list(by_name.stages) == list(written.stages)
    with pytest.raises(stilts.UsageError, match="unknown source 'bohth'"):
        training("bohth", way("target"), Choices(like=path))
