"""Merge the weights of several sources, once, into a source like any other."""

from dataclasses import dataclass, field, replace
from typing import Any

from adapterstilts.core.expressions import slug
from adapterstilts.core.records import RECORD, Costs, read_record
from adapterstilts.modeling import merges
from adapterstilts.modeling.merges import Merging
from adapterstilts.modeling.methods import method
from adapterstilts.modeling.parts import Source
from adapterstilts.stages.references import Backbone, heard, method_identity, source_role
from adapterstilts.stages.stage import Context, Outcome


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What is merged, and how."""

    backbone: Backbone
    """What all of it stands on."""
    method: str
    """How each source was made."""
    sources: tuple[str, ...]
    """Expressions of the sources, in the order of the roles `source:0`, `source:1`, …"""
    how: Merging = field(default_factory=Merging)
    """Rule, weights, density and seed."""
    head: bool = True
    """Whether the sources' heads are for the same, so that they have a mean: see `heads_agree`."""
    kind: str = "merge"
    """Name of this kind of stage."""
    version: int = 1
    """Version of what it means."""

    @property
    def name(self) -> str:
        """Return the name of the merged module in its files."""
        return slug(self.title)

    @property
    def title(self) -> str:
        """Return what is merged, and how, as its expression says it."""
        return merges.named(self.how, self.sources)

    @property
    def slug(self) -> str:
        """Return the readable part of the folder's name."""
        seed = f"-s{self.how.seed}" if self.how.draws else ""
        return f"{self.method}-{self.title}{seed}"

    def identity(self) -> dict[str, Any]:
        """Return what is hashed; density and seed count only where the rule reads them."""
        return {
            "backbone": self.backbone.identity(),
            "method": method_identity(self.method),
            "sources": list(self.sources),
            "weights": [float(weight) for weight in self.how.weights],
            "rule": self.how.rule,
            **({"density": self.how.density} if self.how.thins else {}),
            **({"seed": self.how.seed} if self.how.draws else {}),
            **({} if self.head else {"head": False}),
        }


def run(config: Merge, context: Context) -> Outcome:
    """Leave the files of a training stage, and what its sources took."""
    from adapterstilts.modeling import merging

    folders = [context.inputs[source_role(index)] for index in range(len(config.sources))]
    backbone = config.backbone.files(context.store, context.inputs, report=heard(context))
    has_head = merging.merge(
        method(config.method),
        backbone,
        [
            Source(name=name, folder=folder)
            for name, folder in zip(config.sources, folders, strict=True)
        ],
        config.how,
        name=config.name,
        head=config.head,
        out=context.out,
    )
    every = [read_record(folder / RECORD).costs for folder in folders]
    return Outcome(
        resolved={"backbone": backbone.revision, "head": has_head},
        costs=replace(
            Costs.trained(every),
            trainable_parameters=0,
            stored_bytes=sum(path.stat().st_size for path in context.out.rglob("*.safetensors")),
        ),
    )
