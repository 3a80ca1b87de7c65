"""What a plan trains that can be published, under the names that people know it by."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapterstilts.core.errors import UsageError
from adapterstilts.core.expressions import parse, spelled
from adapterstilts.modeling.composition import OWN, composition
from adapterstilts.modeling.merges import AVERAGE
from adapterstilts.plan.ways import BASELINE
from adapterstilts.publishing import repository_names
from adapterstilts.publishing.gathering.store_view import SOURCE
from adapterstilts.stages import bases
from adapterstilts.stages.merge import Merge
from adapterstilts.stages.predict import TRAINED
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import Config, StageSpec
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS

SOURCES, TARGETS = "sources", "targets"
"""What of a recipe is published, where not all of it is."""
_DIGITS = 8


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A stage that is to be published, whether it has been run or not."""

    config: Train | Merge
    """What it does."""
    needs: Mapping[str, str]
    """What it needs."""
    id: str
    """Its id."""
    expression: str
    """Task or source that it answers or is."""
    way: str
    """How it is made, as `METHOD/COMPOSITION`."""

    @property
    def title(self) -> str:
        """Return what messages call it."""
        return f"{self.expression} by {self.way}"

    @property
    def seed(self) -> int:
        """Return the seed of its training; of a merge 0."""
        return self.config.seed if isinstance(self.config, Train) else self.config.how.seed

    @property
    def is_evaluated(self) -> bool:
        """Return whether it answers a task of its own, which has a test split."""
        name = self.expression.partition("@")[0]
        return name in TASKS and "test" in TASKS.get(name).splits


def candidates(stages: Mapping[str, StageSpec], *, only: str = "") -> Iterator[Candidate]:
    """Yield all that some stages train, what is built on first.

    The backbone that a recipe may make is no part of it, nor what a training only goes on from
    because its target names several tasks to be trained on.

    Args:
        stages: Those of a plan.
        only: `sources` or `targets`; both without.
    """
    if only not in ("", SOURCES, TARGETS):
        raise UsageError(f"only='{only}' is neither '{SOURCES}' nor '{TARGETS}'")
    targets = _targets(stages) if only != SOURCES else {}
    sources = _sources(stages) if only != TARGETS else {}
    for id in stages:
        if id in targets or id in sources:
            yield targets.get(id) or sources[id]


def names(prefix: str, candidates: Sequence[Candidate]) -> list[str]:
    """Return the name of each candidate's repository, no two the same."""
    grounds = {candidate.config.backbone.name for candidate in candidates}
    found = [
        repository_names.named(
            prefix,
            expression=candidate.expression,
            way=candidate.way,
            seed=candidate.seed,
            backbone=bases.title(candidate.config.backbone) if len(grounds) > 1 else "",
        )
        for candidate in candidates
    ]
    often = Counter(found)
    return [
        _told_apart(name, candidate.id) if often[name] > 1 else name
        for name, candidate in zip(found, candidates, strict=True)
    ]


def _told_apart(name: str, id: str) -> str:
    """Return a repository's name with the stage in it."""
    owner, _, last = name.partition("/")
    return f"{owner}/{last[: repository_names.LONGEST - _DIGITS - 1].rstrip('-.')}-{id[:_DIGITS]}"


def candidate_of(spec: StageSpec, expression: str, way: str) -> Candidate:
    """Return a stage that trains or merges as what is published of it."""
    assert isinstance(spec.config, Train | Merge)
    return Candidate(
        config=spec.config, needs=spec.needs, id=spec.id, expression=expression, way=way
    )


def _targets(stages: Mapping[str, StageSpec]) -> dict[str, Candidate]:
    """Return what is trained on the targets, under the names that score rows have for it."""
    found: dict[str, Candidate] = {}
    for spec in stages.values():
        if isinstance(about := spec.config, Evaluate):
            id = stages[spec.needs[PREDICTED]].needs.get(TRAINED, "")
            if id and id not in found:
                found[id] = candidate_of(stages[id], about.target, _way(about, stages[id].config))
    return found


def _way(about: Evaluate, config: Config) -> str:
    """Return how a target was trained, as it was written: a stage knows what comes of it."""
    assert isinstance(config, Train)
    met, arguments = composition(about.composition), config.sources
    if met.base == AVERAGE:
        arguments = tuple(each.text for each in parse(arguments[0]).arguments)
    elif met.overrides.get(OWN):
        arguments = arguments[:-1]
    return f"{about.method}/{spelled(met.name, {}, arguments)}"


def _sources(stages: Mapping[str, StageSpec]) -> dict[str, Candidate]:
    """Return what others build on, or what answers as it is."""
    needed = [
        id for spec in stages.values() for role, id in spec.needs.items() if role.startswith(SOURCE)
    ]
    return {
        id: candidate_of(stages[id], config.title, f"{config.method}/{BASELINE}")
        for id in dict.fromkeys(needed)
        if isinstance(config := stages[id].config, Train | Merge)
    }
