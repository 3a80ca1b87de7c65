"""How a publication was trained, as pairs of a name and a fact; what nobody recorded is said so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapterstilts.analysis.words import count, duration, known, size
from adapterstilts.core.records import StageRecord
from adapterstilts.modeling import settings
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.locate import EMBEDDED
from adapterstilts.modeling.methods import METHODS
from adapterstilts.publishing.card import training_data, vocabulary
from adapterstilts.publishing.card.escaping import Markdown, code, codes, linked, text
from adapterstilts.publishing.card.origins import at, places
from adapterstilts.publishing.card.vocabulary import NOT_RECORDED
from adapterstilts.publishing.gathering.conditions import ALONE
from adapterstilts.publishing.item import Item, Module

Fact = tuple[str, object]
"""A name and what there is to say."""


def way(item: Item) -> tuple[str, str]:
    """Return the method and the composition of a publication, as they are written."""
    method, _, composition = item.way.partition("/")
    return method, composition


def described(name: str) -> str:
    """Return the sentence on a method or a composition, `lora[r=16]`; empty if it is not known."""
    base = name.partition("[")[0].partition("(")[0]
    if base == ALONE:
        # A source is trained in the same way, and is no target.
        return "Trained alone, on no source."
    if base in METHODS:
        return METHODS.get(base).description
    return COMPOSITIONS.get(base).description if base in COMPOSITIONS else ""


def seed(record: StageRecord) -> int | None:
    """Return the seed of a stage; None where it draws nothing."""
    found = record.identity.get("seed")
    return found if isinstance(found, int) else None


def training(item: Item) -> list[Fact]:
    """Return how the last stage of a publication was trained, or made."""
    own, (method, composition) = item.own, way(item)
    made: list[Fact] = [("Method", _with_sentence(method)), *_overrides(own.record)]
    if own.record.kind == "merge":
        return [*made, *_merged(own.record)]
    return [
        *made,
        ("Composition", _with_sentence(composition)),
        ("Trained on", codes(training_data.tasks_of(own.record)) or NOT_RECORDED),
        ("Data", places(training_data.data(own))),
        ("Languages of its data", _languages(own)),
        ("Training examples", count(training_data.examples(own)) or NOT_RECORDED),
        ("Seed", _said(seed(own.record))),
        *_hyper(own.record),
        *_mixture(own.record),
        ("Best step", count(own.record.resolved.get("best_step")) or NOT_RECORDED),
        ("Dev score at that step", _dev(own.record)),
    ]


def machine(item: Item) -> list[Fact]:
    """Return on what the last stage ran, how long, and with which software."""
    record = item.own.record
    said, costs = record.resolved, record.costs
    device = said.get("hardware") or said.get("device")
    merged = record.kind == "merge"
    software = [f"{name} {version}" for name, version in sorted(record.software.items())]
    return [
        ("Hardware", _said(device)),
        ("Precision", _said(said.get("precision"))),
        ("Processes", _said(said.get("processes"))),
        (
            "Time of the trainings that were merged" if merged else "Training time",
            duration(costs.train_seconds) or NOT_RECORDED,
        ),
        ("Peak memory", size(costs.peak_memory) or NOT_RECORDED),
        ("Parameters that were trained", count(costs.trainable_parameters) or NOT_RECORDED),
        ("Software", ", ".join(software) or NOT_RECORDED),
    ]


def history(item: Item) -> list[Sequence[object]]:
    """Return a row of a table for all that a publication builds on, loaded or not."""
    loaded = [_row(module, "loaded beside it") for module in item.sources]
    return [*loaded, *(_row(module, "where weights came from") for module in item.before)]


HISTORY = (
    "module", "what it is here", "made by", "method", "data", "seed", "steps", "learning rate",
    "time",
)  # fmt: skip
"""Columns of `history`."""
HISTORY_WORDS = 5
"""Columns of these that hold words."""


def backbone(item: Item) -> Markdown:
    """Return which backbone it is, with its commit where that is known."""
    base = item.base
    if not base.id:
        return Markdown(f"{code(base.title)} (its id on the Hub is {NOT_RECORDED})")
    name = code(base.id) if base.id in EMBEDDED else linked(base.id)
    return Markdown(f"{name}{at(base.revision)}")


def _row(module: Module, part: str) -> Sequence[object]:
    record = module.record
    hyper = record.identity.get("hyper")
    said: Mapping[str, Any] = hyper if isinstance(hyper, dict) else {}
    found = seed(record)
    return (
        code(module.name),
        part,
        {"train": "training", "merge": "merging", "adopt": "others"}.get(record.kind, record.kind),
        code(_method(record)) if _method(record) else NOT_RECORDED,
        places(training_data.data(module)) if record.kind == "train" else _origin(module),
        "" if found is None else str(found),
        count(said.get("steps")),
        _number(said.get("learning_rate")),
        duration(record.costs.train_seconds),
    )


def _method(record: StageRecord) -> str:
    said = record.identity.get("method")
    if not isinstance(said, dict):
        return ""
    library, name = said.get("library"), str(said.get("architecture") or "")
    if not name:
        return "full" if library == "transformers" else ""
    # BitFit is kept as a PEFT file and goes by its own name.
    whole = f"peft:{name}" if library == "peft" and name != "bitfit" else name
    given = said.get("overrides")
    kept = given if isinstance(given, dict) else {}
    return settings.named(
        whole,
        {key: tuple(each) if isinstance(each, list) else each for key, each in kept.items()},
    )


def _origin(module: Module) -> Markdown:
    """Return where a stage that trains nothing has its weights from."""
    record = module.record
    if record.kind == "merge":
        return text(f"the weights of {', '.join(map(str, record.identity.get('sources', ())))}")
    where = linked(module.origin) if module.origin else text("a folder")
    commit = at(str(record.resolved.get("commit", "")))
    on = record.resolved.get("trained_on") or NOT_RECORDED
    return Markdown(f"{where}{commit}, trained on {text(on)}")


def _with_sentence(name: str) -> Markdown:
    said = described(name)
    return Markdown(f"{code(name)}: {text(said)}" if said else code(name))


def _overrides(record: StageRecord) -> Iterator[Fact]:
    said = record.identity.get("method")
    given = said.get("overrides") if isinstance(said, dict) else None
    if isinstance(given, dict) and given:
        pairs = [f"{name}={_plain(value)}" for name, value in sorted(given.items())]
        yield "Settings of the method", code(", ".join(pairs))


def _merged(record: StageRecord) -> Iterator[Fact]:
    said = record.identity
    yield "Merged", codes([str(each) for each in said.get("sources", ())])
    yield "Rule", _said(said.get("rule"))
    weights = said.get("weights")
    yield "Weights", ", ".join(map(_number, weights)) if weights else "all the same"
    if "density" in said:
        yield "Density", _number(said["density"])


_HYPER = {
    "learning_rate": "Peak learning rate",
    "batch_size": "Batch size",
    "accumulation": "Accumulated parts of a batch",
    "steps": "Steps",
    "warmup": "Warm-up, share of the steps",
    "weight_decay": "Weight decay",
    "clip": "Largest norm of the gradient",
    "evaluate_every": "Steps between evaluations on dev",
    "patience": "Patience, in evaluations",
    "max_length": "Longest input, in pieces",
    "train_examples": "Most training examples",
    "dev_examples": "Most dev examples",
}
_ZERO = {
    "evaluate_every": "at the end only",
    "patience": "never stops early",
    "train_examples": "all",
    "dev_examples": "all",
    "clip": "none",
}
"""What 0 means."""


def _hyper(record: StageRecord) -> Iterator[Fact]:
    said = record.identity.get("hyper")
    given = said if isinstance(said, dict) else {}
    for name, title in _HYPER.items():
        value = given.get(name)
        zero = value == 0 and name in _ZERO
        yield title, _ZERO[name] if zero else _number(value) or NOT_RECORDED
    yield "Optimiser", "AdamW, the learning rate falls linearly after the warm-up"


def _mixture(record: StageRecord) -> Iterator[Fact]:
    """Yield how several tasks took turns."""
    shares = record.resolved.get("shares")
    if isinstance(shares, dict):
        said = ", ".join(f"{name} {_number(share)}" for name, share in shares.items())
        yield "Shares of the tasks", said


def _dev(record: StageRecord) -> str:
    """Return the score on dev by which a step is selected, or that is only told at the end."""
    value = record.resolved.get("dev")
    if not known(value):
        return NOT_RECORDED
    tasks = [vocabulary.declared(name) for name in training_data.tasks_of(record)]
    by = "+".join(dict.fromkeys(task.primary for task in tasks if task))
    mean = ", the mean of its tasks" if len(tasks) > 1 else ""
    return f"{value:.1f} ({by or NOT_RECORDED}{mean})"


def _languages(module: Module) -> str:
    return ", ".join(map(vocabulary.language, training_data.languages(module))) or NOT_RECORDED


def _said(value: object) -> str:
    return NOT_RECORDED if value is None or value == "" else str(value)


def _plain(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _number(value: Any) -> str:
    """Return a setting as people write it."""
    return f"{value:g}" if known(value) and not isinstance(value, bool) else ""
