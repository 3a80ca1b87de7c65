"""Rules, settings and refusals of merges, without any weight."""

import subprocess
import sys
from dataclasses import replace

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.modeling import merges, settings
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.merges import LINEAR, RULES, Merging
from adapterstilts.modeling.methods import METHODS
from adapterstilts.modeling.methods import method as method_of
from adapterstilts.tasks.registry import TASKS


def read(text: str) -> dict[str, settings.Value]:
    return merges.canonical(settings.chosen(parse(text), merges.SETTINGS))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("average(a, b)", "average"),
        ("average[weights=1+1](a, b)", "average"),
        ("average[weights=0.25+0.25](a, b)", "average"),
        ("average[weights=4+2](a, b)", "average[weights=2+1]"),
        ("average[weights=0.7+0.3](a, b)", "average[weights=7+3]"),
        ("average[weights=1+0.123456789](a, b)", "average[weights=1+0.123456789]"),
        ("average[merge=linear](a, b)", "average"),
        ("average[merge=ties,density=0.5](a, b)", "average[merge=ties]"),
        ("average[merge=ties,density=1](a, b)", "average[density=1,merge=ties]"),
        (
            "average[weights=6+4, merge=dare_ties, density=0.250](a, b)",
            "average[density=0.25,merge=dare_ties,weights=3+2]",
        ),
    ],
)
def test_one_meaning_has_one_text(written: str, canonical: str) -> None:
    kept = read(written)
    assert settings.named(merges.AVERAGE, kept) == canonical
    assert merges.named(merges.merging(kept), ()) == canonical
    assert read(f"{canonical}(a, b)") == kept


def test_settings_say_how_sources_are_merged() -> None:
    kept = read("average[weights=2+1,merge=dare_linear,density=0.2](a, b)")
    assert merges.merging(kept, seed=3) == Merging(
        rule="dare_linear", weights=(2, 1), density=0.2, seed=3
    )
    assert merges.merging({}) == Merging()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("average[merge=tie](a, b)", "'tie' is not one of linear, ties, dare_linear"),
        ("average[density=0,merge=ties](a, b)", "a number above 0 and at most 1"),
        ("average[density=1.5,merge=ties](a, b)", "a number above 0 and at most 1"),
        ("average[weights=1+-1](a, b)", "numbers above 0, joined by +"),
        ("average[weight=1+2](a, b)", "unknown setting 'weight' (did you mean 'weights'?)"),
    ],
)
def test_what_is_no_value_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "count", "complaint"),
    [
        ("average[weights=2+1](a, b, c)", 3, "'weights=2+1' is 2 for 3 sources"),
        ("average[density=0.2](a, b)", 2, "'density' says nothing of merge=linear"),
        ("average[weights=2+1](a, b)", 2, ""),
        ("average[merge=ties,density=0.2](a, b)", 2, ""),
    ],
)
def test_settings_that_do_not_go_together_are_told(text: str, count: int, complaint: str) -> None:
    told = merges.complaint(settings.chosen(parse(text), merges.SETTINGS), count)
    assert told.startswith(complaint) if complaint else told == ""


def test_every_method_that_has_a_mean_can_be_averaged_and_no_other() -> None:
    for method in METHODS.values():
        rules = merges.rules_of(method)
        assert bool(rules) is method.averages
        assert [rule for rule in RULES if not merges.mergeable(method, rule)] == list(rules)
        average = COMPOSITIONS.get("average")
        assert not rules or not average.refuses(method)


def test_other_rules_are_for_what_changes_weights_that_were_there() -> None:
    whole = {method.name for method in METHODS.values() if merges.rules_of(method) == tuple(RULES)}
    peft = {"peft:lora", "peft:ia3", "peft:ln_tuning", "bitfit"}
    assert whole == {"lora", "ia3", "full"} | peft
    assert merges.rules_of(method_of("lora[r=2]")) == tuple(RULES)
    told = merges.mergeable(METHODS.get("seq_bn"), "ties")
    assert "'ties' reads" in told
    assert "merge=linear, or take one of lora, ia3, peft:lora" in told
    assert "mean means nothing" in merges.mergeable(METHODS.get("peft:dora"))
    assert merges.mergeable(METHODS.get("seq_bn"), LINEAR) == ""


def test_heads_agree_where_tasks_ask_the_same() -> None:
    nli, squad = TASKS.get("toy-nli"), TASKS.get("toy-squad")
    assert merges.heads_agree([nli, replace(nli, name="other")])
    assert not merges.heads_agree([nli, squad])
    assert not merges.heads_agree([nli, replace(nli, labels=tuple(reversed(nli.labels)))])


def test_a_plan_needs_no_torch_for_it() -> None:
    code = "import sys; import adapterstilts.modeling.merges; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
