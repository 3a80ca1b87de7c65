"""The metrics as `evaluate.Metric`, for programs that speak `evaluate`; nothing is downloaded.

Importing `evaluate` loads torch, so no other module imports this one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import datasets
import evaluate

from adapterstilts.core.records import Prediction
from adapterstilts.tasks.metrics import Metric, score


def as_evaluate(metric: Metric) -> Any:
    """Return the metric as an instance of a subclass of `evaluate.Metric` of its own.

    `compute(predictions=…, references=…)` returns `{name: value}` with the value of
    `metrics.score`; `direction` and `range` are those that the metric declares. MLQA's metrics
    also take `language="de"`, that of the passages. What it is given stays in memory. (The class
    is made by `type`, for `evaluate` has no types to subclass.)
    """

    def info(module: Any) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=metric.description,
            citation="",
            inputs_description=f"One prediction and one reference an example: {metric.compares}.",
            features=_features(metric),
        )

    def compute(
        module: Any, predictions: Sequence[Any], references: Sequence[Any], language: str = "en"
    ) -> Mapping[str, float]:
        examples = [
            Prediction(example_id=str(number), language=language, prediction=given, reference=gold)
            for number, (given, gold) in enumerate(zip(predictions, references, strict=True))
        ]
        return {metric.name: score(metric, examples)}

    members = {
        # `evaluate` makes a cache folder at home even where it keeps everything in memory.
        "_build_data_dir": lambda module: "",
        "__doc__": metric.description,
        "_info": info,
        "_compute": compute,
        "direction": metric.direction,
        "range": (metric.low, metric.high),
    }
    # `evaluate` makes the metric's name of the class's.
    return type(metric.name.title(), (evaluate.Metric,), members)(keep_in_memory=True)


def _features(metric: Metric) -> list[datasets.Features]:
    """Return the types that the metric reads; of several the first that fits is taken."""
    text, number = datasets.Value("string"), datasets.Value("int64")
    texts = datasets.Sequence(text)
    masks = {"hits": number, "total": number, "loss": datasets.Value("float64")}
    pairs: Mapping[str, list[tuple[Any, Any]]] = {
        "label": [(text, text), (number, number)],
        "tags": [(texts, texts)],
        "answer": [(text, texts)],
        "masks": [(masks, number)],
        "pairs": [(texts, texts)],
        "ranking": [(texts, texts)],
    }
    return [
        datasets.Features({"predictions": given, "references": gold})
        for given, gold in pairs[metric.compares]
    ]
