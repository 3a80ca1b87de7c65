"""What the untrained backbone gives at each layer: how much a gain could owe to the choice of one.

Beside everything else and part of none of it: no other table, gain or mean reads these scores.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from adapterstilts.analysis.markup import NOTHING, Markup, element
from adapterstilts.analysis.table import load, task_means
from adapterstilts.analysis.words import points


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One target's scores by layer."""

    name: str
    """The target, and the backbone."""
    metric: str
    """What is scored."""
    pooling: str
    """How positions become one embedding."""
    values: Mapping[int, float]
    """Layer to zero-shot mean, 0 being the embeddings."""
    compared: frozenset[int]
    """Layers that the report's other numbers are read at."""

    @property
    def best(self) -> int:
        """Return the layer with the highest mean, of equals the lowest."""
        return max(self.values, key=lambda layer: (self.values[layer], -layer))


def find_sweeps(
    folders: Iterable[Path], scores: pd.DataFrame, *, english: str
) -> tuple[Sweep, ...]:
    """Return the scores by layer of every target that was swept.

    The mean is that of the other tables: over the languages that training has not seen.

    Args:
        folders: Folders of stages that score one layer after the other.
        scores: What is compared, which says the layer that it was read at.
        english: Code of the language that training has seen.
    """
    frame = load(folders)
    frame = frame[frame["primary"].astype(bool)]
    if frame.empty:
        return ()
    frame = frame.assign(layer=_named(frame, "layer"), pooling=_named(frame, "pooling"))
    read = scores.assign(layer=_named(scores, "layer"))
    found = []
    for (backbone, target, metric, pooling), some in frame.groupby(
        ["backbone", "target", "metric", "pooling"], sort=False
    ):
        values = {
            int(str(layer)): float(task_means(one, english=english)["zero_shot"].iloc[0])
            for layer, one in some.groupby("layer", sort=False)
        }
        compared = read.loc[(read["target"] == target) & (read["layer"] != ""), "layer"]
        found.append(
            Sweep(
                name=f"{target} · {backbone}",
                metric=str(metric),
                pooling=str(pooling),
                values=dict(sorted(values.items())),
                compared=frozenset(int(layer) for layer in compared.unique()),
            )
        )
    return tuple(found)


def layers_table(sweeps: Iterable[Sweep]) -> Markup:
    """Return one row of scores by layer for each target."""
    tables = []
    for sweep in sweeps:
        head = [element("th", "layer", scope="col")]
        head += [element("th", str(layer), scope="col", class_="n") for layer in sweep.values]
        cells = [element("th", sweep.name, element("small", _what(sweep)), scope="row")]
        for layer, value in sweep.values.items():
            text = element("b", points(value)) if layer == sweep.best else points(value)
            under = element("small", "compared") if layer in sweep.compared else NOTHING
            cells.append(element("td", element("span", text), under, class_="n"))
        body = element("tbody", element("tr", cells))
        tables.append(element("table", element("thead", element("tr", head)), body))
    return element("div", tables, class_="scroll") if tables else NOTHING


def layer_rows(sweeps: Iterable[Sweep]) -> list[dict[str, object]]:
    """Return one row a target and layer."""
    return [
        {
            "name": sweep.name,
            "metric": sweep.metric,
            "pooling": sweep.pooling,
            "layer": layer,
            "zero_shot": value,
            "best": layer == sweep.best,
            "compared": layer in sweep.compared,
        }
        for sweep in sweeps
        for layer, value in sweep.values.items()
    ]


def _what(sweep: Sweep) -> str:
    return f"{sweep.metric} · {sweep.pooling} pooling"


def _named(frame: pd.DataFrame, name: str) -> "pd.Series[str]":
    """Return what the signatures say of something; nothing where they do not."""
    found: pd.Series[str] = frame["signature"].str.extract(rf"\|{name}=([^|]*)")[0].fillna("")
    return found
