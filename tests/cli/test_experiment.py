"""The commands that read: on a store whose score stages are made up, so that no model runs."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from adapterstilts.analysis.report import stored_summary
from adapterstilts.api.experiment import Experiment, open_experiment, write_report
from adapterstilts.cli.output import Output
from adapterstilts.cli.results import show_results
from adapterstilts.core.records import Score, read_rows, write_rows
from adapterstilts.tasks.registry import TASKS

RECIPE = """\
question: Does toy inference help?
backbone: toyworld-random
seeds: [0, 1]
sources: toy-nli
grid:
  - methods: seq_bn
    compositions: [target, stack]
    targets: [toy-xnli, toy-udpos]
training:
  default: {steps: 2, batch_size: 2}
"""
EXAMPLES = 40


@pytest.fixture
def experiment(recipe: Path, tmp_path: Path) -> Experiment:
    return open_experiment(recipe, tmp_path / "runs")


@pytest.fixture
def scored(experiment: Experiment) -> Experiment:
    """Return the experiment after making up every score: stacks are right more often."""
    for spec in experiment.plan.stages.values():
        if spec.kind == "score":
            with experiment.store.writing(spec.kind, spec.slug, spec.id) as folder:
                make_up(folder, spec.id, spec.config)
    return experiment


def make_up(folder: Path, id: str, config) -> None:
    task = TASKS.get(config.task)
    share = 0.9 if config.composition == "stack" else 0.4
    rows, kept = [], {}
    for language in config.languages:
        right = np.random.default_rng(config.seed).random(EXAMPLES) < share
        kept[f"{language}/{task.primary}"] = np.stack([right, np.ones(EXAMPLES)], axis=1).astype(
            np.float64
        )
        rows.append(
            Score(
                backbone=config.backbone,
                method=config.method,
                composition=config.composition,
                source=config.source,
                target=config.task,
                suite=task.suite,
                language=language,
                split=config.split,
                perturbation="",
                seed=config.seed,
                metric=task.primary,
                value=100 * float(right.mean()),
                low=0.0,
                high=100.0,
                n=EXAMPLES,
                primary=True,
                stage=id,
                signature=f"{task.primary}|{config.task}",
                train_seconds=1.5,
                trainable_parameters=1234,
                stored_bytes=5678,
            )
        )
    write_rows(folder / "scores.jsonl", Score, rows)
    save_file(kept, folder / "tallies.safetensors")
    (folder / "ids.json").write_text(json.dumps(dict.fromkeys(config.languages, "same")))


def score_stages(experiment: Experiment) -> list[str]:
    return [id for id, spec in experiment.plan.stages.items() if spec.kind == "score"]


def test_plan_shows_every_stage_after_what_it_needs(cli, recipe: Path, scored: Experiment) -> None:
    stages = json.loads(cli("plan", recipe, "--json").out)["stages"]
    assert [stage["id"] for stage in stages] == list(scored.plan.stages)
    assert all(list(stage) == ["id", "kind", "slug", "needs", "done"] for stage in stages)
    seen: set[str] = set()
    for stage in stages:
        assert set(stage["needs"].values()) <= seen
        seen.add(stage["id"])
    assert {stage["kind"] for stage in stages if stage["done"]} == {"score"}
    assert {stage["kind"] for stage in stages if not stage["done"]} == {
        "prepare",
        "train",
        "predict",
    }


def test_plan_shares_one_source_with_every_target(cli, recipe: Path) -> None:
    stages = json.loads(cli("plan", recipe, "--json", "--set", "seeds=0").out)["stages"]
    sources = [each for each in stages if each["kind"] == "train" and "toy-nli" in each["slug"]]
    own = [each for each in sources if "stack" not in each["slug"]]
    assert len(own) == 1


def test_plan_tells_a_person_what_is_left(cli, recipe: Path, scored: Experiment) -> None:
    result = cli("plan", recipe)
    stages, done = len(scored.plan.stages), len(score_stages(scored))
    assert result.out.splitlines()[-1] == f"{stages} stages: {done} done, {stages - done} to run"
    assert len(result.out.splitlines()) == stages + 2


def test_a_changed_learning_rate_changes_only_what_depends_on_it(cli, recipe: Path) -> None:
    def ids(*more: str) -> dict[str, str]:
        stages = json.loads(cli("plan", recipe, "--json", *more).out)["stages"]
        return {stage["id"]: stage["kind"] for stage in stages}

    before, after = ids(), ids("--set", "training.tasks.toy-udpos.learning_rate=1e-3")
    new = {after[id] for id in after.keys() - before.keys()}
    assert new == {"train", "predict", "score"}
    assert {before[id] for id in before.keys() & after.keys()} >= {"prepare", "train", "score"}


def test_planning_writes_nothing(cli, recipe: Path, tmp_path: Path) -> None:
    for command in (["plan", recipe], ["status", recipe], ["status"], ["scores", recipe]):
        assert cli(*command).code == 0
    assert not (tmp_path / "runs").exists()


def test_status_counts_what_is_done_and_what_is_missing(
    cli, recipe: Path, scored: Experiment
) -> None:
    document = json.loads(cli("status", recipe, "--json").out)
    done = len(score_stages(scored))
    assert document["stages"]["score"] == {"done": done, "total": done}
    assert document["stages"]["train"]["done"] == 0
    assert document["stages"]["train"]["total"] > 0
    assert document["store"] == str(scored.store.root)
    assert document["bytes"] > 0
    assert document["running"] == []


def test_status_of_a_store_needs_no_recipe(cli, scored: Experiment) -> None:
    done = len(score_stages(scored))
    assert json.loads(cli("status", "--json").out)["stages"] == {
        "score": {"done": done, "total": done}
    }
    assert f"{done} of {done} stages" in cli("status").out


def test_status_says_what_runs_at_this_moment(cli, recipe: Path, experiment: Experiment) -> None:
    busy = next(iter(experiment.plan.stages))
    with experiment.store.claim(busy) as held:
        assert held
        assert json.loads(cli("status", recipe, "--json").out)["running"] == [busy]
        assert f"running now: {busy}" in cli("status", recipe).out


@pytest.mark.parametrize("named", [True, False])
def test_scores_are_the_rows_as_they_were_stored(
    cli, recipe: Path, scored: Experiment, named: bool
) -> None:
    rows = json.loads(cli("scores", *([recipe] if named else []), "--json").out)
    stored = [
        row
        for folder in scored.plan.scores(scored.store)
        for row in read_rows(folder / "scores.jsonl", Score)
    ]
    assert len(rows) == len(stored) > 0
    assert list(rows[0]) == [each.name for each in fields(Score)]
    assert sorted((Score(**row) for row in rows), key=repr) == sorted(stored, key=repr)


def test_scores_of_another_recipe_are_left_out(cli, recipe: Path, scored: Experiment) -> None:
    rows = json.loads(cli("scores", recipe, "--set", "seeds=1", "--json").out)
    assert {row["seed"] for row in rows} == {1}


def test_the_table_of_scores_has_a_column_for_each_language(
    cli, recipe: Path, scored: Experiment
) -> None:
    lines = cli("scores", recipe).out.splitlines()
    title = lines.index("toy-udpos, pos_f1")
    languages = sorted(TASKS.get("toy-udpos").languages)
    heads = lines[title + 1].split()
    assert heads == ["backbone", "method", "composition", "source", "seed", *languages]
    assert lines[-1].endswith(f"scores in {scored.store.root}")


def test_the_order_of_scores_does_not_depend_on_who_was_first(
    cli, recipe: Path, scored: Experiment
) -> None:
    first = cli("scores", "--json").out
    for id in score_stages(scored)[:2]:
        spec = scored.plan.stages[id]
        scored.store.remove(id)
        with scored.store.writing(spec.kind, spec.slug, id) as folder:
            make_up(folder, id, spec.config)
    assert cli("scores", "--json").out == first


def test_report_without_scores_says_how_to_get_some(cli, recipe: Path, tmp_path: Path) -> None:
    result = cli("report", recipe)
    assert (result.code, result.out) == (1, "")
    assert f"has no scores of {recipe} yet: run `adapterstilts run {recipe}" in result.err
    assert not (tmp_path / "runs").exists()


def test_report_writes_the_pages_without_torch(
    recipe: Path, scored: Experiment, tmp_path: Path
) -> None:
    script = (
        "import sys\n"
        "from adapterstilts.cli.main import invoke\n"
        "code = invoke(sys.argv[1:])\n"
        "assert 'torch' not in sys.modules\n"
        "sys.exit(code)\n"
    )
    command = ["report", str(recipe), "--store", str(scored.store.root), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    page = Path(json.loads(done.stdout)["report"])
    assert page.parent == scored.store.root / "reports" / "mine"
    assert "Does toy inference help?" in page.read_text(encoding="utf-8")
    assert (page.parent / "scores.csv").is_file()


def test_report_goes_where_it_is_told_to(cli, recipe: Path, scored: Experiment, tmp_path) -> None:
    result = cli("report", recipe, "--out", tmp_path / "paper")
    assert result.code == 0, result.err
    assert (tmp_path / "paper" / "report.html").is_file()


def test_a_report_shows_what_was_set_by_hand(
    cli, recipe: Path, scored: Experiment, tmp_path: Path
) -> None:
    cli("report", recipe, "--set", "seeds=1", "--out", tmp_path / "paper")
    assert "--set seeds=1" in (tmp_path / "paper" / "report.md").read_text(encoding="utf-8")


def test_gc_removes_what_no_recipe_reaches(cli, recipe: Path, scored: Experiment) -> None:
    recipe.write_text(RECIPE.replace("[0, 1]", "1"))
    doomed = {id for id in score_stages(scored) if scored.plan.stages[id].config.seed == 0}
    planned = json.loads(cli("gc", recipe, "--dry-run", "--json").out)
    assert {each["id"] for each in planned["removed"]} == doomed
    assert (planned["dry_run"], planned["bytes"] > 0) == (True, True)
    assert all(scored.store.find(id) for id in doomed)

    refused = cli("gc", recipe)
    assert refused.code == 2
    assert "add --yes, or --dry-run" in refused.err
    assert all(scored.store.find(id) for id in doomed)

    done = json.loads(cli("gc", recipe, "--yes", "--json").out)
    assert {each["id"] for each in done["removed"]} == doomed
    assert done["bytes"] > 0
    assert not any(scored.store.find(id) for id in doomed)
    assert all(scored.store.find(id) for id in set(score_stages(scored)) - doomed)


def test_gc_with_nothing_to_remove_asks_nothing(cli, recipe: Path, scored: Experiment) -> None:
    result = cli("gc", recipe)
    assert (result.code, result.err) == (0, "")
    assert result.out == "0 folders removed, 0 B\n"


@pytest.mark.parametrize("command", ["status", "scores"])
def test_a_store_that_is_a_file_is_told_as_such(cli, command: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = cli(command, "--store", tmp_path / "file")
    assert (result.code, result.out) == (1, "")
    assert f"{tmp_path}/file" in result.err
    assert "--store DIR" in result.err


def test_broken_scores_are_named_with_the_remedy(cli, recipe: Path, scored: Experiment) -> None:
    (folder, *_) = scored.plan.scores(scored.store)
    (folder / "scores.jsonl").write_text("{]\n")
    result = cli("scores", recipe)
    assert (result.code, result.out) == (1, "")
    assert f"broken artifact {folder}/scores.jsonl:1" in result.err
    assert "run again" in result.err


def test_the_table_of_results_has_costs_and_marks_what_excludes_zero(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {
        "backbone": "xlmr",
        "target": "xnli",
        "method": "lora",
        "composition": "stack",
        "source": "mnli",
        "zero_shot": 61.25,
        "gain": 2.5,
        "low": 0.5,
        "high": 4.5,
        "trainable_parameters": 1234567,
        "stored_bytes": 5_000_000,
        "train_seconds": 75.0,
        "peak_memory": None,
    }
    nothing = dict.fromkeys(("gain", "low", "high", "train_seconds"), float("nan"))
    show_results(Output(as_json=False), [row, row | {"low": -0.5}, row | nothing])
    head, star, plain, none = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["target", "method", "composition", "source"]
    for said in ("61.2", "+2.5", "[+0.5, +4.5] *", "1,234,567", "5.0 MB", "1 min 15 s"):
        assert said in star
    assert "[-0.5, +4.5]" in plain
    assert "*" not in plain
    assert "nan" not in none
    show_results(Output(as_json=False), [row, row | {"backbone": "other"}])
    head, one, other = capsys.readouterr().out.splitlines()
    assert (head.split()[0], one.split()[0], other.split()[0]) == ("backbone", "xlmr", "other")


def test_the_table_of_results_fits_what_analysis_gives(
    scored: Experiment, capsys: pytest.CaptureFixture[str]
) -> None:
    page = write_report(scored)
    assert page is not None
    show_results(Output(as_json=False), stored_summary(page))
    lines = capsys.readouterr().out.splitlines()
    stacks = [line for line in lines if " stack " in line]
    assert len(lines) == 1 + 4
    assert len(stacks) == 2
    assert all("1,234" in line and "*" in line for line in stacks)
