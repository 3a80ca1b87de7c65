"""A head without an adapter: published, had from the Hub again, and answering what it answered."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import adapterstilts as stilts
from adapterstilts.api.showing.show import show
from adapterstilts.core.errors import StiltsError, UsageError
from tests.api.conftest import QUICK
from tests.hub.people import TOKEN
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import changed

NAME, TASK = "someone/probe", "toy-xquad"
ZERO = f"zero(hub({NAME}))"
WEIGHTS = "model_head.safetensors"


def said(store: Path, **changes: Any) -> dict[str, Any]:
    """Return what every request says."""
    kept = {**QUICK, "keep_logits": True}
    return {"method": "head", "set": kept, "store": store, **changes}


def evaluated(store: Path, *, task: str = TASK, **changes: Any) -> Any:
    return stilts.evaluate(task, languages="qab", **said(store, **changes))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which a head has been trained and asked, to be read only."""
    store = tmp_path_factory.mktemp("probe") / "runs"
    evaluated(store)
    return store


@pytest.fixture
def published(trained: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Return a Hub that the head was published to."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    done = stilts.publish(TASK, repo=NAME, **said(trained))
    assert {*done.files} >= {"head_config.json", WEIGHTS}
    assert "adapter_config.json" not in done.files
    return hub


def answers(store: Path) -> tuple[str, dict[str, torch.Tensor]]:
    """Return the predictions of a store, and the logits that they are made of."""
    (lines,) = store.glob("predict-*/predictions/qab.jsonl")
    (logits,) = store.glob("predict-*/logits/qab.safetensors")
    return lines.read_text(), load_file(logits)


def test_a_published_head_answers_as_it_did_and_is_pinned(
    published: Hub, trained: Path, tmp_path: Path
) -> None:
    commit = published.repository(NAME, kind="model").branches["main"]
    evaluated(tmp_path / "runs", on=ZERO)
    (before, logits), (after, again) = answers(trained), answers(tmp_path / "runs")
    assert after == before
    assert all(torch.equal(again[name], logits[name]) for name in logits)
    (pins,) = (tmp_path / "runs").glob("pins.json")
    assert commit in pins.read_text()
    assert not published.asked("GET", f"{NAME}/resolve/{commit}/README.md")


def test_it_loads_and_answers_and_is_shown(published: Hub, trained: Path) -> None:
    (stage,) = trained.glob("train-*")
    asked = [("Where?", "It is over there, and it is not far."), ("Who?", "Nobody was there.")]
    first, *others = (
        stilts.load("toyworld", each, device="cpu").predict(TASK, asked)
        for each in (stage, f"hub({NAME})", NAME)
    )
    assert others == [first, first]
    shown = show(NAME)
    assert (shown.kind, shown.method, shown.refused) == ("head", "head", "")
    assert f"adapterstilts evaluate {TASK} --on '{ZERO}' --method head" in shown.uses


@pytest.mark.parametrize(
    ("way", "method", "why"),
    [
        (ZERO, "seq_bn", "is a head alone, which was trained on the backbone as it came"),
        (f"stack(hub({NAME}))", "seq_bn", "nothing of it is in the encoder to build on"),
        (f"continue(hub({NAME}))", "full", "to go on from or to merge"),
        (f"fuse(hub({NAME}), toy-nli)", "seq_bn", "as the method; else train on the target itself"),
        (f"average(hub({NAME}), toy-nli)", "lora", "and 'lora' is asked for"),
        (f"stack(hub({NAME}))", "head", "leaves nothing that a target could build on"),
        ("zero(mix(toy-nli, toy-squad))", "head", "heads alone have nothing in common"),
        (f"zero(average(hub({NAME}), toy-squad))", "head", "mean"),
    ],
)
def test_where_a_head_alone_makes_no_sense_it_is_said_why(
    published: Hub, tmp_path: Path, way: str, method: str, why: str
) -> None:
    with pytest.raises((StiltsError, UsageError)) as caught:
        evaluated(tmp_path / "runs", on=way, method=method)
    assert why in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert not list((tmp_path / "runs").glob("train-*"))


def test_a_target_that_it_cannot_answer_is_told_before_anything_runs(
    published: Hub, tmp_path: Path
) -> None:
    why = "cannot answer 'toy-xnli' as it is, for its head is for 'span', and 'sequence' is wanted"
    with pytest.raises(StiltsError, match=why) as caught:
        evaluated(tmp_path / "runs", task="toy-xnli", on=ZERO)
    assert "train on the target instead, as in target" in str(caught.value)
    with pytest.raises(UsageError, match="is a head alone, and 'toy-tatoeba' is read without one"):
        evaluated(tmp_path / "runs", task="toy-tatoeba", on=ZERO)
    assert not list((tmp_path / "runs").glob("*-*"))


def spoilt(folder: Path) -> None:
    state = load_file(folder / WEIGHTS)
    next(iter(state.values())).view(-1)[0] = torch.inf
    save_file(state, folder / WEIGHTS)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoilt, "holds what is no number"),
        (lambda folder: changed(folder, "head_config.json", hidden_size=64), "hidden size is 64"),
        (lambda folder: (folder / WEIGHTS).unlink(), f"lacks {WEIGHTS}"),
    ],
)
def test_one_that_was_spoilt_is_refused(
    hub: Hub, trained: Path, tmp_path: Path, spoil: Callable[[Path], object], why: str
) -> None:
    (head,) = trained.glob("train-*/head")
    folder = Path(shutil.copytree(head, tmp_path / "spoilt"))
    spoil(folder)
    hub.push(NAME, {path.name: path for path in folder.iterdir()}, kind="model")
    with pytest.raises(StiltsError) as caught:
        evaluated(tmp_path / "runs", on=ZERO)
    assert f"hub({NAME})" in str(caught.value) or f"model {NAME}@main" in str(caught.value)
    assert why in str(caught.value)
