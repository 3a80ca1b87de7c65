import pytest

import adapterstilts as stilts
from adapterstilts.analysis.results import SUMMARY
from adapterstilts.core.records import Score, read_rows
from tests.api.conftest import Done


def test_a_run_has_scores_means_and_a_report(done: Done) -> None:
    ran = done.ran
    assert ran.stages.failed == 0
    assert ran.store == done.store
    assert ran.report == done.store / "reports" / "small" / "report.html"
    assert ran.report.is_file()
    assert list(ran.summary.columns) == list(SUMMARY)
    assert len(ran.means) == len(ran.summary) == 4


def test_running_again_runs_nothing(done: Done) -> None:
    again = stilts.run(str(done.recipe), store=str(done.store))
    assert (again.stages.run, again.stages.reused) == (0, len(done.ran.experiment.plan.stages))
    assert again.scores.equals(done.ran.scores)


def test_scores_are_those_of_a_recipe_or_of_a_store(done: Done) -> None:
    of_recipe = stilts.scores(done.recipe, store=done.store)
    of_store = stilts.scores(done.store)
    assert of_recipe.equals(of_store)
    stored = [
        row
        for folder in sorted(done.store.glob("score-*"))
        for row in read_rows(folder / "scores.jsonl", Score)
    ]
    assert len(of_store) == len(stored)
    assert sorted(of_store["value"]) == sorted(row.value for row in stored)


def test_the_store_is_that_of_the_environment(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stilts.scores().empty
    monkeypatch.setenv("ADAPTERSTILTS_STORE", str(done.store))
    assert not stilts.scores().empty


def test_settings_choose_what_a_recipe_has(done: Done) -> None:
    assert stilts.scores(done.recipe, set={"languages": ["qab"]}, store=done.store).empty
    changed = stilts.scores(done.recipe, set=["seeds=1"], store=done.store)
    assert set(changed["method"]) <= {"none"}


def test_a_recipe_with_a_mistake_is_refused_with_its_line(done: Done) -> None:
    path = done.recipe.with_name("wrong.yaml")
    path.write_text(done.recipe.read_text(encoding="utf-8").replace("seeds:", "seds:"))
    with pytest.raises(stilts.UsageError, match=r"wrong\.yaml:3"):
        stilts.run(path, store=done.store)


def test_a_run_that_fails_raises_what_failed(own: Done) -> None:
    kept = own.store / "broken"
    kept.mkdir()
    for path in own.store.glob("train-seq_bn-target-toy-nli-*/adapter/*.safetensors"):
        path.write_bytes(b"")
    with pytest.raises(stilts.StiltsError, match=r"stage .*stack.* failed: .*broken artifact"):
        stilts.run(own.recipe, store=own.store, set={"seeds": 0, "languages": ["qac"]})
