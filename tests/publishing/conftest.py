"""A small recipe that has been run, and every thing in it that could be published."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapterstilts.core.records import RECORD, Score, StageRecord, read_record, read_rows
from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.publishing.item import FULL, FULL_STILTS, NO_SOURCE, Base, Item, Layout, Module
from adapterstilts.stages import run

BASE = "someone/tiny-xlmr"
"""Id that the backbone of these tests is said to have on the Hub."""
LANGUAGES = ("qaa", "qab", "qah")
RECIPE = """\
question: What is there to be given to others?
backbone: {backbone}
seeds: 0
languages: [qaa, qab, qah]
sources: [toy-nli, toy-squad]
grid:
  - {{methods: seq_bn, compositions: [target, stack, fuse, continue(toy-nli)], targets: toy-xnli}}
  - {{methods: seq_bn, compositions: "stack(average(toy-nli, toy-squad))", targets: toy-xnli}}
  - {{methods: seq_bn, compositions: zero(toy-nli), targets: [toy-xnli, toy-tatoeba]}}
  - {{methods: seq_bn, compositions: "stack(mix(toy-nli, toy-squad))", targets: toy-xquad}}
  - {{methods: full, compositions: [target, continue(toy-nli)], targets: toy-xnli}}
  - {{methods: [lora, "peft:lora"], compositions: [target, continue(toy-nli)], targets: toy-xnli}}
training:
  default: {{steps: 2, batch_size: 2, train_examples: 8, max_length: 40}}
"""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A recipe that has been run."""

    store: Store
    """Where everything is."""
    items: Mapping[str, Item]
    """What could be published, by `EXPRESSION METHOD/COMPOSITION`."""
    text: str
    """The recipe."""

    def one(self, name: str) -> Item:
        """Return the thing of a name, `toy-xnli seq_bn/stack(toy-nli)`."""
        return self.items[name]


@pytest.fixture(scope="session")
def grid(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Grid:
    """Return the recipe after its run, to be read only."""
    from adapterstilts.plan.planner import plan
    from adapterstilts.plan.recipe import load

    folder = tmp_path_factory.mktemp("publishing")
    text = RECIPE.format(backbone=tiny_backbone)
    (folder / "small.yaml").write_text(text, encoding="utf-8")
    planned, store = plan(load(folder / "small.yaml", ())), Store(folder / "runs")
    for spec in planned.stages.values():
        run.run(spec, store, Runtime(device="cpu"), lambda done, total, note: None)
    found = _Gathering(planned.stages, store, Base(title="tiny", id=BASE, folder=tiny_backbone))
    return Grid(store=store, items={_name(item): item for item in found.items(text)}, text=text)


@pytest.fixture
def item(grid: Grid) -> Callable[[str], Item]:
    """Return what gives a thing by its name."""
    return grid.one


def _name(item: Item) -> str:
    return f"{item.expression} {item.way}"


class _Gathering:
    """Makes items of a plan that has been run, by hand and for these tests alone."""

    def __init__(self, stages: Mapping[str, Any], store: Store, base: Base) -> None:
        self._stages, self._store, self._base = stages, store, base
        self._scores: dict[str, list[Score]] = {}
        self._answers: dict[str, list[str]] = {}
        for id, spec in stages.items():
            if spec.kind == "score":
                rows = list(read_rows(self._folder(id) / "scores.jsonl", Score))
                self._scores[id] = rows
                own = self._own(spec.needs["predicted"])
                self._answers.setdefault(own, []).append(id)

    def items(self, recipe: str) -> Iterator[Item]:
        """Yield everything that trained or merged, with what it scored."""
        for id, spec in self._stages.items():
            if spec.kind in ("train", "merge"):
                yield self._item(id, spec, recipe)

    def _item(self, id: str, spec: Any, recipe: str) -> Item:
        config = spec.config
        answered = self._answers.get(id, [])
        scores = [row for each in answered for row in self._scores[each]]
        baselines = {name: found for name in _BASELINES if (found := self._beside(scores, name))}
        composition = getattr(config, "composition", "target")
        via = f"({', '.join(config.sources)})" if spec.kind == "train" and config.sources else ""
        of = self._roles(id)
        loaded = composition in ("stack", "fuse")
        before = [] if loaded else list(of)
        for source in of:
            before += [each for each in self._roles(source) if each not in before]
        rows = [*scores, *(row for some in baselines.values() for row in some)]
        return Item(
            expression=config.title,
            way=f"{config.method}/{composition}{via}",
            own=self._module(id),
            sources=tuple(map(self._module, of)) if loaded else (),
            before=tuple(map(self._module, before)),
            base=self._base,
            scores=tuple(scores),
            baselines=baselines,
            scored={row.stage: self._folder(row.stage) for row in rows},
            recipe=recipe,
        )

    def _beside(self, scores: list[Score], name: str) -> tuple[Score, ...]:
        """Return the rows of a baseline on the same targets."""
        found = []
        for target in dict.fromkeys(row.target for row in scores):
            own = next(row for row in scores if row.target == target)
            if not own.source and name != FULL:
                continue
            wanted = _BASELINES[name](own)
            known = [row for some in self._scores.values() for row in some if row not in scores]
            rows = [row for row in known if row.target == target]
            found += [row for row in rows if (row.method, row.composition, row.source) == wanted]
        return tuple(found)

    def _own(self, predicted: str) -> str:
        needs = self._stages[predicted].needs
        return needs.get("trained") or needs.get("source:0", "")

    def _roles(self, id: str) -> list[str]:
        needs = self._stages[id].needs
        return [needs[role] for role in sorted(needs) if role.startswith("source:")]

    def _module(self, id: str) -> Module:
        folder, config = self._folder(id), self._stages[id].config
        record = read_record(folder / RECORD)
        data = {
            role: found
            for role, needed in record.needs.items()
            if (found := self._record(needed)).kind == "prepare"
        }
        return Module(name=config.title, folder=folder, record=record, data=data)

    def _record(self, id: str) -> StageRecord:
        return read_record(self._folder(id) / RECORD)

    def _folder(self, id: str) -> Path:
        return self._store.folder(id, "what was made")


_BASELINES: Mapping[str, Callable[[Score], tuple[str, str, str]]] = {
    NO_SOURCE: lambda row: (
        ("none", "zero", "") if row.target == "toy-tatoeba" else (row.method, "target", "")
    ),
    FULL: lambda row: ("full", "target", ""),
    FULL_STILTS: lambda row: ("full", "continue", row.source),
}


LAYOUTS: Mapping[str, Layout] = {
    "adapters": Layout(
        kind="adapter",
        library="adapters",
        auto_class="AutoAdapterModel",
        active='"toy-xnli"',
        heads={"toy-xnli": ""},
        files=("adapter_config.json", "adapter.safetensors", "scores.jsonl", "records.json"),
    ),
    "setup": Layout(
        kind="setup",
        library="adapters",
        auto_class="AutoAdapterModel",
        active='Stack("toy-nli", "toy-xnli")',
        heads={"toy-xnli": "toy-xnli"},
        files=("adapter_setup.json", "scores.jsonl", "records.json"),
    ),
    "peft": Layout(
        kind="peft",
        library="peft",
        auto_class="AutoModelForSequenceClassification",
        files=("adapter_config.json", "adapter_model.safetensors", "scores.jsonl"),
    ),
    "transformers": Layout(
        kind="model",
        library="transformers",
        auto_class="AutoModelForSequenceClassification",
        files=("config.json", "model.safetensors", "scores.jsonl", "records.json"),
    ),
}
"""A plain layout of every kind, for cards whose folder nobody has written."""


@pytest.fixture(scope="session")
def laid() -> Callable[[Item], Layout]:
    """Return what gives the kind of layout that a thing would have."""

    def of(item: Item) -> Layout:
        method = item.way.partition("/")[0]
        if method == "full":
            return LAYOUTS["transformers"]
        if method.startswith("peft:"):
            return LAYOUTS["peft"]
        return LAYOUTS["setup" if item.sources else "adapters"]

    return of


@pytest.fixture
def also() -> Callable[..., Store]:
    """Return a function that runs some more ways in a copy of a grid's store."""
    from adapterstilts.plan.planner import plan
    from adapterstilts.plan.recipe import load

    def more(
        grid: Grid, place: Path, *changes: str, grid_of: Any = (), store: Store | None = None
    ) -> Store:
        asked = [grid_of] if isinstance(grid_of, str) else list(grid_of)
        entries = [
            f"{{methods: '{way.split('/', 1)[0]}', compositions: '{way.split('/', 1)[1]}',"
            " targets: toy-xnli}"
            for way in asked
        ]
        found = store or Store(Path(shutil.copytree(grid.store.root, place / "also")))
        recipe = load(
            grid.store.root.parent / "small.yaml", (*changes, f"grid=[{', '.join(entries)}]")
        )
        for spec in plan(recipe).stages.values():
            run.run(spec, found, Runtime(device="cpu"), lambda done, total, note: None)
        return found

    return more
