"""What can be trained on a backbone: adapter architectures, and all of it, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapterstilts.core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way of training."""

    name: str
    """Name in recipes, columns and on the command line."""
    description: str
    """One sentence for `adapterstilts methods`."""
    library: str
    """Library that its files belong to: `adapters`, or `transformers` for whole models."""
    architecture: str = ""
    """Name of the configuration in that library; empty where nothing is added to the backbone."""
    overrides: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    """Settings of the configuration that differ from the library's defaults."""
    whole: bool = False
    """Whether the backbone itself is trained, so that a model is a whole one."""
    stacks: bool = False
    """Whether another adapter can stand on top of one of these."""
    fuses: bool = False
    """Whether AdapterFusion can read it: only what leaves a bottleneck's output can."""


NONE = "none"
"""Method of a model on which nothing was ever trained."""

METHODS: Registry[Method] = Registry(
    "method",
    entries=lambda: (
        Method(
            name="seq_bn",
            description="Bottleneck after the feed-forward block (Pfeiffer et al. 2020).",
            library="adapters",
            architecture="seq_bn",
            stacks=True,
            fuses=True,
        ),
        Method(
            name="double_seq_bn",
            description="Bottlenecks after attention and feed-forward (Houlsby et al. 2019).",
            library="adapters",
            architecture="double_seq_bn",
            stacks=True,
            fuses=True,
        ),
        Method(
            name="lora",
            description="Low-rank updates of the query and value projections (Hu et al. 2021).",
            library="adapters",
            architecture="lora",
            stacks=True,
        ),
        Method(
            name="full",
            description="Every weight of the backbone: fine-tuning as in Phang et al. 2020.",
            library="transformers",
            whole=True,
        ),
        Method(
            name=NONE,
            description="Nothing: the backbone as it came, for what needs no training.",
            library="adapters",
        ),
        Method(
            name="head",
            description="The head alone on frozen features: a linear probe.",
            library="adapters",
        ),
    ),
)
"""Every method by name."""
