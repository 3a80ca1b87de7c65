"""Several processes that a launcher started: the first works a plan off, the others train with it.

All of them are given the same plan. The others wait until the first one calls them to a training
stage that it has claimed, take part in it, and keep nothing: what is no training is done by the
first one alone, and so is everything that is written and said.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from adapterstilts.core.launch import Launch, Parted
from adapterstilts.core.store import Store
from adapterstilts.modeling.dividing import check_batch, check_pairs
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.engines import Serial
from adapterstilts.stages.references import head_of
from adapterstilts.stages.run import TOGETHER, take_part
from adapterstilts.stages.stage import StageSpec
from adapterstilts.stages.train import Train
from adapterstilts.tasks.registry import TASKS

if TYPE_CHECKING:
    from adapterstilts.modeling.ranks import Ranks

Stages = Mapping[str, StageSpec]


def check(stages: Stages, processes: int) -> None:
    """Refuse batches that cannot be divided, before anything is run."""
    for spec in stages.values():
        if spec.kind in TOGETHER and isinstance(spec.config, Train):
            check_batch(spec.config.hyper, processes, spec.slug)
            for part in spec.config.parts:
                if head_of(TASKS.get(part.task)).kind == "none":
                    check_pairs(processes, part.task)


def in_turns(
    stages: Stages, store: Store, runtime: Runtime, launch: Launch, work: Callable[[Serial], Any]
) -> dict[str, Any]:
    """Return what the first process says at the end: the fields of what came of its work.

    Args:
        stages: Those of the plan, the same in every process.
        store: A folder that all processes share.
        runtime: The machine's side; stages are worked off one after the other, whatever it says.
        launch: Which process this is.
        work: Works the plan off and returns a record of what came of it; called in the first one.
    """
    from adapterstilts.modeling.ranks import join

    alone = replace(runtime, workers=1)
    ranks = join(launch, alone)
    if not launch.leads:
        return _help(ranks, stages, store, alone)
    try:
        said = {"ended": asdict(work(Serial(store, alone, _calling(ranks))))}
    except BaseException:
        with suppress(RuntimeError):
            ranks.call({})
        raise
    ranks.call(said)
    ranks.part()
    return said["ended"]


def _calling(ranks: "Ranks") -> Any:
    """Return what calls the others to a stage for as long as it lasts."""

    @contextmanager
    def together(spec: StageSpec) -> Iterator[None]:
        ranks.call({"stage": spec.id})
        with ranks.together(spec.slug):
            yield

    return together


def _help(ranks: "Ranks", stages: Stages, store: Store, runtime: Runtime) -> dict[str, Any]:
    """Take part in what the first process calls for until it ends; return what it says then."""
    while "stage" in (word := ranks.called()):
        spec = stages.get(word["stage"])
        if spec is None:
            raise Parted(
                f"{ranks.launch.word} was called to a stage that its plan does not have: start all"
                " processes with the same command, recipe and versions"
            )
        try:
            with ranks.together(spec.slug):
                take_part(spec, store, runtime)
        except Parted:
            raise
        except Exception:  # All failed in it, and the first one tells why.
            continue
    if "ended" not in word:
        raise Parted("the first process ended before its time: its own message says why")
    ranks.part()
    ended: dict[str, Any] = word["ended"]
    return ended
