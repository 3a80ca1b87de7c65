"""What was taken over once answers the tasks of its head, and no others, ever after."""

from pathlib import Path
from typing import Any

import pytest

import adapterstilts as stilts
from adapterstilts.core.records import read_record
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import files

NAME = "someone/nli"
QUICK = {"training.default": {"steps": 1, "batch_size": 2, "train_examples": 4, "max_length": 40}}


@pytest.fixture
def asked(tiny_backbone: Path, tmp_path: Path) -> dict[str, Any]:
    """Return what every request here says."""
    return {"backbone": tiny_backbone, "store": tmp_path / "runs", "set": QUICK}


def test_an_adapter_that_is_taken_over_already_is_not_asked_what_its_head_cannot_answer(
    hub: Hub, theirs: Path, asked: dict[str, Any]
) -> None:
    hub.push(NAME, files(theirs), kind="model")
    asked |= {"on": f"zero(hub({NAME}))", "languages": ["qaa"]}
    assert len(stilts.evaluate("toy-xnli", **asked).scores)
    with pytest.raises(
        stilts.StiltsError, match="cannot answer 'toy-xquad' as it is, for its head"
    ):
        stilts.evaluate("toy-xquad", **asked)
    with pytest.raises(
        stilts.StiltsError, match="cannot answer 'toy-pawsx' as it is, for its labe"
    ):
        stilts.evaluate("toy-pawsx", **asked)
    assert len(stilts.evaluate("toy-xnli", **asked | {"languages": ["qab"]}).scores)


def test_the_task_of_a_peft_adapter_is_known_once_it_is_taken_over(
    hub: Hub, asked: dict[str, Any], tmp_path: Path
) -> None:
    way = {"method": "peft:lora"}
    stilts.train("toy-nli", **asked, **way)
    out = stilts.publish(
        "toy-nli", **asked, **way, repo=NAME, base_model="me/tiny", dry_run=tmp_path / "out"
    )
    assert out.folder is not None
    hub.push(NAME, files(out.folder), kind="model")
    asked |= {"on": f"zero(hub({NAME}))", "languages": ["qaa"], **way}
    assert len(stilts.evaluate("toy-xnli", **asked).scores)
    assert len(stilts.evaluate("toy-xnli", **asked | {"languages": ["qab"]}).scores)
    with pytest.raises(
        stilts.StiltsError, match="cannot answer 'toy-pawsx' as it is, for its labe"
    ):
        stilts.evaluate("toy-pawsx", **asked)
    (folder,) = (tmp_path / "runs").glob("adopt-*")
    assert read_record(folder / "record.json").resolved["task"] == "toy-nli"
