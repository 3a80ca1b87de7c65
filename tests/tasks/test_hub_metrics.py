import socket
import subprocess
import sys
from typing import Any

import pytest

from adapterstilts.core.records import Prediction
from adapterstilts.tasks.metrics import score
from adapterstilts.tasks.registry import METRICS

SAMPLES: dict[str, tuple[list[Any], list[Any]]] = {
    "label": (["a", "b", "b"], ["a", "b", "c"]),
    "tags": (
        [["NOUN", "VERB"], ["B-PER", "I-PER", "O"], []],
        [["NOUN", "NOUN"], ["B-PER", "I-PER", "B-LOC"], []],
    ),
    "answer": (["the cat", "a big dog", ""], [["cat", "mat"], ["dog"], []]),
    "masks": (
        [{"hits": 1, "total": 2, "loss": 1.25}, {"hits": 3, "total": 3, "loss": 0.5}],
        [2, 3],
    ),
    "pairs": ([["en-1"], ["en-2", "en-3"], []], [["en-1"], ["en-3"], ["en-4"]]),
    "ranking": ([["Q1", "Q2"], ["Q3", "Q4"]], [["Q2"], ["Q3", "Q5"]]),
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a metric reached for the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", METRICS.names())
def test_evaluate_gives_the_value_of_score(name: str) -> None:
    import evaluate

    from adapterstilts.tasks.hub_metrics import as_evaluate

    metric = METRICS.get(name)
    given, gold = SAMPLES[metric.compares]
    module = as_evaluate(metric)
    assert isinstance(module, evaluate.Metric) and type(module) is not evaluate.Metric
    examples = [
        Prediction(example_id=str(number), language="en", prediction=one, reference=other)
        for number, (one, other) in enumerate(zip(given, gold, strict=True))
    ]
    expected = {name: score(metric, examples)}
    assert module.compute(predictions=given, references=gold) == pytest.approx(expected)
    assert module.compute(predictions=given, references=gold) == pytest.approx(expected)
    assert (module.direction, module.range) == (metric.direction, (metric.low, metric.high))
    assert (module.name, module.data_dir) == (name, "")
    assert module.description == metric.description


def test_labels_may_be_numbers() -> None:
    from adapterstilts.tasks.hub_metrics import as_evaluate

    module = as_evaluate(METRICS.get("accuracy"))
    assert module.compute(predictions=[0, 1, 2, 2], references=[0, 1, 1, 2]) == {"accuracy": 75}


def test_mlqa_is_told_the_language() -> None:
    from adapterstilts.tasks.hub_metrics import as_evaluate

    module = as_evaluate(METRICS.get("mlqa_exact_match"))
    pair = {"predictions": ["Haus"], "references": [["das Haus"]]}
    assert module.compute(**pair, language="de") == {"mlqa_exact_match": 100}
    assert module.compute(**pair) == {"mlqa_exact_match": 0}


def test_a_value_of_another_type_is_refused() -> None:
    from adapterstilts.tasks.hub_metrics import as_evaluate

    module = as_evaluate(METRICS.get("entity_f1"))
    with pytest.raises(ValueError, match="expected format"):
        module.compute(predictions=["B-PER"], references=[3])


def test_nothing_but_the_one_module_loads_evaluate_or_torch() -> None:
    program = (
        "import sys\n"
        "from adapterstilts.tasks import encoding, registry\n"
        "assert len(registry.FORMATS) and len(registry.METRICS)\n"
        "print([name for name in ('torch', 'evaluate', 'datasets') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
