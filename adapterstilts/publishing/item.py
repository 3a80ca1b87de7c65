"""One thing that is published, as plain data: what was trained, on what, and how well it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from adapterstilts.core.records import Score, StageRecord

NO_SOURCE, FULL, FULL_STILTS = "no_source", "full", "full_stilts"
"""Baselines that stand beside it: its method without a source, full fine-tuning on the target
alone, and full fine-tuning on the same sources and then on the target."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """The backbone that it stands on."""

    title: str
    """What score rows call it."""
    id: str = ""
    """Its model id on the Hub, or the name of an embedded one; empty where it has none, or nobody
    has said which."""
    revision: str = ""
    """Commit of the Hub that it was, where that is known."""
    folder: Path | None = None
    """Where its files are on this machine; only read for a full model's tokenizer."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """A stage of the store that trained, merged or took something over."""

    name: str
    """What expressions call it: `toy-nli`, `mix(toy-nli, toy-squad)`."""
    folder: Path
    """Its folder in the store."""
    record: StageRecord
    """What it says of itself."""
    data: Mapping[str, StageRecord] = field(default_factory=dict)
    """Role of each split that it was given, `train`, `dev`, `train:mnli:de`, to the record of the
    stage that prepared it; those that are gone from the store are not here."""

    @property
    def origin(self) -> str:
        """Return the repository that it was taken over from; empty where it was from none."""
        said = self.record.identity.get("from")
        return str(said.get("name", "")) if isinstance(said, dict) else ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that is published."""

    expression: str
    """Task or source that it answers or is: `xnli`, `mix(mnli, squad)`."""
    way: str
    """How it was made, as `METHOD/COMPOSITION`: `seq_bn/stack(mnli)`."""
    own: Module
    """What was trained last; its seed is in its record."""
    sources: tuple[Module, ...] = ()
    """What is loaded beside it, in order of appearance: the sources of a stack or a fusion."""
    before: tuple[Module, ...] = ()
    """What its weights came from, and those of its sources, nearest first: what was gone on from,
    merged or taken over. Not loaded any more, and part of its history and its licence."""
    base: Base
    """The backbone."""
    scores: tuple[Score, ...] = ()
    """What it scored itself, in every metric and language."""
    baselines: Mapping[str, tuple[Score, ...]] = field(default_factory=dict)
    """Name of a baseline to its scores on the same targets with the same seed; those that were not
    run are not here."""
    scored: Mapping[str, Path] = field(default_factory=dict)
    """Id of the score stage of any of these scores to its folder, for paired intervals; those that
    are gone from the store are not here."""
    evaluated: Mapping[str, Mapping[str, StageRecord]] = field(default_factory=dict)
    """Id of each score stage of its own to language to the record of the stage that prepared the
    examples; those that are gone from the store are not here."""
    recipe: str = ""
    """The recipe that it is of, as it was written; empty where nobody has written one."""
    notes: tuple[str, ...] = ()
    """What a reader of the scores should know, a sentence each, as why a baseline is missing."""

    @property
    def title(self) -> str:
        """Return what messages call it."""
        return f"{self.expression} by {self.way}"

    @property
    def modules(self) -> tuple[Module, ...]:
        """Return everything that was trained, merged or taken over for it, itself first."""
        return (self.own, *self.sources, *self.before)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What lies in a folder that is published, and how its library loads it."""

    kind: Literal["adapter", "setup", "peft", "model"]
    """`adapter`: one adapter, or a head alone, at the root. `setup`: `adapter_setup.json` at the
    root, each adapter and fusion in a folder. `peft`, `model`: at the root, as PEFT and
    `transformers` save them."""
    library: Literal["adapters", "peft", "transformers"]
    """Library that loads it."""
    auto_class: str
    """Class that loads the model under it, as `AutoAdapterModel` or
    `AutoModelForSequenceClassification`."""
    active: str = ""
    """What is made active, in code of `adapters`: `"mnli"`, `Stack("mnli", "xnli")`; empty of a
    head alone, and where another library loads it."""
    heads: Mapping[str, str] = field(default_factory=dict)
    """Name of each head of `adapters` to its folder, relative; the root is an empty text."""
    files: tuple[str, ...] = ()
    """Every file but the card, relative, in order."""

    @property
    def is_head(self) -> bool:
        """Return whether it is a head alone, on a backbone as it came."""
        return self.kind == "adapter" and not self.active
