"""What the Hub and people call tasks, metrics and languages."""

from collections.abc import Iterable

from adapterstilts.core.languages import LANGUAGES as NATURAL
from adapterstilts.tasks.registry import FORMATS, METRICS, TASKS
from adapterstilts.tasks.task import RealData, Task
from adapterstilts.toyworld.languages import LANGUAGES as TOY

NOT_RECORDED = "not recorded"
"""What stands where a fact is missing."""
_PIPELINES = {
    "classification": "text-classification",
    "tagging": "token-classification",
    "span_qa": "question-answering",
    "multiple_choice": "multiple-choice",
    "masked_lm": "fill-mask",
    "retrieval": "sentence-similarity",
    "mining": "sentence-similarity",
    "ranking": "sentence-similarity",
}
"""Format to one of the Hub's own kinds of tasks (github.com/huggingface/huggingface.js,
packages/tasks/src/pipelines.ts at 0057f40)."""
_ROLES = ("Source", "Target", "Source and target")
_METRICS = {
    "accuracy": "accuracy",
    "token_accuracy": "accuracy",
    "masked_accuracy": "accuracy",
    "exact_match": "exact_match",
    "f1": "f1",
    "entity_f1": "f1",
    "entity_precision": "precision",
    "entity_recall": "recall",
    "pos_f1": "f1",
    "pos_precision": "precision",
    "pos_recall": "recall",
    "bucc_f1": "f1",
    "bucc_precision": "precision",
    "bucc_recall": "recall",
    "squad2_f1": "f1",
    "squad2_exact_match": "exact_match",
    "mlqa_f1": "f1",
    "mlqa_exact_match": "exact_match",
}
"""Metric to the Hub's id of its kind (huggingface.co/metrics); the metric's own name stands beside
it, for two of one kind may count differently."""


def declared(target: str) -> Task | None:
    """Return the task of a target, `xnli` or `xnli@16`; None where nobody has declared it."""
    name = target.partition("@")[0]
    return TASKS.get(name) if name in TASKS else None


def asked(task: Task) -> str:
    """Return what a task asks, in a sentence; that it is a source or a target is left out."""
    role, _, rest = task.description.partition(": ")
    return rest if rest and role in _ROLES else task.description


def english(target: str) -> str:
    """Return the code of the language that training on a target has seen."""
    task = declared(target)
    return task.english if task else "en"


def pipeline(target: str) -> str:
    """Return the Hub's kind of a target, or `other` where it is not known."""
    task = declared(target)
    return _PIPELINES.get(task.format, "other") if task else "other"


def metrics_of_hub(names: Iterable[str]) -> list[str]:
    """Return the Hub's ids of some metrics, each once; what it has no id for is left out."""
    return list(dict.fromkeys(_METRICS[name] for name in names if name in _METRICS))


def metric_type(name: str) -> str:
    """Return the Hub's id of a metric's kind, or its own name where the Hub has none."""
    return _METRICS.get(name, name)


def lower_is_better(name: str) -> bool:
    """Return whether a metric is the better the lower it is."""
    return name in METRICS and METRICS.get(name).direction == "lower"


def dataset(target: str) -> str:
    """Return the dataset repository of a target; its own name where it has none."""
    task = declared(target)
    data = task.data if task else None
    found = data.hub.repository if isinstance(data, RealData) and data.hub else ""
    return found or (task.name if task else target)


def on_hub(codes: Iterable[str]) -> list[str]:
    """Return the codes that the Hub knows, in order; those of private use are not among them."""
    return sorted({code for code in codes if code in NATURAL})


def language(code: str) -> str:
    """Return what people call a language, with its code."""
    name = NATURAL.get(code).name if code in NATURAL else TOY[code].name if code in TOY else ""
    return f"{name} ({code})" if name else code


def is_headless(target: str) -> bool:
    """Return whether a target is read without a head, so that nothing need be trained on it."""
    task = declared(target)
    return task is not None and FORMATS.get(task.format).head == "none"


def is_trained(target: str) -> bool:
    """Return whether anything can be trained on a target."""
    task = declared(target)
    learned = (declared(name) for name in task.training or (task.name,)) if task else ()
    return task is None or all(each and "train" in each.splits for each in learned)
