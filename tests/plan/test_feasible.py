"""Methods that cannot be had for some tasks or lengths: told from a plan, before any training."""

from collections.abc import Callable
from typing import Any

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.stages.train import Train

Planned = Callable[..., Any]
PROMPT = "grid.0.methods=peft:prompt"


def refusal(planned: Planned, *changes: str) -> str:
    with pytest.raises(UsageError) as caught:
        planned(*changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("composition", "target", "what", "why"),
    [
        ("target", "toy-xcopa", "task 'toy-xcopa'", "a head for 'choice'"),
        ("target", "toy-mlm", "task 'toy-mlm'", "a head for 'lm'"),
        ("continue(toy-swag)", "toy-xnli", "task 'toy-swag'", "a head for 'choice'"),
        ("zero(toy-nli)", "toy-tatoeba", "task 'toy-tatoeba'", "a head for 'none'"),
        ("zero(toy-swag)", "toy-xcopa", "task 'toy-xcopa'", "a head for 'choice'"),
        (
            "'continue(mix(toy-nli, toy-squad))'",
            "toy-xnli",
            "a mix of toy-nli, toy-squad",
            "2 heads at once",
        ),
    ],
)
def test_a_prompt_of_peft_is_refused_for_heads_that_it_cannot_stand_under(
    planned: Planned, composition: str, target: str, what: str, why: str
) -> None:
    changes = f"grid.0.compositions={composition}", f"grid.0.targets={target}"
    message = refusal(planned, PROMPT, *changes)
    assert f"{what} in " in message
    assert "mine.yaml cannot be had with method 'peft:prompt'" in message
    assert f"cannot stand under {why}" in message
    assert "for sequence, token, span alone: use seq_bn, " in message


def test_where_nothing_of_it_is_asked_it_is_not_refused(planned: Planned) -> None:
    """The untouched backbone answers a search, whatever the methods of the other rows are."""
    untouched = planned(PROMPT, "grid.0.compositions=target", "grid.0.targets=toy-tatoeba")
    assert not [each for each in untouched.stages.values() if isinstance(each.config, Train)]
    compositions = "[target, zero(toy-nli), continue(toy-nli)]"
    plan = planned(PROMPT, f"grid.0.compositions={compositions}")
    trained = [each.config for each in plan.stages.values() if isinstance(each.config, Train)]
    assert len(trained) == 3
    assert {config.method for config in trained} == {"peft:prompt"}


@pytest.mark.parametrize("composition", ["stack", "fuse", "average"])
def test_what_prompts_cannot_be_put_into_is_refused(planned: Planned, composition: str) -> None:
    message = refusal(planned, PROMPT, f"grid.0.compositions={composition}")
    assert f"composition '{composition}' in " in message
    assert "cannot be had with method 'peft:prompt'" in message


def test_an_input_and_its_prompt_must_fit_the_positions(planned: Planned) -> None:
    changes = ["grid.0.compositions=target", "training.default.max_length=110"]
    assert planned(PROMPT, *changes).stages
    changes[1] = "training.default.max_length=111"
    message = refusal(planned, PROMPT, *changes)
    assert "'toy-xnli' in " in message
    assert "with method 'peft:prompt': max_length 111 and the 20 of its prompt are more" in message
    assert "lower `training.tasks.toy-xnli.max_length`" in message
    assert planned("grid.0.methods=lora", *changes).stages
    changes[1] = "training.default.max_length=131"
    assert "max_length 131 is more than the 130" in refusal(planned, *changes)


def test_a_prompt_that_leaves_no_place_is_refused(planned: Planned) -> None:
    message = refusal(planned, "grid.0.methods=peft:prompt[num_virtual_tokens=130]")
    assert "its prompt leaves none of 130 positions to an input" in message


HEAD = "grid.0.methods=head"


def test_a_head_alone_answers_as_it_is_and_nothing_is_built_on_it(planned: Planned) -> None:
    plan = planned(HEAD, "grid.0.compositions=[target, zero(toy-nli)]", "grid.0.targets=toy-xnli")
    trained = [each.config for each in plan.stages.values() if isinstance(each.config, Train)]
    assert [(each.method, each.composition) for each in trained] == [("head", "target")] * 2
    for way in ("stack(toy-nli)", "continue(toy-nli)", "'fuse(toy-nli, toy-squad)'"):
        assert "cannot be had with method 'head'" in refusal(
            planned, HEAD, f"grid.0.compositions={way}", "grid.0.targets=toy-xnli"
        )
    message = refusal(planned, HEAD, "grid.0.compositions='zero(mix(toy-nli, toy-squad))'")
    assert "heads alone have nothing in common, and each would learn as if by itself" in message
    message = refusal(planned, HEAD, "grid.0.compositions=zero(toy-squad)")
    assert "train on the target instead, as in target" in message


def test_a_head_alone_is_passed_over_where_a_target_is_read_without_one(planned: Planned) -> None:
    targets = "grid.0.targets=[toy-xnli, toy-tatoeba]"
    plan = planned(HEAD, "grid.0.compositions=[zero, target]", "sources=toy-nli", targets)
    asked = [each.config for each in plan.stages.values() if each.kind == "predict"]
    assert {(each.task, each.method) for each in asked} == {
        ("toy-xnli", "head"),
        ("toy-tatoeba", "none"),
    }
    written = "grid.0.compositions=zero(toy-nli)"
    why = "'toy-nli' by 'head' is a head alone, and 'toy-tatoeba' is read without one"
    assert why in refusal(planned, HEAD, written, "grid.0.targets=toy-tatoeba")
