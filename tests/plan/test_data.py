"""Where the data of a plan are, and everything that is missing in one message."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.plan.planner import Plan
from adapterstilts.tasks.origin import HubFiles, LocalFiles, MissingData

REAL = ("grid.0.targets=xnli", "grid.0.compositions=target", "languages=[en, sw]")
FILES = ("xnli/train-en.tsv", "xnli/dev-en.tsv", "xnli/test-en.tsv", "xnli/test-sw.tsv")


@pytest.fixture
def download(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / "download" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\tB\tneutral\n", encoding="utf-8")
    return tmp_path / "download"


def origins(plan: Plan) -> dict[str, object]:
    return {
        spec.slug: spec.config.origin for spec in plan.stages.values() if spec.kind == "prepare"
    }


def test_generated_data_have_no_origin_wherever_the_recipe_says_data_are(
    planned: Callable[..., Plan],
) -> None:
    assert set(origins(planned("data=/nowhere")).values()) == {None}
    assert list(planned("data=/nowhere").stages) == list(planned().stages)


def test_real_data_come_from_the_hub_unless_a_folder_is_named(
    planned: Callable[..., Plan], download: Path
) -> None:
    hub = origins(planned(*REAL))
    assert set(hub) == {"mnli-train-en", "mnli-dev-en", "xnli-test-en", "xnli-test-sw"}
    assert all(isinstance(each, HubFiles) for each in hub.values())
    local = origins(planned(*REAL, f"data={download}"))
    assert all(isinstance(each, LocalFiles) for each in local.values())
    some = origins(planned(*REAL, f"data={{mnli: {download}}}"))
    assert isinstance(some["mnli-train-en"], LocalFiles)
    assert isinstance(some["xnli-test-en"], HubFiles)


def test_a_changed_file_changes_the_stages_that_read_it_alone(
    planned: Callable[..., Plan], download: Path
) -> None:
    before = planned(*REAL, f"data={download}")
    (download / "xnli/test-sw.tsv").write_text("New\tB\n", encoding="utf-8")
    after = planned(*REAL, f"data={download}")
    new = {spec.slug for id, spec in after.stages.items() if id not in before.stages}
    assert new == {"xnli-test-sw", "seq_bn-target-xnli", "seq_bn-target-xnli-s0"}


def test_the_same_files_elsewhere_are_the_same_stages(
    planned: Callable[..., Plan], download: Path, tmp_path: Path
) -> None:
    before = list(planned(*REAL, f"data={download}").stages)
    (tmp_path / "deep").mkdir()
    moved = download.rename(tmp_path / "deep" / "other name")
    assert list(planned(*REAL, f"data={moved.parent}").stages) == before


def test_everything_that_is_missing_is_told_at_once(
    planned: Callable[..., Plan], download: Path
) -> None:
    for name in ("xnli/dev-en.tsv", "xnli/test-en.tsv", "xnli/test-sw.tsv"):
        (download / name).unlink()
    targets = "grid.0.targets=[xnli, bucc2018]"
    with pytest.raises(MissingData) as caught:
        planned(*REAL, targets, f"data={download}", "languages=[en, sw, de]")
    message = str(caught.value)
    assert "mine.yaml for " in message.splitlines()[0]
    told = {line.strip().partition(":")[0] for line in message.splitlines()[1:]}
    assert {"mnli, dev (en)", "xnli, test (en, sw, de)"} <= told
    assert any(each.startswith("bucc2018, ") for each in told)
    assert "xnli/test-{language}.tsv" in message
    assert len(message.splitlines()) == 1 + len(told)


def test_a_folder_that_is_not_there_is_named(planned: Callable[..., Plan]) -> None:
    with pytest.raises(StiltsError, match="there is no folder /nowhere for the data of task"):
        planned(*REAL, "data=/nowhere")


def test_rows_taken_are_a_limit_and_zero_is_all(planned: Callable[..., Plan]) -> None:
    plan = planned(*REAL)
    sizes = {spec.slug: spec.config.size for spec in plan.stages.values() if spec.kind == "prepare"}
    assert sizes == {"mnli-train-en": 8, "mnli-dev-en": 0, "xnli-test-en": 0, "xnli-test-sw": 0}
