"""How source and target meet, as plain data.

A composition says three things. What it `needs`: the planner reads it and trains those stages
first. What it `trains`: the trainer reads it and freezes everything else. What it `activates`: the
predictor reads it and builds the block. No other file knows a composition by its name.
"""

from dataclasses import dataclass
from enum import Enum

from adapterstilts.core.registry import Registry
from adapterstilts.modeling.methods import NONE, Method


class Needs(str, Enum):
    """Sources that must have been trained before."""

    NOTHING = "nothing"
    ONE = "one source"
    ALL = "all sources"


class Trains(str, Enum):
    """What the target's training changes, beside the target's head."""

    NOTHING = "nothing"
    OWN = "a new module"
    SOURCE = "a copy of the source"
    FUSION = "a fusion layer"


class Activates(str, Enum):
    """The block that the trained modules form in a forward pass."""

    OWN = "own"
    SOURCE = "source"
    STACK = "stack(source, own)"
    FUSE = "fuse(sources)"


@dataclass(frozen=True, kw_only=True)
class Composition:
    """One way for an English source to meet a target."""

    name: str
    """Name in recipes, columns and on the command line."""
    description: str
    """One sentence for `adapterstilts compositions`."""
    needs: Needs
    """Which sources come first."""
    trains: Trains
    """What is trained on the target."""
    activates: Activates
    """What is active when the target is predicted."""
    requires: tuple[str, ...] = ()
    """Properties that a method must have to take part: names of `Method` fields."""

    def refuses(self, method: Method) -> str:
        """Return why a method cannot take part (`which …`), or an empty string."""
        lacking = [name for name in self.requires if not getattr(method, name)]
        if method.name == NONE and self.trains is not Trains.NOTHING:
            return "trains nothing"
        if self.needs is not Needs.NOTHING and not (method.architecture or method.whole):
            return "leaves nothing that a target could build on"
        return _WITHOUT[lacking[0]] if lacking else ""


_WITHOUT = {
    "stacks": "leaves nothing that another module can stand on",
    "fuses": "leaves nothing that AdapterFusion can read",
    "averages": "leaves weights whose mean means nothing",
}

COMPOSITIONS: Registry[Composition] = Registry(
    "composition",
    entries=lambda: (
        Composition(
            name="target",
            description="No source: the target alone, the baseline of every gain.",
            needs=Needs.NOTHING,
            trains=Trains.OWN,
            activates=Activates.OWN,
        ),
        Composition(
            name="zero",
            description="The source, head and all, applied to the target as it is.",
            needs=Needs.ONE,
            trains=Trains.NOTHING,
            activates=Activates.SOURCE,
        ),
        Composition(
            name="stack",
            description="The source frozen below, a new module for the target on top.",
            needs=Needs.ONE,
            trains=Trains.OWN,
            activates=Activates.STACK,
            requires=("stacks",),
        ),
        Composition(
            name="fuse",
            description="AdapterFusion over the frozen sources: attention chooses among them.",
            needs=Needs.ALL,
            trains=Trains.FUSION,
            activates=Activates.FUSE,
            requires=("fuses",),
        ),
        Composition(
            name="continue",
            description="The target goes on from the source's weights: sequential STILTs.",
            needs=Needs.ONE,
            trains=Trains.SOURCE,
            activates=Activates.OWN,
        ),
        Composition(
            name="average",
            description="The target goes on from the mean of the sources' weights.",
            needs=Needs.ALL,
            trains=Trains.SOURCE,
            activates=Activates.OWN,
            requires=("averages",),
        ),
    ),
)
"""Every composition by name."""
