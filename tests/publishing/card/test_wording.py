"""Whom a card cites, what it says cannot be done, and what nobody may put into it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from markdown_it import MarkdownIt

from adapterstilts.core.languages import LANGUAGES
from adapterstilts.core.suites import SUITES
from adapterstilts.publishing.card import citations, vocabulary
from adapterstilts.publishing.card.card import page
from adapterstilts.publishing.card.licences import licence
from adapterstilts.publishing.card.limits import limits
from adapterstilts.publishing.card.metadata import metadata
from adapterstilts.publishing.card.rendering import rendered
from adapterstilts.publishing.card.results import goals
from adapterstilts.publishing.item import Base, Item
from adapterstilts.publishing.scrubbing.items import scrubbed
from adapterstilts.tasks.registry import METRICS, TASKS
from tests.hub.validating import PIPELINES, validate
from tests.publishing.card.test_escaping import ANY
from tests.publishing.made import layout, made, record, score, scores, trained

KEY = re.compile(r"^@\w+\{([^,]+),", re.M)


def cited(item: Item, library: str = "adapters") -> list[str]:
    return KEY.findall(citations.bibtex(item, layout(library)))


def found(item: Item) -> str:
    return "\n".join(limits(item, goals(item)))


def test_paper_benchmark_data_backbone_and_libraries_are_cited_once() -> None:
    assert cited(made()) == [
        "phang2020english",
        "hu2020xtreme",
        "williams2018broad",
        "rajpurkar2016squad",
        "conneau2018xnli",
        "conneau2020unsupervised",
        "poth2023adapters",
        "wolf2020transformers",
    ]
    assert (
        cited(made(scores=scores(target="tatoeba-xr", suite="xtreme-r")))[1] == "ruder2021xtremer"
    )
    assert cited(made(), "transformers")[-1] == "wolf2020transformers"
    assert "peft" in cited(made(), "peft")


def test_every_entry_is_whole_and_every_task_that_names_one_exists() -> None:
    for key, entry in citations.entries().items():
        assert entry.count("{") == entry.count("}")
        assert re.search(r"(?m)^  title +=", entry), key
        assert re.search(r"(?m)^  author +=", entry), key
        assert re.search(r"(?m)^  year +=", entry), key
    for name, keys in citations._TASKS.items():
        assert name in TASKS
        assert {*keys} <= citations.entries().keys()
    assert citations._SUITES.keys() <= {*SUITES.names()}


def test_what_is_not_known_in_full_is_cited_as_its_declaration_has_it() -> None:
    item = made(own=trained("cosmosqa"), sources=())
    assert citations.short(item) == [("cosmosqa", TASKS.get("cosmosqa").citation)]
    assert citations.joined([citations.bibtex(made(), layout())] * 2).count("@") == len(
        cited(made())
    )


def test_generated_data_are_said_to_be_of_no_use_for_real_text() -> None:
    toy = made(own=trained("toy-nli"), sources=(), scores=scores(target="toy-xnli"))
    assert "toy-nli and toy-xnli are generated, in languages that nobody speaks" in found(toy)
    assert "generated" not in found(made())


def test_languages_that_were_left_out_are_named() -> None:
    said = found(made())
    assert "xnli was not scored in Arabic (ar), Bulgarian (bg)" in said
    every = [score(code, 50.0) for code in TASKS.get("xnli").languages]
    assert "was not scored" not in found(made(scores=tuple(every)))
    assert "xnli was not scored in English (en), the language of training" in found(
        made(scores=scores()[1:])
    )


def test_seeds_intervals_and_few_examples_are_limits() -> None:
    said = found(made(scores=scores(target="xnli@16")))
    assert "One seed (3)" in said
    assert "a bootstrap over the examples" in said
    assert "Of xnli it has seen 16 training rows of its own." in said
    assert "Retrieval reads embeddings" in found(made(scores=scores(target="tatoeba")))
    assert found(made(scores=())).startswith("It has not been evaluated")


def test_what_is_known_of_the_data_is_told() -> None:
    noted = next(task for task in TASKS.values() if task.notes)
    said = found(made(own=trained(noted.name), sources=()))
    assert f"{noted.name}: {noted.notes}" in said
    theirs = trained("x", name="hub(a/b)", record=record("adopt"))
    assert "Somebody else has trained hub(a/b)" in found(made(sources=(theirs,)))


def test_only_languages_that_the_hub_knows_are_in_the_metadata() -> None:
    assert vocabulary.on_hub(["sw", "qaa", "mul", "xx", "de", "sw"]) == ["de", "sw"]
    head = f"---\n{yaml.safe_dump({'language': list(LANGUAGES.names())})}---\n"
    assert validate(head) == ((), ())


def test_every_task_is_of_a_kind_and_every_metric_has_a_name_on_the_hub() -> None:
    for task in TASKS.values():
        assert vocabulary.pipeline(task.name) in {*PIPELINES} - {"other"}
    assert vocabulary.pipeline("nobody-knows") == "other"
    assert vocabulary.metric_type("map_at_20") == "map_at_20"
    assert {vocabulary.metric_type(name) for name in METRICS.names()} >= {
        "accuracy",
        "f1",
        "exact_match",
    }


def test_the_embedded_backbone_is_none_of_the_hub_s() -> None:
    item = made(base=Base(title="toyworld", id="toyworld"))
    said = metadata(item, repository="a/b", layout=layout(), licence=licence(item))
    assert "base_model" not in said
    assert "base_model_relation" not in said


def test_heads_of_several_kinds_have_no_one_kind_of_task() -> None:
    own = trained("x")
    identity = {**own.record.identity, "parts": [{"task": "mnli"}, {"task": "squad"}]}
    item = made(own=replace(own, record=replace(own.record, identity=identity)))
    said = metadata(item, repository="a/b", layout=layout(), licence=licence(item))
    assert "pipeline_tag" not in said


def test_a_path_in_a_name_is_told_by_its_last_part(tmp_path: Path) -> None:
    lies = f"path({tmp_path}/their-nli)"
    item = made(
        way=f"seq_bn/stack({lies})",
        sources=(trained("squad", name=lies, folder=tmp_path / "runs" / "train-x"),),
        scores=scores(source=lies),
        notes=(f"see {tmp_path}/runs",),
        recipe=f"backbone: {tmp_path}/model\n",
    )
    text = page(item, repository="a/b", layout=layout(), plain="a", ours="b")
    assert str(tmp_path) not in text
    assert "their-nli" in text
    assert scrubbed(item).recipe == "backbone: model\n"


def test_a_template_that_misses_a_value_is_a_mistake() -> None:
    with pytest.raises(Exception, match="is undefined"):
        rendered("card.md", title="a")


HOSTILE = "]( <script>`|\n---\n# x\n```\n</details>"


@settings(max_examples=25)
@given(ANY.filter(lambda value: value.strip() != ""))
@example(HOSTILE)
@example("a\n---\nlicense: mit\n---\n")
@example("{{ 7 * 7 }}{% for x in y %}")
@example("[a](https://example.org) <img src=x onerror=alert(1)>")
def test_nothing_that_a_file_says_breaks_out_of_a_card(value: str) -> None:
    own = trained(value, name=value)
    resolved = {**own.record.resolved, "hardware": value, "precision": value, "dev": value}
    own = replace(own, record=replace(own.record, resolved=resolved, software={value: value}))
    item = made(
        expression=value,
        way=f"{value}/{value}",
        own=own,
        sources=(trained(value, value, name=value),),
        base=Base(title=value, id="", revision=value),
        scores=scores(target="xnli", perturbation=value, source=value),
        notes=(value,),
        recipe=value,
    )
    text = page(item, repository="a/b", layout=layout(), plain=value, ours=value)
    assert validate(text).errors == ()
    head = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))
    assert head["library_name"] == "adapter-transformers"
    assert head["license"] == "other"
    body = text.split("\n---\n", 1)[1]
    said = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!][\w-]*)", said))
    assert tags <= {
        "h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "ul",
        "li", "strong", "a", "details", "summary",
    }  # fmt: skip
    assert {*re.findall(r'href="(https?://[^/"]*)', said)} <= {"https://huggingface.co"}
    assert re.findall(r"<h2>([^<]*)</h2>", said) == [
        "With adapters", "With adapterstilts", "Results", "Training", "Limits", "Licence",
        "Citation", "Files",
    ]  # fmt: skip
