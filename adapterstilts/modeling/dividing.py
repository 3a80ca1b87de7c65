"""Whether a batch can be divided among processes: what is refused before anything is trained."""

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.hyperparameters import Hyperparameters


def check_batch(hyper: Hyperparameters, processes: int, stage: str) -> None:
    """Refuse a batch that does not give every process as many rows, whatever the data holds."""
    size = hyper.batch_size
    if size % processes:
        raise UsageError(
            f"batch_size {size} of '{stage}' cannot be divided among {processes} processes: set"
            f" batch_size to {_near(size, processes)} in the recipe, or start as many processes as"
            f" divide it: {_divisors(size)}"
        )
    rows = size // processes
    if hyper.accumulation > rows:
        raise UsageError(
            f"accumulation {hyper.accumulation} of '{stage}' cannot divide the {rows} rows that"
            f" each of {processes} processes has of a batch_size of {size}: set accumulation to at"
            f" most {rows} in the recipe"
        )


def check_rows(rows: int, hyper: Hyperparameters, processes: int, task: str) -> None:
    """Refuse data that is too small for a batch of the size that was asked for."""
    short = min(rows, hyper.batch_size)
    if short % processes:
        lower = short // processes * processes
        batch = f"set batch_size to {lower} in the recipe" if lower else "take more rows"
        raise UsageError(
            f"the training split of '{task}' has {rows} rows, which make one batch that cannot be"
            f" divided among {processes} processes: {batch}, or start as many processes as divide"
            f" it: {_divisors(short)}"
        )


def check_pairs(processes: int, task: str) -> None:
    """Refuse to divide pairs, each of which learns from all the others of its batch."""
    if processes > 1:
        raise UsageError(
            f"'{task}' has pairs of a query and a candidate, which learn from one another and"
            f" cannot be divided among {processes} processes: start one, or leave that task out"
        )


def _near(size: int, processes: int) -> str:
    """Return the sizes around this one that can be divided."""
    lower = size // processes * processes
    return f"{lower} or {lower + processes}" if lower else str(processes)


def _divisors(size: int) -> str:
    found = [str(count) for count in range(1, min(size, 64) + 1) if size % count == 0]
    return " or ".join(filter(None, (", ".join(found[:-1]), found[-1])))
