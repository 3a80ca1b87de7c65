"""What one task is, said once: where its rows are, roles, labels, languages, metrics, licence."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ToyData:
    """Rows that the embedded toy world writes itself."""

    generator: str
    """Name of the generator in `adapterstilts.toyworld`."""
    sizes: Mapping[str, int]
    """Number of examples of each split."""
    start: int = 0
    """Index of each split's first example: two tasks of one generator share none."""


@dataclass(frozen=True, kw_only=True)
class HubData:
    """Parquet files of one dataset repository of the Hugging Face Hub."""

    repository: str
    """Name of the repository, as `facebook/xnli`."""
    splits: Mapping[str, tuple[str, ...]]
    """Our split to theirs, which are read one after the other."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role to the column that holds it; a role that is not here has its own name there."""
    config: str = "{subset}"
    """Name of the configuration, made of `{language}` and the task's `{subset}` of it."""
    configs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language to several configurations, read one after the other; wins over `config`."""
    convert: str = "plain"
    """How a record becomes a row: a name in `tasks.readers.converters`."""
    revision: str = "main"
    """Branch or tag that holds the parquet files; the commit is resolved at first use and kept."""
    caveat: str = ""
    """What this copy has that the official data have not, and what is done about it."""


@dataclass(frozen=True, kw_only=True)
class RawData:
    """Files of one official layout, in a folder that the user names."""

    files: Mapping[str, tuple[str, ...]]
    """Split to the files, read together: paths with `{language}` and `{subset}`, and `*`."""
    reader: str
    """How the files are read: a name in `tasks.readers`."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role to the column that holds it, where the reader makes records of named columns."""
    convert: str = "plain"
    """How a record becomes a row, where the reader makes records."""
    unlabelled: tuple[str, ...] = ()
    """Splits whose labels the layout has removed or overwritten: they can only be predicted."""


@dataclass(frozen=True, kw_only=True)
class RealData:
    """Rows that people wrote: on the Hub, and in the layout of their release."""

    hub: HubData | None
    """Where the Hub has them; None where it has nothing that is right."""
    raw: tuple[RawData, ...]
    """Official layouts, in the order of preference; the first that a folder holds is read."""
    sizes: Mapping[str, int | Mapping[str, int]]
    """Split to the official number of rows, or to that of each language."""
    refusal: str = ""
    """Where `hub` is None: why, and where the right data come from."""
    held_out: int = 0
    """Rows of `train` that are kept as `dev`, where the release has none."""
    blank: tuple[str, ...] = ()
    """Roles that may be empty, because in the official data some are."""


@dataclass(frozen=True, kw_only=True)
class JoinedData:
    """The rows of several tasks, one task after the other."""

    tasks: tuple[str, ...]
    """Names of tasks of the same format, roles and labels."""
    sizes: Mapping[str, int]
    """Split to the official number of rows."""


@dataclass(frozen=True, kw_only=True)
class TranslatedData:
    """Training rows that a machine has translated from English, in the same two ways in."""

    languages: tuple[str, ...]
    """Codes of the languages that one of the places has."""
    hub: HubData | None = None
    """Where the Hub has them; with `configs` and no `config`, in the languages of `configs`."""
    raw: tuple[RawData, ...] = ()
    """Layouts of the released files, in the order of preference."""
    size: int = 0
    """Number of rows of each language; 0 where the places have other numbers, or nobody knows."""
    held_out: int = 0
    """Rows that are left out, drawn by their ids as the English dev is, so that none is learned."""


Data = ToyData | RealData | JoinedData
"""Where rows come from."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One evaluated or trained problem: a declaration, never code."""

    name: str
    """Name in recipes, columns and on the command line."""
    format: str
    """Shape of the problem: a name of the format registry."""
    suite: str
    """Suite that it is at home in."""
    data: Data
    """Where its rows come from."""
    roles: tuple[str, ...]
    """What its rows have, in the words of the format: `first`, `second`, `label`, …"""
    languages: Mapping[str, str]
    """Language code to the subset of the data that holds it."""
    metrics: tuple[str, ...]
    """Metrics that are scored, by name."""
    primary: str
    """The metric that ranks it; one of `metrics`."""
    description: str
    """One sentence for `adapterstilts tasks`."""
    licence: str
    """SPDX identifier of the data's licence, or its own name."""
    citation: str
    """Who made the data."""
    labels: tuple[str, ...] = ()
    """Label set in the order of the head's outputs; empty where the format has none."""
    training: tuple[str, ...] = ()
    """Tasks whose English training splits it learns from, in turn; itself where none is named."""
    splits: tuple[str, ...] = ("train", "dev", "test")
    """Splits that it has; a task without `train` is evaluated only."""
    choices: int = 0
    """Largest number of choices of a multiple-choice task."""
    unanswerable: bool = False
    """Whether some questions of a question-answering task have no answer, and none may be given."""
    english: str = "en"
    """Code of the language that training and model selection may see."""
    translated: TranslatedData | None = None
    """Where its training rows are in other languages; None where only a user can have them."""
    notes: str = ""
    """What a user should know before comparing numbers: decisions, and traps of other copies."""
