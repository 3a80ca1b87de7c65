"""What every format promises, asked of each one in the registry."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.records import Prediction
from adapterstilts.tasks import encoding
from adapterstilts.tasks.formats.format import IGNORED, Encoded, Format, Output
from adapterstilts.tasks.metrics import Metric, score
from adapterstilts.tasks.registry import FORMATS, METRICS
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

LONG = "the cat sat on the mat and " * 8
LENGTH = 24
WIDTH = 16

SAMPLES: dict[str, tuple[str, tuple[str, ...], list[dict[str, Any]]]] = {
    "classification": (
        "first second label",
        ("yes", "no"),
        [
            {"first": "the cat sat", "second": "the dog", "label": "no"},
            {"first": LONG, "second": LONG, "label": 0},
            {"first": "", "second": "", "label": "yes"},
        ],
    ),
    "tagging": (
        "tokens tags",
        ("O", "B-PER", "I-PER"),
        [
            {"tokens": ["the", "", "dog"], "tags": ["O", 1, "I-PER"]},
            {"tokens": LONG.split(), "tags": ["B-PER"] * len(LONG.split())},
            {"tokens": ["unbelievable" * 9], "tags": ["B-PER"]},
        ],
    ),
    "span_qa": (
        "context question answers",
        (),
        [
            {
                "context": "the cat sat on the mat.",
                "question": "what sat?",
                "answers": [{"text": "cat", "start": 4}, {"text": "the cat", "start": 0}],
            },
            {
                "context": LONG + "a dog",
                "question": LONG,
                "answers": [{"text": "dog", "start": len(LONG) + 2}],
            },
        ],
    ),
    "multiple_choice": (
        "context question choices label",
        (),
        [
            {"context": "the cat", "question": "then", "choices": ["a", "b", "c"], "label": 2},
            {"context": LONG, "question": "", "choices": ["sat", LONG], "label": 0},
        ],
    ),
    "retrieval": (
        "query candidate",
        (),
        [
            {"query": "the cat", "candidate": "你好"},
            {"query": LONG, "candidate": LONG},
            {"query": "a dog", "candidate": "dog."},
        ],
    ),
    "mining": (
        "text side targets",
        (),
        [
            {"text": "the cat", "side": "source", "targets": ["r3"]},
            {"text": LONG, "side": "source", "targets": ["r2"]},
            {"text": "你好", "side": "target", "targets": []},
            {"text": "a dog", "side": "target", "targets": []},
        ],
    ),
    "ranking": (
        "text targets",
        (),
        [
            {"text": "the cat", "targets": ["r0"]},
            {"text": LONG, "targets": ["r1"]},
        ],
    ),
    "masked_lm": (
        "text second",
        (),
        [{"text": LONG, "second": "the dog"}, {"text": "a", "second": ""}],
    ),
}


@pytest.fixture(params=SAMPLES)
def sample(
    request: pytest.FixtureRequest, make_task: Callable[..., Task]
) -> tuple[Format, Task, list[dict[str, Any]]]:
    roles, labels, rows = SAMPLES[request.param]
    numbered = [{"id": f"r{number}", **copy.deepcopy(row)} for number, row in enumerate(rows)]
    task = make_task(request.param, roles, labels=labels)
    return FORMATS.get(request.param), task, numbered


@pytest.fixture
def encoded(sample: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer) -> Encoded:
    format, task, rows = sample
    return format.encode(task, rows, tokenizer, split="test", max_length=LENGTH)


def oracle(format: Format, task: Task, encoded: Encoded, *, right: bool = True) -> list[Output]:
    """Return what a head would say that knows the labels, or that avoids them."""
    sign = 1.0 if right else -1.0
    outputs = []
    for number, input_ids in enumerate(encoded.features["input_ids"]):
        labels = encoded.features.get("labels", [[]] * len(encoded.owner))[number]
        if format.head == "sequence":
            output = sign * np.eye(format.outputs(task))[labels[0]]
        elif format.head == "token":
            output = sign * np.eye(format.outputs(task))[np.maximum(labels, 0)]
        elif format.head == "span":
            output = np.zeros((len(input_ids), 2))
            output[labels, [0, 1]] = sign
        elif format.head == "choice":
            output = sign * np.asarray(labels, dtype=np.float64)
        elif format.head == "lm":
            asked = [label for label in labels if label != IGNORED]
            output = np.array([[label if right else -1, 1 - right] for label in asked])
            output = output.reshape(-1, 2)
        else:
            output = np.eye(WIDTH)[direction(format, encoded, number, right)]
        outputs.append(output.astype(np.float32))
    return outputs


def direction(format: Format, encoded: Encoded, number: int, right: bool) -> int:
    """Return where the embedding of a feature points to: where its counterpart's does, or not."""
    owner = encoded.owner[number]
    if format.name == "retrieval":
        return owner if right else (owner + encoded.features["side"][number][0]) % WIDTH
    if format.name == "mining":
        return min(owner, len(encoded.owner) - 1 - owner) if right else 0
    return owner if right else 0


def predictions(encoded: Encoded, answers: list[Any]) -> list[Prediction]:
    return [
        Prediction(
            example_id=example["id"],
            language="en",
            prediction=answer,
            reference=example["reference"],
        )
        for example, answer in zip(encoded.examples, answers, strict=True)
    ]


def metrics_of(format: Format) -> list[Metric]:
    assert format.metrics
    return [METRICS.get(name) for name in format.metrics]


def test_every_format_has_a_sample_here() -> None:
    assert len(FORMATS) == 8
    assert set(FORMATS) == set(SAMPLES)


def test_every_metric_belongs_to_a_format() -> None:
    assert len(METRICS) > 0
    assert {name for format in FORMATS.values() for name in format.metrics} == set(METRICS)


def test_declarations_are_complete(sample: tuple[Format, Task, list[dict[str, Any]]]) -> None:
    format, task, _ = sample
    assert format.head in {"sequence", "token", "span", "choice", "lm", "none"}
    assert set(format.roles) <= set(task.roles)
    assert format.outputs(task) >= 0
    assert format.__doc__


def test_features_are_complete_and_fit_the_window(
    encoded: Encoded, tokenizer: Tokenizer, sample: tuple[Format, Task, list[dict[str, Any]]]
) -> None:
    _, _, rows = sample
    assert [example["id"] for example in encoded.examples] == [row["id"] for row in rows]
    assert all("reference" in example for example in encoded.examples)
    assert sorted(set(encoded.owner)) == list(range(len(rows)))
    assert encoded.owner == sorted(encoded.owner)
    assert all(len(values) == len(encoded.owner) for values in encoded.features.values())
    for input_ids in encoded.features["input_ids"]:
        assert 2 <= len(input_ids) <= LENGTH
        assert (input_ids[0], input_ids[-1]) == (tokenizer.bos, tokenizer.eos)
        assert tokenizer.pad not in input_ids


def test_a_split_survives_the_disk(encoded: Encoded, tmp_path: Path) -> None:
    encoding.write(encoded, tmp_path)
    assert encoding.read(tmp_path) == encoded


def test_encoding_twice_gives_the_same(
    encoded: Encoded, tokenizer: Tokenizer, sample: tuple[Format, Task, list[dict[str, Any]]]
) -> None:
    format, task, rows = sample
    assert format.encode(task, rows, tokenizer, split="test", max_length=LENGTH) == encoded


def test_a_head_that_knows_the_labels_scores_the_best(
    encoded: Encoded, sample: tuple[Format, Task, list[dict[str, Any]]]
) -> None:
    format, task, _ = sample
    answers = format.decode(task, encoded, oracle(format, task, encoded))
    assert len(answers) == len(encoded.examples)
    for metric in metrics_of(format):
        assert score(metric, predictions(encoded, answers)) == pytest.approx(metric.best)


def test_a_head_that_avoids_the_labels_scores_worse(
    encoded: Encoded, sample: tuple[Format, Task, list[dict[str, Any]]]
) -> None:
    format, task, _ = sample
    answers = format.decode(task, encoded, oracle(format, task, encoded, right=False))
    for metric in metrics_of(format):
        value = score(metric, predictions(encoded, answers))
        assert metric.low <= value <= metric.high
        assert value != pytest.approx(metric.best)


def test_an_empty_split_is_no_trouble(
    sample: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer
) -> None:
    format, task, _ = sample
    encoded = format.encode(task, [], tokenizer, split="test", max_length=LENGTH)
    assert encoded.examples == [] and encoded.owner == []
    assert format.decode(task, encoded, []) == []


def test_a_missing_role_is_named(
    sample: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer
) -> None:
    format, task, rows = sample
    for role in format.roles:
        broken = [dict(row) for row in rows]
        del broken[-1][role]
        with pytest.raises(StiltsError, match=rf"row 'r.' of task 'sample': no '{role}'"):
            format.encode(task, broken, tokenizer, split="test", max_length=LENGTH)


def test_an_undeclared_role_is_named(
    sample: tuple[Format, Task, list[dict[str, Any]]],
    tokenizer: Tokenizer,
    make_task: Callable[..., Task],
) -> None:
    format, task, rows = sample
    for role in format.roles:
        others = " ".join(other for other in task.roles if other != role)
        poorer = make_task(format.name, others, labels=task.labels)
        with pytest.raises(StiltsError, match=rf"has no role '{role}'"):
            format.encode(poorer, rows, tokenizer, split="test", max_length=LENGTH)


def test_a_row_without_an_id_is_refused(
    sample: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer
) -> None:
    format, task, rows = sample
    del rows[0]["id"]
    with pytest.raises(StiltsError, match="has no 'id'"):
        format.encode(task, rows, tokenizer, split="test", max_length=LENGTH)


ANSWER = {
    "classification": "label",
    "tagging": "tags",
    "span_qa": "answers",
    "multiple_choice": "label",
    "mining": "targets",
    "ranking": "targets",
}
"""The role that is None where a test set was published without what is right."""


@pytest.fixture
def stripped(
    sample: tuple[Format, Task, list[dict[str, Any]]],
) -> tuple[Format, Task, list[dict[str, Any]]]:
    format, task, rows = sample
    if format.name not in ANSWER:
        pytest.skip(f"{format.name} has no role that says what is right")
    return format, task, [{**row, ANSWER[format.name]: None} for row in rows]


def test_a_test_set_without_labels_is_answered_all_the_same(
    stripped: tuple[Format, Task, list[dict[str, Any]]],
    encoded: Encoded,
    tokenizer: Tokenizer,
    tmp_path: Path,
) -> None:
    format, task, rows = stripped
    bare = format.encode(task, rows, tokenizer, split="test", max_length=LENGTH)
    assert [example["reference"] for example in bare.examples] == [None] * len(rows)
    assert set(encoded.features) - set(bare.features) <= {"labels"}
    assert all(bare.features[name] == encoded.features[name] for name in bare.features)
    assert bare.owner == encoded.owner
    outputs = oracle(format, task, encoded)
    assert format.decode(task, bare, outputs) == format.decode(task, encoded, outputs)
    encoding.write(bare, tmp_path)
    assert encoding.read(tmp_path) == bare


@pytest.mark.parametrize("split", ["train", "dev"])
def test_what_is_learned_or_selected_from_needs_labels(
    stripped: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer, split: str
) -> None:
    format, task, rows = stripped
    rows[0]["place"] = "sample/dev-en.tsv:17"
    with pytest.raises(StiltsError, match=rf"^sample/dev-en\.tsv:17: row 'r0' .*the {split} split"):
        format.encode(task, rows, tokenizer, split=split, max_length=LENGTH)


def test_labels_of_some_rows_only_are_refused(
    sample: tuple[Format, Task, list[dict[str, Any]]],
    stripped: tuple[Format, Task, list[dict[str, Any]]],
    tokenizer: Tokenizer,
) -> None:
    format, task, rows = sample
    with pytest.raises(StiltsError, match=r"row 'r1' .* is None where other rows have one"):
        mixed = [rows[0], *stripped[2][1:]]
        format.encode(task, mixed, tokenizer, split="test", max_length=LENGTH)


def test_half_a_character_is_refused(
    sample: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer
) -> None:
    format, task, rows = sample
    role = next(role for role in task.roles if isinstance(rows[0][role], str | list))
    half = "a \ud83d b"
    rows[0] |= {role: half if isinstance(rows[0][role], str) else [half], "place": "data.json:3"}
    with pytest.raises(StiltsError, match=rf"^data\.json:3: row 'r0' .*{role} holds '\\ud83d'"):
        format.encode(task, rows, tokenizer, split="test", max_length=LENGTH)


@pytest.mark.parametrize("wrong", [None, 3.5, {"a": 1}])
def test_a_value_of_another_type_is_refused(
    sample: tuple[Format, Task, list[dict[str, Any]]], tokenizer: Tokenizer, wrong: Any
) -> None:
    format, task, rows = sample
    for role in format.roles:
        broken = [dict(row) for row in rows]
        broken[0][role] = wrong
        with pytest.raises(StiltsError, match=r"row 'r0' of task 'sample': .* mend"):
            format.encode(task, broken, tokenizer, split="test", max_length=LENGTH)
