"""Score folders with known answers."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from adapterstilts.analysis import report
from adapterstilts.core.records import Score, write_rows
from adapterstilts.core.statistics import ratio

DISTANCES = {"aa": 0.0, "bb": 0.12, "cc": 0.31, "dd": 0.58}
LANGUAGES = tuple(DISTANCES)


class Planter:
    """Writes score folders as score stages do."""

    def __init__(self, root: Path):
        self.root = root
        self.folders: list[Path] = []

    def add(
        self,
        hits: Mapping[str, Sequence[float]],
        *,
        method: str = "seq_bn",
        composition: str = "target",
        source: str = "",
        target: str = "pairs",
        seed: int = 0,
        **changes: Any,
    ) -> Path:
        """Return a new folder whose examples got `hits`, 0 or 1 each, in every language."""
        parts = (method, composition, source, target, seed, *changes.values())
        id = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
        folder = self.root / f"score-{id}"
        folder.mkdir()
        stated = {
            "backbone": "toyworld", "method": method, "composition": composition,
            "source": source, "target": target, "suite": "toy", "split": "test",
            "perturbation": "", "seed": seed, "metric": "accuracy", "primary": True,
            "stage": id, "signature": "accuracy:1",
        }  # fmt: skip
        ids = changes.pop("ids", "")
        rows, tallies = [], {}
        for language, got in hits.items():
            tally = np.stack([np.asarray(got, dtype=np.float64), np.ones(len(got))], axis=1)
            tallies[f"{language}/accuracy"] = tally
            value = 100 * ratio(tally)
            numbers = {"value": value, "low": value - 2, "high": value + 2, "n": len(got)}
            rows.append(Score(**{**stated, **numbers, "language": language, **changes}))
        write_rows(folder / "scores.jsonl", Score, rows)
        save_file(tallies, folder / "tallies.safetensors")
        digests = {language: f"{len(got)}{ids}" for language, got in hits.items()}
        (folder / "ids.json").write_text(json.dumps(digests))
        self.folders.append(folder)
        return folder

    def grid(self, *, n: int = 200) -> list[Path]:
        """Return the folders of a small recipe: every kind of row that a report shows."""
        generator = np.random.default_rng(7)

        def answers(level: float) -> dict[str, Any]:
            levels = {code: level - 0.3 * far for code, far in DISTANCES.items()}
            return {code: generator.random(n) < share for code, share in levels.items()}

        cost = {"train_seconds": 12.5, "peak_memory": 612_000_000}
        small = {**cost, "trainable_parameters": 8_532, "stored_bytes": 36_400}
        large = {**cost, "trainable_parameters": 1_250_000, "stored_bytes": 5_100_000}
        for seed in (0, 1):
            for target, level in (("pairs", 0.72), ("tags", 0.85)):
                on = {"target": target, "seed": seed}
                self.add(answers(level), **on, **small)
                self.add(answers(level + 0.02), method="full", **on, **large)
                for source, gain in (("nli", 0.12), ("squad", -0.1)):
                    of = {**on, "source": source}
                    self.add(answers(level + gain), composition="stack", **of, **small)
                    self.add(
                        answers(level + gain), method="full", composition="continue", **of, **large
                    )
                fused = {**on, "composition": "fuse", "source": "nli + squad"}
                self.add(answers(level + 0.05), **fused, **small)
            for source in ("nli", "squad"):
                of = {"target": "retrieval", "composition": "zero", "source": source, "seed": seed}
                self.add(answers(0.5), **of, **small)
        self.add(answers(0.35), method="none", composition="zero", target="retrieval")
        return self.folders


@pytest.fixture
def planter(tmp_path: Path) -> Planter:
    root = tmp_path / "store"
    root.mkdir()
    return Planter(root)


@pytest.fixture
def few(planter: Planter) -> list[Path]:
    """Return the folders of one comparison."""
    planter.add({"aa": [1.0, 1.0, 0.0], "bb": [1.0, 0.0, 0.0]})
    planter.add({"aa": [1.0] * 3, "bb": [1.0] * 3}, composition="stack", source="nli")
    return planter.folders


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the folders of a small recipe, to be read only."""
    return Planter(tmp_path_factory.mktemp("store")).grid()


@pytest.fixture(scope="session")
def said() -> dict[str, Any]:
    """Return what a report is told beside the scores."""
    return {
        "title": "quickstart",
        "question": "Does what a source teaches carry over to other languages?",
        "distances": DISTANCES,
        "names": {"aa": "Anoric", "bb": "Beloric", "cc": "Ceroric", "dd": "Damune"},
        "english": "aa",
        "recipe_text": "question: Does it?\nseeds: [0, 1]\n",
    }


@pytest.fixture(scope="session")
def page(grid: list[Path], said: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a small recipe, to be read only."""
    return report.write(grid, tmp_path_factory.mktemp("out"), **said)
