"""Every card of a small grid: the Hub takes it, and it says what the store knows."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import yaml
from huggingface_hub import ModelCard

from adapterstilts.core.errors import UsageError
from adapterstilts.publishing.card.card import card, page, summary, warnings
from adapterstilts.publishing.card.index import index
from adapterstilts.publishing.card.model_index import result
from adapterstilts.publishing.item import Base, Item, Layout
from tests.hub.routing import routed
from tests.hub.server import Hub
from tests.hub.validating import validate
from tests.publishing.conftest import Grid
from tests.publishing.made import layout, made, numbers_of, record, scores, trained

NAME = "someone/thing"
Laid = Callable[[Item], Layout]


@pytest.fixture(scope="session")
def cards(grid: Grid, laid: Laid) -> dict[str, str]:
    """Return the card of everything in the grid."""
    return {
        name: card(item, repository=NAME, layout=laid(item)) for name, item in grid.items.items()
    }


def written(item: Item, **changes: str) -> str:
    """Return the card of a publication that lies nowhere."""
    code = {"plain": "import adapters\n", "ours": "import adapterstilts\n"}
    return page(item, repository=NAME, layout=layout(), **{**code, **changes})


def section(text: str, title: str) -> str:
    """Return what stands under a heading of a card."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def tables(text: str) -> Iterator[list[str]]:
    """Yield the lines of every table outside of code."""
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)
    for block in re.findall(r"(?m)(?:^\|.*\|$\n?)+", outside):
        yield block.strip().splitlines()


def cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_every_card_of_the_grid_is_taken_by_the_library_and_by_the_hub(
    cards: dict[str, str], hub: Hub
) -> None:
    assert len(cards) == 20
    with routed(hub.url):
        for text in cards.values():
            ModelCard(text).validate()
            assert validate(text) == ((), ())
    assert hub.asked("POST", "/api/validate-yaml") == len(cards)


def test_every_card_parses_back_to_exactly_the_scores_of_the_store(
    cards: dict[str, str], grid: Grid
) -> None:
    for name, item in grid.items.items():
        found = numbers_of(cards[name])
        assert sorted(found, key=repr) == sorted(map(result, item.scores), key=repr)
    assert sum(len(item.scores) for item in grid.items.values()) > 30


@pytest.mark.parametrize("library", ["peft", "transformers"])
def test_a_library_that_the_code_takes_beside_its_own_is_named(library: str) -> None:
    # The heads of a mix are those of `adapters`, whichever library has the rest.
    code = {"plain": "import adapters\n", "ours": "import adapterstilts\n"}
    mixed = replace(layout(library), auto_class="AutoAdapterModel")
    for laid, heading, fact in (
        (layout(library), f"With {library}", f"`{library}`"),
        (mixed, f"With {library} and adapters", f"`{library}`, `adapters`"),
    ):
        found = page(made(), repository=NAME, layout=laid, **code)
        assert f"\n## {heading}\n" in found
        assert f"| Library | {fact} |" in found


def test_every_row_of_every_table_has_as_many_cells_as_its_head(cards: dict[str, str]) -> None:
    for text in cards.values():
        found = list(tables(text))
        assert len(found) >= 4
        for lines in found:
            assert {cells(line) for line in lines} == {cells(lines[0])}
            assert re.fullmatch(r"(\| -+:? )+\|", lines[1])


def test_a_card_names_the_library_its_relation_and_what_it_stands_on(
    cards: dict[str, str],
) -> None:
    wanted = {
        "toy-xnli seq_bn/stack(toy-nli)": ("adapter-transformers", "adapter"),
        "toy-xnli peft:lora/continue(toy-nli)": ("peft", "adapter"),
        "toy-xnli full/target": ("transformers", "finetune"),
    }
    for name, (library, relation) in wanted.items():
        data = ModelCard(cards[name]).data
        assert (data.library_name, data.base_model_relation) == (library, relation)
        assert data.base_model == "someone/tiny-xlmr"
        assert ("adapter-transformers" in data.tags) == (library == "adapter-transformers")
        assert {"adapterstilts", "stilts", "xlm-roberta", "toy-xnli"} <= {*data.tags}
        assert data.pipeline_tag == "text-classification"
        assert data.language is None, "nobody speaks the toy languages, and the Hub knows none"


def test_the_same_thing_has_the_same_card_every_time(
    cards: dict[str, str], grid: Grid, laid: Laid
) -> None:
    name = "toy-xnli seq_bn/fuse(toy-nli, toy-squad)"
    again = card(grid.one(name), repository=NAME, layout=laid(grid.one(name)))
    assert again == cards[name]


def test_no_card_tells_where_anything_lies(cards: dict[str, str], grid: Grid) -> None:
    for text in cards.values():
        assert str(grid.store.root) not in text
        assert str(grid.store.root.parent.parent) not in text


def test_what_is_built_on_is_told_with_how_it_was_trained(cards: dict[str, str]) -> None:
    training = section(cards["toy-xnli seq_bn/stack(average(toy-nli, toy-squad))"], "Training")
    rows = training.split("### What it builds on")[1]
    assert "| `average(toy-nli, toy-squad)` | loaded beside it | merging |" in rows
    assert "| `toy-squad` | where weights came from | training | `seq_bn` |" in rows


def test_what_nobody_has_recorded_is_said_so_and_nothing_is_filled_in() -> None:
    item = made()
    bare = made(own=item.own.__class__(
        name="xnli", folder=item.own.folder,
        record=item.own.record.__class__(
            id="c" * 16, kind="train", version=1, slug="", identity={"task": "mnli"}, needs={}
        ),
    ), sources=(), scores=(), baselines={}, base=Base(title="my-xlmr"))  # fmt: skip
    text = written(bare)
    for fact in ("Seed", "Hardware", "Precision", "Training time", "Peak learning rate", "Software",
                 "Best step", "Dev score at that step", "Training examples"):  # fmt: skip
        assert f"| {fact} | not recorded |" in text
    assert "There are no scores." in text
    assert "It has not been evaluated" in text
    assert "its id on the Hub is not recorded" in text
    assert "base_model" not in yaml.safe_load(text.split("---\n")[1])


def test_hyper_parameters_machine_and_data_are_told_with_their_commits() -> None:
    text = written(made())
    training = section(text, "Training")
    for row in (
        "| Peak learning rate | 0.0002 |",
        "| Steps | 12000 |",
        "| Steps between evaluations on dev | 500 |",
        "| Best step | 9,500 |",
        "| Dev score at that step | 81.2 (accuracy) |",
        "| Training examples | 392,702 |",
        "| Hardware | NVIDIA H200 |",
        "| Processes | 2 |",
        "| Training time | 1 h 02 min |",
        "| Peak memory | 3.5 GB |",
    ):
        assert row in training
    glue = "[nyu-mll/glue](https://huggingface.co/datasets/nyu-mll/glue) at `0123456789ab`"
    assert glue in training
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["datasets"] == ["nyu-mll/glue", "rajpurkar/squad"]
    assert head["language"] == ["de", "en", "sw"]


def test_a_publisher_is_warned_of_licences_and_of_a_backbone_that_nobody_can_load() -> None:
    item = made(base=Base(title="my-xlmr"))
    found = warnings(item)
    assert any("my-xlmr is not known here" in each for each in found)
    assert any("--base-model" in each for each in found)
    assert "is none of the Hub" in section(written(item), "Licence")
    with pytest.raises(UsageError, match=r"'cc-by-5\.0' is no licence that the Hub knows"):
        written(item, licence="cc-by-5.0")


def test_notes_of_whoever_gathered_it_stand_under_the_results() -> None:
    text = written(made(notes=("which of two runs is meant cannot be told",)))
    assert "- which of two runs is meant cannot be told" in section(text, "Results")


def test_the_index_of_a_recipe_leads_to_everything_with_means_and_gains(
    grid: Grid, laid: Laid, hub: Hub
) -> None:
    items = [(f"someone/thing-{n}", item, laid(item)) for n, item in enumerate(grid.items.values())]
    text = index("What was tried", items, repository="someone/all")
    assert validate(text) == ((), ())
    assert numbers_of(text) == []
    assert "library_name" not in yaml.safe_load(text.split("---\n")[1])
    overview, *targets = list(tables(text))
    assert f"| Publications | {len(items)} |" in overview
    libraries = Counter(each.library for _, _, each in items)
    assert len(libraries) == 3
    for library, count in libraries.items():
        assert any(f"`{library}` ({count})" in line for line in overview)
    assert len(targets) == 3
    for rows in targets:
        assert {cells(line) for line in rows} == {5}
    results = section(text, "Results")
    for name, item, _ in items:
        (target,) = {row.target for row in item.scores} & {item.expression} or {""}
        said = f"`{item.way}`" if target else f"`{item.expression}` by `{item.way}`"
        assert f"[{said}](https://huggingface.co/{name})" in results
    bare = results.split("### Not evaluated\n", 1)[1]
    assert bare.count("\n- [") == sum(not item.scores for _, item, _ in items) > 0
    assert section(text, "Recipe").strip().startswith("```yaml\nquestion:")
    assert text.count("@inproceedings{phang2020english") == 1


def test_an_index_says_one_licence_only_where_all_have_it() -> None:
    free = made(own=made().sources[0], sources=(), expression="squad", way="seq_bn/target")
    closed = made(sources=(), own=made().own, scores=scores())
    one = index("t", [("a/b", free, layout())], repository="a/i")
    two = index("t", [("a/b", free, layout()), ("a/c", closed, layout())], repository="a/i")
    licences = [yaml.safe_load(text.split("---\n")[1])["license"] for text in (one, two)]
    assert licences == ["cc-by-sa-4.0", "other"]


def test_a_merge_meets_no_target_and_has_a_seed_only_where_it_draws() -> None:
    identity = {"sources": ["a", "b"], "rule": "linear"}
    linear = made(own=trained("x", record=record("merge", identity=identity)), way="seq_bn/target")
    said = summary(linear, layout())
    assert "merged from the weights of others" in said
    assert "composition" not in said
    assert "Seed" not in said
    drawn = {**identity, "rule": "dare", "seed": 4}
    random = made(own=trained("x", record=record("merge", identity=drawn)), way="seq_bn/target")
    assert "Seed: 4." in summary(random, layout())
    assert "composition `stack(squad)`" in summary(made(), layout())
    assert "Seed: 3." in summary(made(), layout())


def test_a_head_alone_is_not_called_an_adapter() -> None:
    probe = made(way="head/target")
    assert summary(probe, replace(layout(), active="")).startswith("A head alone for `xnli`,")
    assert summary(probe, layout()).startswith("An adapter for `xnli`,")
