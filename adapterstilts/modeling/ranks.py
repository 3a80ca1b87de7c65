"""Several processes that train as one: what they divide, add up, and tell each other.

Every process builds the whole batch, which follows from seed and step alone, and computes on rows
of its own; gradients are added up before they are clipped, so that all take the same step. What is
learned is that of one process but for the last bits of sums. The model is not wrapped: a wrapper
would hide its heads, and would want each of them in every step.

The processes form one group for as long as they live. Words between them go through its store,
which takes no part in the order of collective calls: a process can say there that it failed while
another waits for its gradients.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from adapterstilts.core.failures import explain
from adapterstilts.core.launch import Launch, Parted
from adapterstilts.modeling.device import choose
from adapterstilts.modeling.runtime import Runtime

_MEETING = timedelta(minutes=10)
"""Time for all to come; importing the libraries over a network takes a while."""
_PATIENCE = timedelta(days=30)
"""Time for the others to come to the same point; the first one may be at a long stage alone."""
_GRACE = timedelta(seconds=20)
"""Time for the others to fail in the same way, where the cause is one that all have."""


class Ranks:
    """The processes that train together, as one of them sees them; alone, nothing is to be done."""

    def __init__(self, launch: Launch, store: Any = None) -> None:
        """Take this process's place, and where words are left for the others."""
        self.launch, self.size, self.leads = launch, launch.size, launch.leads
        self._store, self._words, self._shared = store, 0, 0

    def rows(self, count: int) -> range:
        """Return which rows of a batch are this process's."""
        rank, size = self.launch.rank, self.size
        return range(count * rank // size, count * (rank + 1) // size)

    def key(self, *key: int) -> tuple[int, ...]:
        """Return what this process draws by: the first one by the key itself, as it does alone."""
        return key if self.leads else (*key, self.launch.rank)

    def add_up(self, trainable: Mapping[str, nn.Parameter], loss: Tensor) -> Tensor:
        """Give every process the sum of all gradients, and return the sum of the losses.

        What had no part in the batch anywhere has no gradient after it, and so no decay either.
        """
        if self.size == 1:
            return loss
        parameters = list(trainable.values())
        took = [float(parameter.grad is not None) for parameter in parameters]
        pieces = [loss.reshape(1), torch.tensor(took, device=loss.device)]
        for parameter in parameters:
            given = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            pieces.append(given.flatten())
        flat = torch.cat(pieces)
        with self._met():
            distributed.all_reduce(flat)
        total, sums = flat[0], flat[1 + len(took) :]
        anywhere = flat[1 : 1 + len(took)].tolist()
        for parameter, some in zip(parameters, anywhere, strict=True):
            mine, sums = sums[: parameter.numel()].view_as(parameter), sums[parameter.numel() :]
            if some:
                parameter.grad = mine.to(parameter.dtype)
        return total

    def begin_alike(self, trainable: Mapping[str, nn.Parameter], step: int) -> None:
        """Give every process the first one's weights, and make sure that all are at one step."""
        if self.size == 1:
            return
        steps = {int(each) for each in self.gathered(torch.tensor([step]))}
        if len(steps) > 1:
            raise Parted(
                f"the processes read different checkpoints (steps {sorted(steps)}): the store must"
                " be one folder that all of them share"
            )
        with self._met(), torch.no_grad():
            for parameter in trainable.values():
                whole = parameter.detach().contiguous()
                distributed.broadcast(whole, 0)
                parameter.copy_(whole)

    def first(self, count: int, ask: Callable[[], Sequence[float]]) -> list[float]:
        """Return what the first process, which alone is asked, says: `count` numbers."""
        if self.size == 1:
            return list(ask())
        said = torch.tensor(ask() if self.leads else [0.0] * count, dtype=torch.float64)
        with self._met():
            distributed.broadcast(said, 0)
        numbers: list[float] = said.tolist()
        return numbers

    def agreed(self, mine: bool) -> bool:
        """Return what holds for the first process, by whose clock all go."""
        return bool(self.first(1, lambda: [mine])[0])

    def gathered(self, tensor: Tensor) -> list[Tensor]:
        """Return a tensor of every process, in their order."""
        if self.size == 1:
            return [tensor]
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        with self._met():
            distributed.all_gather(found, tensor)
        return found

    def call(self, word: Mapping[str, Any]) -> None:
        """Tell the others something; only the first process does."""
        self._words += 1
        self._store.set(f"word/{self._words}", json.dumps(word))

    def called(self) -> dict[str, Any]:
        """Wait for what the first process says next."""
        self._words += 1
        with self._met():
            word: dict[str, Any] = json.loads(self._store.get(f"word/{self._words}"))
        return word

    def part(self) -> None:
        """Wait until every process is here: the first one may be where the words are kept."""
        self._words += 1
        self._await("parting", self._words, _GRACE)

    @contextmanager
    def together(self, label: str) -> Iterator[None]:
        """Do what all processes do at once.

        Where all of them fail, as they do for a cause that they share, the failure is an ordinary
        one. Where one fails alone, nobody can go on.
        """
        self._shared += 1
        try:
            yield
        except Parted as parted:
            if said := self._failures():
                raise Parted(self._lone(label, said)) from parted
            raise
        except Exception as error:
            said = explain(error)
            with self._met():
                self._store.set(self._place(self.launch.rank), said)
            if not self._await(f"failed/{self._shared}", 0, _GRACE):
                raise Parted(self._lone(label, f"{self.launch.word}: {said}")) from error
            raise

    def _failures(self) -> str:
        """Return what another said of how it failed, which it does before it is gone."""
        for rank in range(self.size):
            place = self._place(rank)
            try:
                if rank != self.launch.rank and self._store.check([place]):
                    other = Launch(rank=rank, size=self.size)
                    return f"{other.word}: {self._store.get(place).decode()}"
            except RuntimeError:  # The store has gone with whoever kept it.
                return ""
        return ""

    def _place(self, rank: int) -> str:
        return f"failed/{self._shared}/0/{rank}"

    def _lone(self, label: str, said: str) -> str:
        return f"'{label}' ended, since one of {self.size} processes failed in it: {said}"

    def _await(self, what: str, number: int, limit: timedelta) -> bool:
        """Say that this process is at a point, and return whether all came to it in time."""
        places = [f"{what}/{number}/{rank}" for rank in range(self.size)]
        try:
            if not self._store.check([places[self.launch.rank]]):
                self._store.set(places[self.launch.rank], "here")
            self._store.wait(places, limit)
        except RuntimeError:
            return False
        return True

    @contextmanager
    def _met(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise Parted(
                f"one of {self.size} processes that train together is gone, as happens when it is"
                " killed or memory runs out: run the same command again; it goes on from here"
            ) from error


ALONE = Ranks(Launch())
"""The usual case."""
_joined = ALONE


def joined() -> Ranks:
    """Return the processes that this one has joined; before that it is alone."""
    return _joined


def join(launch: Launch, runtime: Runtime) -> Ranks:
    """Return the processes that were launched together, as soon as all of them have come."""
    global _joined
    if _joined.size == launch.size:
        return _joined
    cuda = choose(runtime).device.type == "cuda"
    try:
        store, rank, size = next(rendezvous("env://", timeout=_MEETING))
        store.set_timeout(_PATIENCE)
        ranks = Ranks(launch, PrefixStore("adapterstilts", store))
        if not ranks._await("here", 0, _MEETING):
            raise RuntimeError(f"not all came within {_MEETING}")
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if cuda else "gloo",
            store=store,
            rank=rank,
            world_size=size,
            timeout=_PATIENCE,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise Parted(
            f"{launch.word} did not find the others ({' '.join(str(error).split())}): start them"
            f" together, with torchrun --nproc-per-node {launch.size} or accelerate launch"
        ) from error
    _joined = ranks
    return ranks
