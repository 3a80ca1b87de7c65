"""Everything that a small recipe trains, loaded by the libraries alone over HTTP."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.planner import Plan
from adapterstilts.publishing.card import snippets
from adapterstilts.publishing.folder import artifacts, laying
from adapterstilts.publishing.gathering.items import gather
from adapterstilts.publishing.item import Base, Item, Layout
from adapterstilts.stages import run
from adapterstilts.tasks import encoding

MINE = "adapterstilts"
BACKBONE = "someone/tiny-xlmr"
MOST = 6
"""Examples of each case that are asked."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A published thing and one task that it answers."""

    name: str
    item: Item
    out: Path
    layout: Layout
    task: str
    kind: str
    head: str
    """Name of its head, where that is not the first."""
    features: Sequence[Sequence[Sequence[int]]]
    """Per example its features."""
    asked: Sequence[Sequence[int]]
    """Places that a language model fills."""
    answers: Sequence[np.ndarray]
    """What was stored."""

    @property
    def repository(self) -> str:
        return f"me/{self.out.name}"

    def code(self) -> snippets.Code:
        return snippets.code(
            self.layout, repository=self.repository, base=self.item.base, item=self.item
        )

    def sent(self) -> dict[str, Any]:
        """Return what the process that knows nothing of us is told."""
        found = self.code()
        return {
            "name": self.name,
            "kind": self.kind,
            "code": found.text if not self.head else found.loading,
            "head": _other_head(self.layout, self.head),
            "flexible": self.layout.auto_class == "AutoAdapterModel",
            "features": self.features,
            "asked": self.asked,
        }


def cases(plan: Plan, store: Store, out: Path, backbone: Path) -> Iterator[Case]:
    """Yield every stage of a plan that predicts, after all are run, with what it was made of."""
    for spec in plan.stages.values():
        run.run(spec, store, Runtime(device="cpu"), lambda done, total, note: None)
    base = Base(title="tiny-xlmr", id=BACKBONE, folder=backbone)
    laid: dict[str, tuple[Item, Path, Layout]] = {}
    for id, spec in plan.stages.items():
        if spec.kind != "predict":
            continue
        own = spec.needs.get("trained") or spec.needs["source:0"]
        if own not in laid:
            config: Any = plan.stages[own].config
            way = f"{config.method}/{getattr(config, 'composition', 'target')}"
            item = gather(store, own, expression=config.title, way=way, base=base)
            place = out / f"a{len(laid)}"
            laid[own] = item, place, laying.lay(item, place)
        yield _case(id, spec, store, *laid[own])


def _case(id: str, spec: Any, store: Store, item: Item, place: Path, layout: Layout) -> Case:
    heads = artifacts.trained(item).heads
    head = next((each for each in heads if each.name == spec.config.head), heads[0])
    kind = head.kind if spec.config.task != "toy-tatoeba" else "none"
    encoded = encoding.read(store.folder(spec.needs["qaa"], "encoded"))
    stored = load_file(store.folder(id, "logits") / "logits" / "qaa.safetensors")
    cuts = np.split(stored["outputs"], np.cumsum(stored["lengths"])[:-1])
    owners = [[at for at, owner in enumerate(encoded.owner) if owner == n] for n in range(MOST)]
    rows = [list(map(int, row)) for row in encoded.features["input_ids"]]
    asked = [
        [place for place, label in enumerate(row) if label != -100]
        for row in encoded.features.get("labels", ())
    ]
    single = [group if kind == "choice" else group[:1] for group in owners]
    method = item.own.record.identity["method"]
    return Case(
        name=f"{method['library']}-{method['architecture']}-{item.own.record.id}-{spec.config.task}",
        item=item,
        out=place,
        layout=layout,
        task=spec.config.task,
        kind=kind,
        head="" if head is heads[0] else head.name,
        features=[[rows[at] for at in group] for group in single],
        asked=[asked[group[0]] if kind == "lm" else [] for group in single],
        answers=[np.stack([cuts[at] for at in group]) for group in single],
    )


def _other_head(layout: Layout, head: str) -> str:
    """Return what makes another head of several the one that answers."""
    if not head:
        return ""
    inner = "model.get_base_model()" if layout.kind == "peft" else "model"
    load = f'{inner}.load_head(f"{{folder}}/{layout.heads[head]}", use_safetensors=True)'
    return f"{load}\n{inner}.active_head = {head!r}"


def environment(at: Path, without: Sequence[str]) -> list[str]:
    """Return what to import from where some packages are not installed, and ours is not."""
    at.mkdir()
    places = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    gone = {name.lower() for name in (MINE, *without)}
    for place in reversed(places):
        for entry in place.iterdir():
            name = entry.name.partition("-")[0].partition(".")[0].lower()
            link = at / entry.name
            if name in gone or entry.suffix == ".pth" or entry.name.startswith("__editable__"):
                continue
            if not link.exists():
                link.symlink_to(entry)
    left = {
        each.metadata["Name"].lower() for each in importlib.metadata.distributions(path=[str(at)])
    }
    assert not gone & left
    return [str(at)]


def answers(
    asked: Sequence[Case], paths: Sequence[str], at: Path
) -> tuple[dict[str, list[np.ndarray]], dict[str, Any]]:
    """Return what a process with these packages answers, and what it says of itself."""
    at.mkdir()
    (at / "cases.json").write_text(json.dumps([case.sent() for case in asked]), encoding="utf-8")
    script = Path(__file__).with_name("alone.py")
    done = subprocess.run(
        [sys.executable, "-I", "-S", script, json.dumps(list(paths)), at / "cases.json", at],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=at,
    )
    assert done.returncode == 0, done.stderr
    found = {
        case.name: [found[str(number)] for number in range(len(found))]
        for case in asked
        if (found := load_file(at / f"{case.name}.safetensors"))
    }
    return found, json.loads((at / "said.json").read_text())


def apart(case: Case, said: Sequence[np.ndarray]) -> float:
    """Return by how much answers differ from those that are stored."""
    stored = [each[..., 0] for each in case.answers] if case.kind == "lm" else case.answers
    return max(
        float(np.abs(one.reshape(other.shape) - other).max())
        for one, other in zip(said, stored, strict=True)
    )
