"""What expressions mean: sources, ways of taking them, and where what cannot be is refused."""

from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.expressions import parse
from adapterstilts.plan import sources, ways
from adapterstilts.plan.sources import Adopted, Learned, Merged, Reading
from adapterstilts.plan.ways import Way
from adapterstilts.tasks.mixture import Part, Sampling

HERE = Reading()


def source(text: str) -> sources.Source:
    return sources.source(parse(text, place="my.yaml:7"), HERE)


def way(text: str, *given: str) -> Way:
    (found,) = ways.ways(text, given, place="my.yaml:7")
    return found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("toy-nli", (Part(task="toy-nli"),)),
        ("sample(toy-nli, 100)", (Part(task="toy-nli", examples=100),)),
        ("translated(toy-nli, qaa, qab)", (Part(task="toy-nli", languages=("qaa", "qab")),)),
        (
            "sample(translated(mnli, de), 8)",
            (Part(task="mnli", languages=("de",), examples=8),),
        ),
        ("mlm[languages=de+sw]", (Part(task="mlm", languages=("de", "sw")),)),
        (
            "mix(mnli, mlm[languages=de+sw])",
            (Part(task="mnli"), Part(task="mlm", languages=("de", "sw"))),
        ),
    ],
)
def test_a_source_that_is_learned_says_what_of(text: str, parts: tuple[Part, ...]) -> None:
    found = source(text)
    assert isinstance(found, Learned)
    assert found.parts == parts
    assert found.text == text
    assert source(found.text) == found


@pytest.mark.parametrize(
    ("settings", "sampling"),
    [
        ("", Sampling()),
        ("[sampling=uniform]", Sampling(rule="uniform")),
        ("[cap=100,temperature=2.5]", Sampling(cap=100, temperature=2.5)),
        ("[weights=4+1]", Sampling(weights=(4.0, 1.0))),
        ("[batches=mixed]", Sampling(batches="mixed")),
    ],
)
def test_a_mix_says_how_its_parts_take_turns(settings: str, sampling: Sampling) -> None:
    found = source(f"mix{settings}(toy-nli, toy-squad)")
    assert isinstance(found, Learned)
    assert found.sampling == sampling
    assert found.text == f"mix{settings}(toy-nli, toy-squad)"


def test_what_repeats_a_default_is_left_out() -> None:
    assert source("mix[cap=7,batches=one]( toy-nli,toy-squad )").text == (
        "mix[cap=7](toy-nli, toy-squad)"
    )
    assert source("average[weights=2+2](toy-nli, toy-squad)").text == "average(toy-nli, toy-squad)"


def test_a_translated_sample_is_a_sample_of_a_translation() -> None:
    one, other = (
        source("translated(sample(mnli, 8), de)"),
        source("sample(translated(mnli, de), 8)"),
    )
    assert one == other


def test_a_merged_source_has_sources_of_its_own() -> None:
    found = source("average[weights=2+1](toy-nli, mix(toy-squad, toy-swag))")
    assert isinstance(found, Merged)
    assert [each.text for each in found.sources] == ["toy-nli", "mix(toy-squad, toy-swag)"]


def test_an_adapter_of_the_hub_has_a_revision() -> None:
    one, other = source("hub(me/mine)"), source("hub(me/mine@v1)")
    assert isinstance(one, Adopted)
    assert isinstance(other, Adopted)
    assert (one.name, one.revision, other.revision) == ("me/mine", "main", "v1")
    assert (one.text, other.text) == ("hub(me/mine)", "hub(me/mine@v1)")
    assert source("hub(me/mine@main)") == one
    asked = source("hub(me/mine@refs/pr/3)")
    assert isinstance(asked, Adopted)
    assert (asked.revision, asked.text) == ("refs/pr/3", "hub(me/mine@refs/pr/3)")


def test_a_path_starts_where_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    reading = Reading(home=tmp_path)
    with pytest.raises(StiltsError, match=f"{tmp_path}/mine.* holds nothing"):
        sources.source(reading.expanded(parse("path(mine)")), reading)


@pytest.mark.parametrize(
    ("text", "at", "complaint"),
    [
        ("mix(toy-nli)", 1, "'mix' takes two sources or more"),
        ("mix(toy-nli, toy-nli)", 1, "'toy-nli' is named twice"),
        ("mix(toy-nli, mix(a, b))", 18, "unknown source 'a'"),
        ("mix(toy-nli, average(toy-nli, toy-squad))", 14, "made of tasks"),
        ("mix[weights=1](toy-nli, toy-squad)", 1, "weights are 1, and the tasks 2"),
        ("mix[weights=1+x](toy-nli, toy-squad)", 13, "weights: '1+x' is not numbers"),
        ("mix[wieghts=1+1](toy-nli, toy-squad)", 5, "did you mean 'weights'?"),
        ("translated(toy-nli)", 1, "takes a source and languages"),
        ("translated(toy-nli, xx1)", 21, "unknown language 'xx1'"),
        ("translated(toy-nli, de)", 21, "unknown language 'de' (known: qaa, qab"),
        ("translated(toy-nli, qaa, qaa)", 26, "'qaa' stands twice"),
        ("translated(translated(mnli, de), sw)", 12, "has its languages already"),
        ("sample(toy-nli)", 1, "takes a source and a number"),
        ("sample(toy-nli, few)", 17, "'few' is no number of examples"),
        ("sample(toy-nli, 0)", 17, "'0' is no number of examples"),
        ("sample(sample(toy-nli, 9), 3)", 8, "is a sample already"),
        ("average(toy-nli)", 1, "two sources or more"),
        ("average(toy-nli, toy-nli)", 18, "'toy-nli' stands twice"),
        ("hub()", 1, "takes a repository"),
        ("hub[revision=v1](me/mine)", 5, "unknown setting 'revision'"),
        ("hub(me/mine@)", 13, "a revision is missing behind '@'"),
        ("hub(me/mine@../x)", 13, "'../x' is no revision of model 'me/mine'"),
        ('hub("me/mine@../x")', 14, "'../x' is no revision of model 'me/mine'"),
        ("hub(https://hf.co/me/x/tree/v1)", 5, "is an address: write hub(me/x@v1)"),
        ("hub(../mine@v1)", 5, "'../mine' is no name of a model on the Hub"),
        ("path(runs/mix-a,-b)", 1, "a name with commas or brackets needs quotes"),
        ("path(/nowhere/at/all)", 6, "there is no folder /nowhere/at/all"),
        ("toy-nli[languages=de]", 9, "unknown setting 'languages'"),
        ("toy-mlm[languages=xx]", 19, "languages: 'xx' is not some of"),
        ("toy-nli(toy-squad)", 1, "is a task and takes no arguments"),
        ("stack(toy-nli)", 1, "unknown source 'stack'"),
    ],
)
def test_a_source_that_cannot_be_is_shown_at_its_character(
    text: str, at: int, complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        source(text)
    assert str(caught.value).startswith(f"expression '{text}' in my.yaml:7, character {at}: ")
    assert complaint in str(caught.value)


def test_a_lone_word_is_refused_as_everywhere() -> None:
    with pytest.raises(UsageError, match=r"^unknown source 'toy-nil' in my.yaml:7 \(did you mean"):
        source("toy-nil")


def test_a_bare_composition_is_crossed_with_the_sources() -> None:
    given = ("toy-nli", "toy-squad")
    assert [each.arguments for each in ways.ways("stack", given, place="")] == [
        ("toy-nli",),
        ("toy-squad",),
    ]
    assert [each.arguments for each in ways.ways("fuse[kind=static]", given, place="")] == [given]
    assert [each.arguments for each in ways.ways("target", given, place="")] == [()]
    assert not any(each.asked for each in ways.ways("zero", given, place=""))


def test_a_composition_that_is_written_out_stands_for_itself() -> None:
    found = way("stack(toy-nli, fuse[kind=static](toy-squad, mix(toy-swag, toy-panx)))", "toy-mlm")
    assert found.arguments == (
        "toy-nli",
        "fuse[kind=static](toy-squad, mix(toy-swag, toy-panx))",
    )
    assert [each.text for each in found.sources] == [
        "toy-nli",
        "toy-squad",
        "mix(toy-swag, toy-panx)",
    ]
    assert found.asked


def test_an_average_goes_on_from_a_merged_source() -> None:
    found = way("average[weights=3+1](toy-nli, toy-squad)")
    trained = found.trained(ways.learner(Part(task="toy-xnli")))
    assert (found.composition.name, found.name) == ("average[weights=3+1]", "toy-nli+toy-squad")
    assert (trained.composition.name, trained.arguments) == (
        "continue",
        ("average[weights=3+1](toy-nli, toy-squad)",),
    )


def test_a_fusion_may_have_a_module_of_the_targets_own() -> None:
    found = way("fuse[own=true,kind=static](toy-nli, toy-squad)")
    trained = found.trained(ways.learner(Part(task="toy-panx")))
    assert found.arguments == ("toy-nli", "toy-squad")
    assert (trained.composition.name, trained.arguments) == (
        "fuse[kind=static]",
        ("toy-nli", "toy-squad", "toy-panx"),
    )
    with pytest.raises(UsageError, match="'toy-nli' is among the sources"):
        found.trained(ways.learner(Part(task="toy-nli")))


def test_a_target_may_have_a_few_examples_of_its_own() -> None:
    assert ways.target("toy-xnli@16", place="") == Part(task="toy-xnli", examples=16)
    learner = ways.learner(Part(task="xcopa", examples=16))
    assert (learner.text, learner.after) == ("sample(copa, 16)", ("siqa",))
    for text, complaint in (
        ("toy-xnli@", "'' is no number of examples"),
        ("toy-xnli@x", "'x' is no number of examples"),
        ("toy-xnil@3", "unknown target 'toy-xnil' (did you mean 'toy-xnli'?)"),
        ("toy-xnli(a)", "a target is the name of a task"),
    ):
        with pytest.raises(UsageError) as caught:
            ways.target(text, place="")
        assert complaint in str(caught.value)


def names(**written: str) -> Reading:
    return Reading(names={name: parse(text, place="my.yaml:2") for name, text in written.items()})


def test_a_name_stands_for_what_it_is_defined_as() -> None:
    reading = names(three="mix(toy-nli, two)", two="toy-squad")
    told = ways.written_composition("stack(three, toy-swag)", "my.yaml:9", reading=reading)
    assert told == "stack(mix(toy-nli, toy-squad), toy-swag)"


def test_a_circle_of_names_is_refused() -> None:
    reading = names(one="mix(toy-nli, two)", two="average(toy-squad, one)")
    with pytest.raises(UsageError) as caught:
        ways.written_source("one", "my.yaml:9", reading=reading)
    assert "'one' is defined by itself (one → two → one): break the circle" in str(caught.value)
    assert "in my.yaml:2, character 20" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "at", "complaint"),
    [
        ("toy-nli", 1, "'toy-nli' is a source: say how the target meets it, as in stack(toy-nli)"),
        ("mix(toy-nli, toy-squad)", 1, "is a source: say how the target meets it"),
        ("stak(toy-nli)", 1, "unknown composition 'stak' (did you mean 'stack'?)"),
        ("fuse(toy-nli)", 1, "'fuse' takes two sources or more"),
        ("stack()", 1, "'stack' takes a source"),
        ("zero(toy-nli, toy-squad)", 1, "'zero' takes one source"),
        ("target(toy-nli)", 1, "'target' takes no source"),
        ("fuse(toy-nli, toy-nli)", 15, "'toy-nli' stands twice"),
        ("stack(toy-nli, toy-nil)", 16, "unknown source 'toy-nil'"),
        ("stack(me/x@v1)", 7, "unknown source 'me/x@v1': write hub(me/x@v1) for what is on"),
        ("stack(continue(toy-nli))", 7, "cannot stand in 'stack': write toy-nli in its place"),
        ("fuse[kind=odd](toy-nli, toy-squad)", 11, "kind: 'odd' is not one of"),
    ],
)
def test_a_composition_that_cannot_be_is_shown_at_its_character(
    text: str, at: int, complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ways.written_composition(text, "my.yaml:7", reading=HERE)
    assert str(caught.value).startswith(f"expression '{text}' in my.yaml:7, character {at}: ")
    assert complaint in str(caught.value)
