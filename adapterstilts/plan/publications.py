"""The stages that publish what a recipe trains: each after all that its card tells of."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapterstilts.core.errors import StiltsError, UsageError, suggest
from adapterstilts.core.hub import Hub, uploading
from adapterstilts.core.store import Store
from adapterstilts.plan.candidates import Candidate, candidates, names
from adapterstilts.plan.destination import Destination
from adapterstilts.plan.recipe import Recipe
from adapterstilts.plan.ways import AS_IT_IS
from adapterstilts.publishing import own_sources
from adapterstilts.publishing.gathering import conditions
from adapterstilts.publishing.gathering.conditions import Run
from adapterstilts.publishing.gathering.items import OWN, PREPARED
from adapterstilts.stages import bases
from adapterstilts.stages.adopt import Adopt
from adapterstilts.stages.index import Index
from adapterstilts.stages.predict import TRAINED
from adapterstilts.stages.publish import Publish
from adapterstilts.stages.references import source_role
from adapterstilts.stages.score import PREDICTED, Evaluate
from adapterstilts.stages.stage import StageSpec

_LOG = logging.getLogger(__name__)
LEAVE_OUT = "--set publish=null"
"""What runs a recipe without publishing."""
_ANSWERS = ("train", "merge", "adopt", "predict", "score")
_SHOWN = 5

Stages = Mapping[str, StageSpec]
"""Stages by their ids."""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """A score stage of a plan."""

    id: str
    """Its id."""
    run: Run
    """What baselines are told by."""
    by: str
    """Stage whose model answers; empty for the untrained backbone."""


def publications(recipe: Recipe, stages: Stages) -> Iterator[StageSpec]:
    """Yield the stages that publish what a recipe trains, and the index, where it says so.

    Args:
        recipe: The recipe.
        stages: All others of its plan.
    """
    asked = recipe.publish
    if asked is None:
        return
    found = list(_asked(asked, recipe, stages))
    answers = [_answer(id, spec.config, stages) for id, spec in _scored(stages)]
    members: dict[Publish, StageSpec] = {}
    for candidate, name in found:
        _check_named(candidate, asked, recipe)
        _check_own(candidate, name, asked, recipe, stages)
        config = Publish(
            repository=name,
            revision=asked.revision,
            expression=candidate.expression,
            way=candidate.way,
            backbone=candidate.config.backbone,
            base_model=asked.base_model,
            licence=asked.licence,
            private=asked.private,
            collection=asked.collection,
            recipe=recipe.document,
        )
        members[config] = StageSpec(config, _needs(candidate, answers, stages))
    yield from members.values()
    index = Index(
        repository=asked.to,
        revision=asked.revision,
        things=tuple(members),
        licence=asked.licence,
        private=asked.private,
        collection=asked.collection,
        recipe=recipe.document,
    )
    yield StageSpec(index, {thing.repository: spec.id for thing, spec in members.items()})


def check(stages: Stages, store: Store, client: Hub) -> None:
    """Refuse to begin what could not be published in the end: offline, or without a token."""
    wanted = [
        spec.config
        for id, spec in stages.items()
        if isinstance(spec.config, Publish | Index) and store.find(id) is None
    ]
    if not wanted:
        return
    if client.offline:
        raise StiltsError(
            f"nothing is published offline, and {wanted[0].repository} would be: leave it out with"
            f" {LEAVE_OUT}, or run without --offline"
        )
    owners = {config.repository.partition("/")[0]: config for config in reversed(wanted)}
    for config in owners.values():
        uploading.who(client, config.destination)
    asked = {config.base_model for config in wanted if isinstance(config, Publish)}
    for told in filter(None, (bases.unknown(client, each) for each in sorted(asked))):
        _LOG.warning("%s", told)


def _asked(asked: Destination, recipe: Recipe, stages: Stages) -> Iterator[tuple[Candidate, str]]:
    """Yield what is to be published, each with the name of its repository."""
    seed = recipe.seeds[0] if asked.seed is None else asked.seed
    place = f"'publish' of {recipe.path}"
    if seed not in recipe.seeds:
        seeds = ", ".join(map(str, recipe.seeds))
        raise UsageError(f"nothing is trained with the seed {seed} of {place}: name one of {seeds}")
    every = [candidate for candidate in candidates(stages) if candidate.seed == seed]
    known = list(dict.fromkeys(candidate.expression for candidate in every))
    if not known:
        raise UsageError(f"{place} has nothing to publish: nothing is trained; leave it out")
    if missing := [each for each in asked.what if each not in known]:
        raise UsageError(
            f"'{missing[0]}' in {place} is nothing that is trained{suggest(missing[0], known)}"
        )
    made = list(dict.fromkeys(candidate.config.method for candidate in every))
    if missing := [each for each in asked.methods if each not in made]:
        raise UsageError(
            f"nothing is trained by '{missing[0]}' of {place}: name one of {', '.join(made)}"
        )
    # Named before some are left out, so that what is published has its name whatever else is.
    for candidate, name in zip(every, names(asked.to, every), strict=True):
        wanted = not asked.what or candidate.expression in asked.what
        if wanted and (not asked.methods or candidate.config.method in asked.methods):
            yield candidate, name


def _check_named(candidate: Candidate, asked: Destination, recipe: Recipe) -> None:
    """Refuse what stands on a backbone that others could not find."""
    backbone = candidate.config.backbone
    if not bases.id_of(backbone, candidate.needs, asked=asked.base_model):
        raise UsageError(
            f"the backbone '{bases.title(backbone)}' of {candidate.expression} is none that others"
            f" have: say which model of the Hub it is with 'base_model' under 'publish' in"
            f" {recipe.path}, or publish nothing with {LEAVE_OUT}"
        )


def _check_own(
    candidate: Candidate, name: str, asked: Destination, recipe: Recipe, stages: Stages
) -> None:
    """Refuse what would take the place of something that it is made of, as would the index."""
    below = (stages[id].config for id in _below([candidate.id], stages))
    taken = [config.name for config in below if isinstance(config, Adopt) and config.place == "hub"]
    taken.append(bases.id_of(candidate.config.backbone, candidate.needs, asked=asked.base_model))
    option = f"'to' under 'publish' in {recipe.path}"
    own_sources.check(name, taken, what=candidate.title, option=option)
    own_sources.check(asked.to, taken, what=f"the index with {candidate.title}", option=option)


def _needs(candidate: Candidate, answers: Sequence[_Answer], stages: Stages) -> dict[str, str]:
    """Return all that a card tells of, by role: what its subject is made of, and all scores.

    A role says the stage and no number, so that it stays where others come or go.
    """
    mine = [answer for answer in answers if answer.by == candidate.id]
    beside = {each.id: None for own in mine for each in _baselines(own, answers)}
    made = _below([candidate.id], stages)
    # Where the examples of its own scores come from is told, of baselines that they are the same.
    scored = _below((answer.id for answer in mine), stages, kinds=(*_ANSWERS, PREPARED))
    compared = _below(beside, stages, kinds=_ANSWERS)
    rest = sorted({*made, *scored, *compared} - {candidate.id})
    return {OWN: candidate.id, **{f"{stages[id].kind}:{id}": id for id in rest}}


def _baselines(own: _Answer, answers: Sequence[_Answer]) -> Iterator[_Answer]:
    """Yield the scores that may stand beside another as its baselines; the card takes what fits."""
    trained = conditions.is_trained(own.run.target, (each.run for each in answers))
    wanted = conditions.baselines(own.run.condition, trained=trained).values()
    for each in answers:
        if each.by != own.by and any(conditions.fits(each.run, one, own.run) for one in wanted):
            yield each


def _below(
    ids: Iterable[str], stages: Stages, *, kinds: Sequence[str] | None = None
) -> dict[str, None]:
    """Return stages and all that they need, each once; only those of some kinds, if these are."""
    found: dict[str, None] = {}
    left = list(ids)
    while left:
        id = left.pop()
        if id not in found and (kinds is None or stages[id].kind in kinds):
            found[id] = None
            left += stages[id].needs.values()
    return found


def _scored(stages: Stages) -> Iterator[tuple[str, StageSpec]]:
    yield from ((id, spec) for id, spec in stages.items() if isinstance(spec.config, Evaluate))


def _answer(id: str, about: object, stages: Stages) -> _Answer:
    assert isinstance(about, Evaluate)
    needs = stages[stages[id].needs[PREDICTED]].needs
    as_it_is = needs.get(source_role(0), "") if about.composition == AS_IT_IS else ""
    run = Run(
        condition=(about.method, about.composition, about.source),
        target=about.target,
        asked=(about.backbone, about.split),
        seed=about.seed,
    )
    return _Answer(id=id, run=run, by=needs.get(TRAINED) or as_it_is)
