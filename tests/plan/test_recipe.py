from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling.hyperparameters import Hyperparameters
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.recipe import Folders, Grid, Recipe, load
from adapterstilts.plan.retrieval import Retrieval

TEXT = """\
# Does it help?
question: Does English inference help?
backbone: toyworld
seeds: [0, 1]
languages: [de, sw]
sources: [mnli, squad]
grid:
  - methods: seq_bn
    compositions: [target, stack]
    targets: [xnli, udpos]
  - {methods: full, compositions: continue, sources: mnli, targets: xnli}
training:
  default: {learning_rate: 1e-4, steps: 100}
  tasks:
    udpos: {steps: 50, learning_rate: 2e-4}
  methods:
    full: {learning_rate: 3e-5}
runtime: {device: cpu, threads: 2}
keep_logits: true
"""
Loader = Callable[..., Recipe]


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    def of(text: str = TEXT, *overrides: str) -> Recipe:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, overrides)

    return of


@pytest.fixture
def refused(loaded: Loader, tmp_path: Path) -> Callable[..., str]:
    def of(text: str = TEXT, *overrides: str) -> str:
        with pytest.raises(UsageError) as caught:
            loaded(text, *overrides)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return of


def test_a_recipe_is_what_the_file_says(loaded: Loader, tmp_path: Path) -> None:
    recipe = loaded()
    assert recipe.name == "mine"
    assert recipe.path == tmp_path / "mine.yaml"
    assert recipe.text == TEXT
    assert recipe.question == "Does English inference help?"
    assert recipe.seeds == (0, 1)
    assert recipe.languages == ("de", "sw")
    assert recipe.grid == (
        Grid(
            methods=("seq_bn",),
            compositions=("target", "stack"),
            sources=("mnli", "squad"),
            targets=("xnli", "udpos"),
        ),
        Grid(methods=("full",), compositions=("continue",), sources=("mnli",), targets=("xnli",)),
    )
    assert recipe.runtime == Runtime(device="cpu", threads=2)
    assert recipe.keep_logits is True


def test_what_a_recipe_leaves_out_has_a_default(loaded: Loader) -> None:
    grid = "grid: {methods: full, compositions: target, targets: xnli}"
    recipe = loaded(f"question: Why?\nbackbone: toyworld\n{grid}\n")
    assert recipe.seeds == (0,)
    assert recipe.revision == "main"
    assert recipe.languages == ()
    assert recipe.pretrain is None
    assert recipe.retrieval == Retrieval(layer=None, layers=(), pooling="mean")
    assert recipe.grid[0].sources == ()
    assert recipe.hyperparameters("full", "xnli") == Hyperparameters()


def test_the_method_wins_over_the_task_and_the_task_over_the_default(loaded: Loader) -> None:
    recipe = loaded()
    assert recipe.hyperparameters("seq_bn", "xnli").learning_rate == 1e-4
    assert recipe.hyperparameters("seq_bn", "udpos").learning_rate == 2e-4
    assert recipe.hyperparameters("full", "udpos").learning_rate == 3e-5
    assert recipe.hyperparameters("full", "udpos").steps == 50
    assert recipe.hyperparameters("full", "udpos").batch_size == Hyperparameters().batch_size


def test_all_languages_is_an_empty_choice(loaded: Loader) -> None:
    assert loaded(TEXT, "languages=all").languages == ()


def test_norwegian_is_a_language_and_no_boolean(refused: Callable[..., str]) -> None:
    assert "unknown language 'no' in --set languages=no" in refused(TEXT, "languages=no")


def test_a_revision_that_looks_like_a_number_stays_text(loaded: Loader) -> None:
    assert loaded(TEXT, "revision=1e10").revision == "1e10"


def test_a_recipe_may_only_make_a_backbone(loaded: Loader) -> None:
    recipe = loaded(
        "question: Q\nbackbone: toyworld-random\n"
        "pretrain: {task: mlm, seed: 3, training: {steps: 7}}\n"
    )
    assert recipe.pretrain is not None
    assert (recipe.pretrain.task, recipe.pretrain.seed) == ("mlm", 3)
    assert recipe.pretrain.hyper == Hyperparameters(steps=7)


def test_overrides_reach_every_level_and_are_kept(loaded: Loader) -> None:
    assignments = (
        "training.methods.lora.learning_rate=5e-4",
        "grid.0.sources=mnli",
        "runtime.precision=bf16",
        "retrieval.layer=2",
    )
    recipe = loaded(TEXT, *assignments)
    assert recipe.overrides == assignments
    assert recipe.text == TEXT
    assert recipe.hyperparameters("lora", "xnli").learning_rate == 5e-4
    assert recipe.grid[0].sources == ("mnli",)
    assert recipe.runtime.precision == "bf16"
    assert recipe.retrieval.layer == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "sources: [mnli, squad]",
            "sorces: [mnli]",
            "unknown key 'sorces' in mine.yaml:6 (did you mean 'sources'?)",
        ),
        (
            "sources: [mnli, squad]",
            "sources: [mnli, sqad]",
            "unknown source 'sqad' in mine.yaml:6 (did you mean 'squad'?)",
        ),
        (
            "targets: [xnli, udpos]",
            "targets: [xnli, udpso]",
            "unknown target 'udpso' in mine.yaml:10 (did you mean 'udpos'?)",
        ),
        (
            "methods: seq_bn",
            "methods: seqbn",
            "unknown method 'seqbn' in mine.yaml:8 (did you mean 'seq_bn'?)",
        ),
        (
            "[target, stack]",
            "[target, stak]",
            "unknown composition 'stak' in mine.yaml:9 (did you mean 'stack'?)",
        ),
        ("[de, sw]", "[de, xx]", "unknown language 'xx' in mine.yaml:5 (known: af, ar, az"),
        (
            "    full: {",
            "    ful: {",
            "unknown method 'ful' in mine.yaml:17 (did you mean 'full'?)",
        ),
        (
            "    udpos: {",
            "    pos: {",
            "unknown source 'pos' in mine.yaml:15 (did you mean 'udpos'?)",
        ),
        (
            "learning_rate: 3e-5",
            "lerning_rate: 1",
            "unknown key 'lerning_rate' in mine.yaml:17 (did you mean 'learning_rate'?)",
        ),
        (
            "steps: 100",
            "steps: 1e2",
            "a whole number belongs under 'steps' in mine.yaml:13, not '1e2'",
        ),
        ("steps: 100", "steps: 0", "steps must be at least 1, not 0 in mine.yaml:13"),
        (
            "learning_rate: 3e-5",
            "learning_rate: fast",
            "a number belongs under 'learning_rate' in mine.yaml:17, not 'fast'",
        ),
        (
            "learning_rate: 3e-5",
            "learning_rate: .nan",
            "a number belongs under 'learning_rate' in mine.yaml:17, not '.nan'",
        ),
        (
            "learning_rate: 3e-5",
            "learning_rate: inf",
            "a finite number belongs under 'learning_rate' in mine.yaml:17, not 'inf'",
        ),
        (
            "device: cpu",
            "device: tpu",
            "one of auto, cpu, cuda belongs under 'device' in mine.yaml:18, not 'tpu'",
        ),
        (
            "keep_logits: true",
            "keep_logits: 1",
            "true or false belongs under 'keep_logits' in mine.yaml:19, not '1'",
        ),
        ("[0, 1]", "[0, -1]", "a whole number from 0 belongs in mine.yaml:4, not '-1'"),
        ("[0, 1]", "[0, 0]", "'0' stands twice in the list in mine.yaml:4"),
        ("[0, 1]", "[]", "the list in mine.yaml:4 is empty: leave the key out or fill it"),
        ("[0, 1]", "{a: 1}", "text belongs under 'seeds' in mine.yaml:4, not a mapping"),
        ("[0, 1]", str(list(range(1_001))), "has 1,001 seeds: name 1,000 at most"),
        ("backbone: toyworld\n", "", "missing key 'backbone' in mine.yaml:2"),
        (
            "backbone: toyworld",
            "backbone:",
            "text belongs under 'backbone' in mine.yaml:3, not nothing",
        ),
        ("    targets: [xnli, udpos]\n", "", "missing key 'targets' in mine.yaml:8"),
        ("  - methods: seq_bn", "  - 7\n  - methods: seq_bn", "not '7'"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    refused: Callable[..., str], old: str, new: str, message: str
) -> None:
    assert old in TEXT
    assert message in refused(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mine.yaml is empty"),
        ("- a\n", "a mapping of keys to values belongs in mine.yaml:1, not a list"),
        ("just words\n", "a mapping of keys to values belongs in mine.yaml:1, not 'just words'"),
        ("a: [\n", "is not YAML"),
        ("question: Q\nbackbone: b\n", "mine.yaml asks for nothing: give it a 'grid'"),
        ("name: x\n", "unknown key 'name' in mine.yaml:1"),
        ("path: x\n", "unknown key 'path' in mine.yaml:1"),
    ],
)
def test_what_is_no_recipe_is_refused(refused: Callable[..., str], text: str, message: str) -> None:
    assert message in refused(text)


def test_a_mistake_on_the_command_line_is_told_as_such(refused: Callable[..., str]) -> None:
    assert refused(TEXT, "grid.0.targets=xnil") == (
        "unknown target 'xnil' in --set grid.0.targets=xnil (did you mean 'xnli'?)"
    )
    assert refused(TEXT, "training.default.stps=3") == (
        "unknown key 'stps' in --set training.default.stps=3 (did you mean 'steps'?)"
    )


def test_hyperparameters_that_contradict_one_another_are_found_before_anything_runs(
    refused: Callable[..., str],
) -> None:
    message = refused(TEXT, "training.methods.full.patience=2")
    assert "patience 2 counts evaluations, but evaluate_every is 0" in message
    assert "mine.yaml" in message
    assert "method full" in message


def test_each_hyperparameter_and_each_runtime_key_can_be_set(loaded: Loader) -> None:
    for each in fields(Hyperparameters):
        if each.name == "patience":
            continue
        value = getattr(Hyperparameters(), each.name)
        recipe = loaded(TEXT, f"training.methods.lora.{each.name}={value}")
        assert getattr(recipe.hyperparameters("lora", "xnli"), each.name) == value
    for each in fields(Runtime):
        value = getattr(Runtime(), each.name)
        assert getattr(loaded(TEXT, f"runtime.{each.name}={value}").runtime, each.name) == value


def with_data(tmp_path: Path, key: str, *data: str) -> Folders:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT + key, encoding="utf-8")
    return load(path, data=data).data


def test_data_are_in_a_folder_or_in_one_for_each_of_some_tasks(tmp_path: Path) -> None:
    assert with_data(tmp_path, "") == Folders()
    folders = with_data(tmp_path, "data: download\n")
    assert folders.of("xnli") == folders.of("mnli") == tmp_path / "download"
    folders = with_data(tmp_path, "data: {xnli: /data/xnli, mnli: ~/mnli}\n")
    assert folders.of("xnli") == Path("/data/xnli")
    assert folders.of("mnli") == Path("~/mnli").expanduser()
    assert folders.of("squad") is None


def test_folders_of_the_command_line_go_over_those_of_the_recipe(tmp_path: Path) -> None:
    key = "data: {xnli: /data/xnli}\n"
    one = with_data(tmp_path, key, "mnli=/other")
    assert one == Folders(tasks={"xnli": Path("/data/xnli"), "mnli": Path("/other")})
    every = with_data(tmp_path, key, "here", "mnli=~/mnli")
    assert every == Folders(every=Path("here"), tasks={"mnli": Path("~/mnli").expanduser()})


def test_a_folder_with_an_equals_sign_in_its_name_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a=b").mkdir()
    assert with_data(tmp_path, "", str(tmp_path / "a=b")).every == tmp_path / "a=b"
    assert with_data(tmp_path, "", "./c=d").every == Path("./c=d")


@pytest.mark.parametrize(
    ("key", "data", "message"),
    [
        ("data: {xnil: a}\n", (), "unknown task 'xnil' in mine.yaml:20 (did you mean 'xnli'?)"),
        ("data: [a]\n", (), "a mapping of keys to values belongs under 'data' in mine.yaml:20"),
        ("data: {xnli: [a]}\n", (), "text belongs under 'xnli' in mine.yaml:20, not a list"),
        ("", ("xnil=a",), "unknown task 'xnil' in --data xnil=a (did you mean 'xnli'?)"),
        ("", ("xnli=",), "'--data xnli=' names no folder: write --data TASK=DIR"),
        ("", ("a", "b"), "--data names two folders for every task, a and b"),
    ],
)
def test_data_that_cannot_be_are_refused(
    tmp_path: Path, key: str, data: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        with_data(tmp_path, key, *data)
    assert message in str(caught.value).replace(f"{tmp_path}/", "")


def test_an_expression_that_yaml_cuts_in_two_is_told_apart(refused: Callable[..., str]) -> None:
    message = refused(TEXT.replace("[target, stack]", "[target, stack(mnli, squad)]"))
    assert "expression 'stack(mnli' in mine.yaml:9, character 11" in message
    assert "within the brackets of a YAML list, an expression with commas needs quotes" in message
