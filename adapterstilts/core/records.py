"""The only schema of what stages leave behind: stage records, predictions and scores.

Every file of records starts with a header line that names its schema and version. A reader
refuses what it does not know, so that an old program never misreads a new store.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from adapterstilts.core import strict
from adapterstilts.core.errors import StiltsError

VERSION = 1
"""Raised when a field of any record changes its meaning or goes away."""
_LARGEST = 2**20
"""Bytes that a stage record may have."""
_RECORD: Mapping[str, tuple[type, ...]] = {
    "costs": (dict,),
    "id": (str,),
    "identity": (dict,),
    "kind": (str,),
    "needs": (dict,),
    "resolved": (dict,),
    "slug": (str,),
    "software": (dict,),
    "version": (int,),
}
"""Fields of a stage record to what they are."""
RECORD = "record.json"
"""Name of the stage record in every finished folder."""
SCORES = "scores.jsonl"
"""Name of the score rows of a stage, and of a publication."""
PUBLISHED = "records.json"
"""Name of what a publication says of the stages that it was made by."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What it took to get there; measured, so never part of an id nor of an equality."""

    train_seconds: float | None = None
    """Wall-clock seconds of training, sources included."""
    peak_memory: int | None = None
    """Largest resident (CPU) or allocated (GPU) memory in bytes while it trained."""
    trainable_parameters: int | None = None
    """Parameters that the optimiser changed in the last training stage."""
    stored_bytes: int | None = None
    """Bytes of the weight files beside the backbone that predicting takes, those of sources too."""

    @staticmethod
    def trained(every: "Sequence[Costs]") -> "Costs":
        """Return what several trainings took, one after the other.

        How long one took that somebody else has made is unknown, and so is the sum.
        """
        seconds = [each.train_seconds for each in every]
        known = [each.peak_memory for each in every if each.peak_memory is not None]
        return Costs(
            train_seconds=None if None in seconds else round(sum(filter(None, seconds)), 3),
            peak_memory=max(known, default=None if every else 0),
        )


_COSTS = dict.fromkeys((each.name for each in fields(Costs)), (int, float, type(None)))


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """What one finished stage was, from what it was made, and with which software."""

    id: str
    """First 16 hex digits of the sha256 over the canonical identity."""
    kind: str
    """Name of a kind of stage: `prepare`, `train`, `predict`, `score`, …"""
    version: int
    """Version of the stage kind's meaning."""
    slug: str
    """Readable part of the folder name; never read back."""
    identity: dict[str, Any]
    """What changes the result, as it was hashed."""
    needs: dict[str, str]
    """Role of each input to the id of the stage that made it."""
    resolved: dict[str, Any] = field(default_factory=dict)
    """What was only known at run time: commits of models and data, device, precision."""
    software: dict[str, str] = field(default_factory=dict)
    """Version of each package that could change a number."""
    costs: Costs = Costs()
    """What it took."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One example's answer: enough to score it again without a model."""

    example_id: str
    """Stable over languages where the examples are translations of one another."""
    language: str
    """Language code of the example."""
    prediction: Any
    """What the model answered, in words of the task."""
    reference: Any
    """What the data says is right, in the same words."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Whatever a metric needs beside the two."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """One number: task x language x metric x seed, with its interval and its cost."""

    backbone: str
    """Name of the frozen or fine-tuned encoder."""
    method: str
    """Adapter architecture, or `full`."""
    composition: str
    """How source and target meet."""
    source: str
    """The source expression, or an empty string where there is none."""
    target: str
    """The evaluated task, as `xnli`, or `xnli@16` after so many training rows of its own."""
    suite: str
    """The suite that the target belongs to."""
    language: str
    """Language code of the evaluated split."""
    split: str
    """Evaluated split."""
    perturbation: str
    """Name of the perturbation of the input, or an empty string."""
    seed: int
    """Seed of every random draw in training."""
    metric: str
    """Name of the metric."""
    value: float
    """The number, in the metric's own range."""
    low: float
    """Lower end of the 95 % interval over examples."""
    high: float
    """Upper end of the 95 % interval over examples."""
    n: int
    """Number of examples."""
    primary: bool
    """Whether the task is ranked by this metric."""
    stage: str
    """Id of the score stage."""
    signature: str
    """Metric, data and options, so that only like is compared with like."""
    train_seconds: float | None = field(default=None, compare=False)
    """See `Costs`."""
    peak_memory: int | None = field(default=None, compare=False)
    """See `Costs`."""
    trainable_parameters: int | None = field(default=None, compare=False)
    """See `Costs`."""
    stored_bytes: int | None = field(default=None, compare=False)
    """See `Costs`."""

    def measured(self) -> dict[str, Any]:
        """Return the costs, which two equal scores may differ in."""
        return {name.name: getattr(self, name.name) for name in fields(Costs)}

    def stated(self) -> dict[str, Any]:
        """Return everything but the costs: what two runs of one stage must agree on."""
        measured = self.measured()
        return {key: value for key, value in asdict(self).items() if key not in measured}


Record = TypeVar("Record", Prediction, Score)


def write_record(path: Path, record: StageRecord) -> None:
    """Leave a stage record as one JSON document."""
    document = {"schema": _schema(StageRecord), "version": VERSION, "record": asdict(record)}
    _write(path, [json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)])


def read_record(path: Path) -> StageRecord:
    """Return the stage record of a file, or refuse it with the reason."""
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f"it has more than {_LARGEST:,} bytes")
        document = strict.parsed(content.decode("utf-8"))
        if not isinstance(document, dict):
            raise ValueError("not a JSON object")
        _check_header(path, document, StageRecord)
        return stage_record(document["record"])
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise StiltsError(_broken(path, 1, strict.reason(error))) from error


def stage_record(said: Mapping[str, Any]) -> StageRecord:
    """Return the stage record that a document holds, or raise TypeError with what is wrong."""
    values = {"costs": {}, **said}
    _check_types(values, _RECORD, "record")
    _check_types(values["costs"], _COSTS, "costs")
    for key in ("needs", "software"):
        _check_types(values.get(key, {}), None, key)
    return StageRecord(**{**values, "costs": Costs(**values["costs"])})


def write_rows(path: Path, kind: type[Record], rows: Iterable[Record]) -> int:
    """Leave rows as JSON lines below a header; return how many there were."""
    lines = row_lines(kind, rows)
    _write(path, lines)
    return len(lines) - 1


def row_lines(kind: type[Record], rows: Iterable[Record]) -> list[str]:
    """Return the lines that rows are written as, the header first."""
    header = json.dumps({"schema": _schema(kind), "version": VERSION})
    return [header, *(json.dumps(asdict(row), sort_keys=True, ensure_ascii=False) for row in rows)]


def read_rows(path: Path, kind: type[Record]) -> Iterator[Record]:
    """Yield the rows of a file, or refuse it with the line and the reason."""
    try:
        with path.open(encoding="utf-8") as stream:
            header = stream.readline()
            _check_header(path, _parse(path, header, line=1), kind)
            for number, line in enumerate(stream, start=2):
                try:
                    yield kind(**_parse(path, line, line=number))
                except TypeError as error:
                    raise StiltsError(_broken(path, number, strict.reason(error))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise StiltsError(_broken(path, 1, strict.reason(error))) from error


def _check_types(
    values: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]] | None, what: str
) -> None:
    """Refuse values of other types than they have; without a table they are all texts."""
    for key, value in values.items():
        known = (str,) if kinds is None else kinds.get(key, ())
        if type(value) not in known:
            raise TypeError(f"'{strict.shown(key)}' in {what} is {strict.shown(repr(value))}")


def _schema(kind: type) -> str:
    return f"adapterstilts/{kind.__name__.lower()}"


def _write(path: Path, lines: list[str]) -> None:
    """Write all or nothing, so that a reader never sees half of a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)


def _parse(path: Path, text: str, *, line: int) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StiltsError(_broken(path, line, strict.reason(error))) from error
    if not isinstance(document, dict):
        raise StiltsError(_broken(path, line, "not a JSON object"))
    return document


def _check_header(path: Path, document: dict[str, Any], kind: type) -> None:
    schema, version = document.get("schema"), document.get("version")
    if schema != _schema(kind):
        raise StiltsError(
            _broken(path, 1, f"schema {strict.shown(repr(schema))} where {_schema(kind)!r} belongs")
        )
    if version != VERSION:
        raise StiltsError(
            f"{path} has records of version {strict.shown(repr(version))}; this adapterstilts reads"
            f" version {VERSION}: use the release that wrote it, or remove the stage's folder and"
            " run again"
        )


def _broken(path: Path, line: int, reason: str) -> str:
    return (
        f"broken artifact {path}:{line}: {reason};"
        " remove the stage's folder and run again to compute it anew"
    )
