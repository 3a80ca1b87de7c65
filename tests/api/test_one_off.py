"""A request is the recipe that says the same: its stages have the same ids."""

from pathlib import Path

import pytest

from adapterstilts.api.one_off import (
    Choices,
    Wanted,
    Way,
    assignments,
    folders,
    one_off,
    way,
)
from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.blocks import Average, Fuse, Stack
from adapterstilts.plan.planner import plan
from adapterstilts.plan.recipe import load
from tests.api.conftest import LANGUAGES, QUICK, RECIPE

STACK = Way(method="seq_bn", composition="stack(toy-nli)")


def wanted(*targets: str, of: Way = STACK) -> list[Wanted]:
    return [Wanted(way=of, targets=targets)]


def test_a_block_of_the_library_says_what_an_expression_says() -> None:
    block = Stack("toy-nli", Fuse("toy-squad", "mix(toy-swag, toy-panx)"))
    assert way(block) == way("stack(toy-nli, fuse(toy-squad, mix(toy-swag, toy-panx)))")
    assert way(Average("a", "b", weights=[2, 1]), "lora") == Way(
        method="lora", composition="average[weights=2+1](a, b)"
    )
    with pytest.raises(UsageError, match="is no expression"):
        way(7)


@pytest.mark.parametrize(
    ("text", "method", "composition"),
    [
        ("full/continue(mnli)", "full", "continue(mnli)"),
        ("lora[r=16]/stack(mnli, squad)", "lora[r=16]", "stack(mnli, squad)"),
        ("stack(hub(user/repo))", "head", "stack(hub(user/repo))"),
        ("fuse[own=true](a, b)", "head", "fuse[own=true](a, b)"),
        ("target", "head", "target"),
        ("full", "full", "target"),
        ("lora[r=16]", "lora[r=16]", "target"),
        ("peft:lora", "peft:lora", "target"),
    ],
)
def test_a_way_is_a_method_a_composition_or_both(text: str, method: str, composition: str) -> None:
    assert way(text, "head") == Way(method=method, composition=composition)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stak(mnli)", "character 1: unknown composition or method 'stak' (did you mean 'stack'?)"),
        ("mnli", "character 1: 'mnli' is a source: say how the target meets it, as in stack(mnli)"),
        ("mix(mnli, squad)", "as in stack(mix(mnli, squad))"),
        ("full(mnli)", "unknown composition or method 'full'"),
        ("lora/", "'lora/' names a method and no composition: write lora alone for lora/target"),
        ("/stack(mnli)", "'/stack(mnli)' names a composition and no method: write stack(mnli)"),
        ("stack(mnli", "character 11: a comma or a closing ')' is missing"),
    ],
)
def test_what_is_no_way_is_pointed_at(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        way(text)
    assert said in str(raised.value)


def test_the_stages_of_a_request_are_those_of_a_recipe_of_the_same_content(tmp_path: Path) -> None:
    path = tmp_path / "same.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    choices = Choices(languages=LANGUAGES, set=QUICK, store=tmp_path)
    asked = one_off(wanted("toy-xnli"), choices).plan.stages
    of_recipe = plan(load(path)).stages
    assert asked.keys() <= of_recipe.keys()
    assert {spec.kind for spec in asked.values()} == {"prepare", "train", "predict", "score"}


def test_settings_go_over_the_defaults_as_in_a_recipe(tmp_path: Path) -> None:
    recipe = one_off(
        wanted("toy-xnli"),
        Choices(set={"training.methods.full.learning_rate": 2e-5, "keep_logits": True}),
    ).recipe
    assert recipe.hyperparameters("full", "toy-xnli").learning_rate == 2e-5
    assert recipe.hyperparameters("seq_bn", "toy-xnli").learning_rate == 1e-4
    assert recipe.keep_logits


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"seeds": [0, 1], "keep_logits": True, "revision": "v1"},
         ("seeds=[0, 1]", "keep_logits=true", "revision=v1")),
        (["seeds=0"], ("seeds=0",)),
        ("seeds=0", ("seeds=0",)),
        ((), ()),
    ],
)  # fmt: skip
def test_settings_are_a_mapping_or_assignments(given: object, written: tuple[str, ...]) -> None:
    assert assignments(given) == written


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("data", ("data",)),
        (Path("data"), ("data",)),
        ({"xnli": "a", "panx": Path("b")}, ("xnli=a", "panx=b")),
        (("data", "xnli=a"), ("data", "xnli=a")),
    ],
)
def test_folders_are_one_or_one_a_task(given: object, written: tuple[str, ...]) -> None:
    assert folders(given) == written


@pytest.mark.parametrize(
    ("target", "composition"), [("xnli", "target"), ("toy-xnli", "stack(mnli)")]
)
def test_only_toys_have_a_backbone_by_default(target: str, composition: str) -> None:
    of = Way(method="seq_bn", composition=composition)
    with pytest.raises(UsageError, match=r"--backbone FacebookAI/xlm-roberta-base"):
        one_off(wanted(target, of=of), Choices())


def test_a_backbone_may_be_set_like_every_other_key() -> None:
    of = Way(method="seq_bn", composition="target")
    choices = Choices(set={"backbone": "toyworld"}, languages=["sw"])
    assert one_off(wanted("tatoeba", of=of), choices).recipe.backbone == "toyworld"


@pytest.mark.parametrize(
    ("composition", "target", "choices", "said"),
    [
        ("stack(toy-nil)", "toy-xnli", {}, "character 7: unknown source 'toy-nil'"),
        ("target", "toy-xnil", {}, "unknown target 'toy-xnil'"),
        ("target", "toy-xnli@none", {}, "'none' is no number of examples"),
        ("fuse(toy-nli)", "toy-xnli", {}, "fuse"),
        ("target", "toy-xnli", {"languages": ["xx"]}, "unknown language 'xx' in this request"),
        ("target", "toy-xnli", {"languages": ["sw"]}, "has none of the languages"),
        ("target", "toy-xnli", {"seeds": [-1]}, "a whole number from 0 belongs"),
        ("target", "toy-xnli", {"set": {"training.default.pace": 1}}, "unknown key 'pace'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    composition: str, target: str, choices: dict[str, object], said: str, tmp_path: Path
) -> None:
    of = Way(method="seq_bn", composition=composition)
    with pytest.raises(UsageError) as raised:
        one_off(wanted(target, of=of), Choices(store=tmp_path / "runs", **choices))
    assert said in str(raised.value)
    assert not (tmp_path / "runs").exists()
