"""Two processes that train as one, against one process alone: the same steps, the same weights."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import distributed, nn

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.launch import Launch, Parted
from adapterstilts.modeling import checkpoint
from adapterstilts.modeling import ranks as ranks_module
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.ranks import ALONE, Ranks, join, joined
from adapterstilts.modeling.runtime import Runtime
from tests import pairs
from tests.modeling.beside import Job, do

SOURCES = ("toy-nli", "toy-squad")
SETUPS: Mapping[str, dict[str, Any]] = {
    "seq_bn": {"setup": ("seq_bn", "target", "toy-xnli")},
    "fuse": {"setup": ("seq_bn", "fuse", "toy-xquad", *SOURCES)},
    "full": {"setup": ("full", "target", "toy-panx")},
    "lora": {"setup": ("lora", "stack", "toy-xcopa", "toy-nli")},
    "language model": {"setup": ("full", "target", "toy-mlm")},
    "accumulated": {
        "setup": ("seq_bn", "target", "toy-udpos"),
        "hyper": {"accumulation": 2, "batch_size": 8, "weight_decay": 0.1},
    },
    "mix": {"setup": ("seq_bn", "mix", "toy-nli", "toy-panx", "toy-mlm")},
    "mixed": {"setup": ("full", "mix", "toy-nli", "toy-squad"), "batches": "mixed"},
}
"""Every format, every kind of thing that is trained, and steps that some heads have no part in."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What came of a job in two processes."""

    histories: list[list[dict[str, float]]]
    """What each logged."""
    weights: list[dict[str, torch.Tensor]]
    """What each ended with."""


def run(folder: Path, jobs: Sequence[Job]) -> None:
    """Do jobs in two processes."""
    (folder / "jobs.json").write_text(json.dumps([asdict(job) for job in jobs]))
    for code, _, errors in pairs.end(pairs.start(["-m", "tests.modeling.beside", folder])):
        assert code == 0, errors


def said(folder: Path, name: str) -> Said:
    files = [folder / f"{name}-{rank}" for rank in range(2)]
    return Said(
        histories=[json.loads(Path(f"{file}.json").read_text())["history"] for file in files],
        weights=[load_file(f"{file}.safetensors") for file in files],
    )


def job(backbone: Path, folder: Path, name: str, **other: Any) -> Job:
    work = folder / f"work-{name}"
    work.mkdir(exist_ok=True)
    values = {"setup": SETUPS["seq_bn"]["setup"], "backbone": str(backbone), "work": str(work)}
    return Job(name=name, **(values | other))


@pytest.fixture(scope="module")
def folder(
    still_backbone: Path, tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return where two processes have done everything that the tests look at."""
    found = tmp_path_factory.mktemp("beside")
    jobs = [job(still_backbone, found, name, **values) for name, values in SETUPS.items()]
    jobs += [
        job(tiny_backbone, found, "whole"),
        job(tiny_backbone, found, "stopped", stop=3),
        job(tiny_backbone, found, "again", work=str(found / "work-stopped"), stop=5),
        job(tiny_backbone, found, "resumed", work=str(found / "work-stopped")),
        job(still_backbone, found, "left", stop=4),
    ]
    run(found, jobs)
    return found


@pytest.fixture(scope="module")
def alone(still_lab: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Job], Any]:
    """Return what does a job in this process."""

    def one(job: Job) -> Any:
        work = tmp_path_factory.mktemp("alone")
        return do(replace(job, work=str(work)), still_lab, work)

    return one


def assert_same_steps(ours: list[Any], theirs: list[Any]) -> None:
    """Compare losses, which tell of every step before: a weight whose gradient is 0 but for
    rounding, such as a bias that every choice shares, moves by what rounding says."""
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        # The stand-in for a dev score is a sum over all weights.
        assert mine == pytest.approx(expected, rel=1e-4 if "dev" in expected else 1e-5)


@pytest.mark.parametrize("name", SETUPS)
def test_two_processes_take_the_steps_of_one(
    folder: Path, still_backbone: Path, alone: Any, name: str
) -> None:
    """Losses to 1e-5, step by step; dropout is off, since rows meet other draws."""
    trained, _ = alone(job(still_backbone, folder, name, **SETUPS[name]))
    assert [row["step"] for row in trained.history] == [1, 2, 3, 3, 4, 5, 6, 6]
    assert_same_steps(said(folder, name).histories[0], trained.history)


@pytest.mark.parametrize("name", [*SETUPS, "whole", "resumed"])
def test_all_processes_hold_one_model(folder: Path, name: str) -> None:
    ours = said(folder, name)
    assert ours.histories[0] == ours.histories[1]
    assert ours.weights[0].keys() == ours.weights[1].keys()
    for parameter, tensor in ours.weights[0].items():
        assert torch.equal(tensor, ours.weights[1][parameter]), parameter


def test_a_run_of_two_that_was_stopped_ends_as_one_that_was_not(folder: Path) -> None:
    """Bit for bit, with dropout on: each process draws on where it was."""
    whole, resumed = said(folder, "whole"), said(folder, "resumed")
    assert resumed.histories == whole.histories
    for rank in range(2):
        for parameter, tensor in whole.weights[rank].items():
            assert torch.equal(tensor, resumed.weights[rank][parameter])
    for name in ("stopped", "again"):
        assert not (folder / f"{name}-0.safetensors").exists()


def test_dropout_differs_between_processes(folder: Path) -> None:
    path = folder / "work-whole" / checkpoint.FILE
    with safe_open(path, framework="pt") as file:
        states = [file.get_tensor(name) for name in ("generator", "generator.1")]
    assert not torch.equal(*states)


def test_one_process_goes_on_from_what_two_left(
    folder: Path, still_backbone: Path, still_lab: Any, alone: Any
) -> None:
    left = job(still_backbone, folder, "left")
    assert (Path(left.work) / checkpoint.FILE).is_file()
    trained, _ = do(left, still_lab, Path(left.work))
    assert_same_steps(trained.history, alone(left)[0].history)


def test_a_split_that_makes_one_batch_that_cannot_be_divided_is_refused(
    lab: Any, tmp_path: Path
) -> None:
    assembly = lab.assembly(lab.parts("seq_bn", "target", "toy-xnli"))
    hyper, five = Hyperparameters(batch_size=20), Ranks(Launch(rank=0, size=5))
    with pytest.raises(UsageError, match=r"'toy-xnli' has 12 rows, .* 5 processes: .* to 10 in"):
        lab.train(assembly, "toy-xnli", tmp_path, hyper, ranks=five)


def test_rows_are_divided_whole_and_in_order() -> None:
    for size in (1, 2, 3, 8):
        for count in (1, 7, 24):
            ranges = [Ranks(Launch(rank=rank, size=size)).rows(count) for rank in range(size)]
            assert [row for each in ranges for row in each] == list(range(count))
            assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


def test_the_first_process_draws_as_one_alone_does_and_the_others_otherwise() -> None:
    keys = [Ranks(Launch(rank=rank, size=3)).key(5, 1) for rank in range(3)]
    assert keys[0] == ALONE.key(5, 1) == (5, 1)
    assert len(set(keys)) == 3


def two() -> list[Ranks]:
    """Return both ends of a pair that has a place for words in common."""
    words = distributed.HashStore()
    return [Ranks(Launch(rank=rank, size=2), words) for rank in range(2)]


def fail(ranks: Ranks, error: Exception) -> Exception:
    """Return what comes of an error in what both do."""
    with pytest.raises(StiltsError) as caught, ranks.together("mine"):
        raise error
    return caught.value


def test_what_all_fail_in_is_an_ordinary_failure() -> None:
    pair = two()
    with ThreadPoolExecutor() as threads:
        came = list(threads.map(fail, pair, [StiltsError("no rows"), StiltsError("none")]))
    assert [str(each) for each in came] == ["no rows", "none"]
    assert not any(isinstance(each, Parted) for each in came)


def test_what_one_fails_in_ends_all_and_every_process_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ranks_module, "_GRACE", timedelta(milliseconds=50))
    first, second = two()
    for ranks in (first, second):  # What went well before has no part in it.
        with ranks.together("before"):
            pass
    ended = fail(second, StiltsError("no room"))
    assert isinstance(ended, Parted)
    assert "'mine' ended, since one of 2 processes failed in it: process 2 of 2: no room" in str(
        ended
    )
    assert str(fail(first, Parted("gone"))) == str(ended)
    assert str(fail(first, Parted("gone"))) == "gone"


def test_words_are_heard_in_their_order() -> None:
    first, second = two()
    for stage in "abc":
        first.call({"stage": stage})
    assert [second.called()["stage"] for _ in range(3)] == ["a", "b", "c"]


def test_what_another_launcher_says_does_not_make_a_training_wait(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accelerate would look for the other processes that MPI or a cluster started."""
    for name in ("PMI", "OMPI_COMM_WORLD"):
        monkeypatch.setenv(f"{name}_SIZE", "2")
        monkeypatch.setenv(f"{name}_RANK", "0")
    monkeypatch.setenv("LOCAL_RANK", "0")
    assembly = lab.assembly(lab.parts("seq_bn", "target", "toy-xnli"))
    assert lab.train(assembly, "toy-xnli", tmp_path).best_step == 3
    assert not distributed.is_initialized()


def test_processes_that_cannot_meet_say_how_to_start_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    said = r"process 2 of 2 did not find the others \(.*MASTER_ADDR.*\): .* torchrun .*-node 2 "
    with pytest.raises(Parted, match=said):
        join(Launch(rank=1, size=2), Runtime(device="cpu"))
    assert joined() is ALONE


def test_a_word_that_cannot_be_left_ends_the_run() -> None:
    class Gone:
        def set(self, place: str, word: str) -> None:
            raise RuntimeError("connection reset")

    ended = fail(Ranks(Launch(rank=1, size=2), Gone()), StiltsError("no rows"))
    assert isinstance(ended, Parted)
    assert "one of 2 processes that train together is gone" in str(ended)


def test_alone_nothing_is_waited_for() -> None:
    assert joined() is ALONE
    parameter = nn.Parameter(torch.ones(2))
    loss = torch.tensor(3.0)
    assert ALONE.add_up({"mine": parameter}, loss) is loss
    assert parameter.grad is None
    assert ALONE.first(2, lambda: [1.0, 2.0]) == [1.0, 2.0]
    assert ALONE.gathered(loss) == [loss]
    ALONE.begin_alike({"mine": parameter}, 4)
