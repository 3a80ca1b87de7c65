"""Cards as anyone may have written them: read strictly, bounded, and never believed."""

from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.card import reading
from adapterstilts.publishing.card.reading import Card, Claim

THEIRS = """\
---
license: apache-2.0
library_name: adapter-transformers
base_model: [FacebookAI/xlm-roberta-base]
datasets: nyu-mll/glue
language: [en, de]
tags: [adapterstilts, 7]
model-index:
- name: mine
  results:
  - task: {type: text-classification}
    dataset: {name: XNLI, type: facebook/xnli, config: sw, split: test}
    metrics:
    - {type: accuracy, value: 71.5}
    - {type: f1, name: F1, value: 70}
    - {type: accuracy, value: best}
    - {type: accuracy, value: .inf}
  - {task: 3, metrics: 4}
---
# Mine
"""


def read(tmp_path: Path, text: str) -> Card:
    path = tmp_path / reading.CARD
    path.write_text(text, encoding="utf-8")
    return reading.card(path)


def test_what_a_card_says_is_read_in_words(tmp_path: Path) -> None:
    found = read(tmp_path, THEIRS)
    assert (found.licence, found.library) == ("apache-2.0", "adapter-transformers")
    assert found.base_models == ("FacebookAI/xlm-roberta-base",)
    assert (found.datasets, found.languages) == (("nyu-mll/glue",), ("en", "de"))
    assert found.tags == ("adapterstilts", "7")
    claim = Claim(task="XNLI", language="sw", split="test", metric="accuracy", value=71.5)
    assert found.claims[0] == claim
    assert [(each.metric, each.value) for each in found.claims[1:]] == [("F1", 70.0)]


@pytest.mark.parametrize("text", ["", "# Only words\n", "---\n---\n", "---\n# nothing\n---\n"])
def test_a_card_without_a_head_says_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Card()


@pytest.mark.parametrize(
    "head",
    [
        "license: [a, {b: c}]\ntags: {a: b}\nlanguage: 3.5\nmodel-index: none",
        "model-index:\n- 3\n- {results: {a: b}}\n- {results: [4, {metrics: [5, {value: []}]}]}",
    ],
)
def test_what_is_of_another_kind_is_passed_over(tmp_path: Path, head: str) -> None:
    found = read(tmp_path, f"---\n{head}\n---\n")
    assert (found.claims, found.tags) == ((), ())


@pytest.mark.parametrize(
    "head",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "a: " + "[" * 5000 + "]" * 5000,
        "a: !!python/object/apply:os.system [true]",
        "a: b: c",
        "- a list",
    ],
)
def test_what_would_grow_sink_or_run_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(StiltsError):
        read(tmp_path, f"---\n{head}\n---\n")


def test_what_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match="more than 1,048,576 bytes"):
        read(tmp_path, "x" * (reading.LARGEST + 1))
    (tmp_path / reading.CARD).write_bytes(b"---\nlicense: \xff\n---\n")
    with pytest.raises(StiltsError, match="cannot be read"):
        reading.card(tmp_path / reading.CARD)
    with pytest.raises(StiltsError, match="cannot be read"):
        reading.card(tmp_path / "absent")


def test_what_steers_a_screen_comes_out_without(tmp_path: Path) -> None:
    long = "x" * 500
    head = f'license: "a\\x1b[31mb\\nc"\ntags: ["{long}", "\\u202eevil"]'
    found = read(tmp_path, f"---\n{head}\n---\n")
    said = "".join((found.licence, *found.tags))
    assert said.isprintable()
    assert len(found.tags[0]) < len(long)


def test_no_more_than_so_many_words_are_told(tmp_path: Path) -> None:
    assert len(read(tmp_path, f"---\ntags: {list(range(1000))}\n---\n").tags) == 20
