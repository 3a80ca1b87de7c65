"""From Python: the answers of the stages, and the README's examples as they are written."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import adapterstilts as stilts
from adapterstilts.core.records import Prediction, read_rows
from adapterstilts.tasks.registry import TASKS
from adapterstilts.toyworld.rows import rows
from tests.end_to_end.conftest import Experiment

pytestmark = pytest.mark.timeout(400)

README = Path(__file__).parents[2] / "README.md"
INPUTS: dict[str, Callable[[Any], Any]] = {
    "toy-pawsx": lambda row: (row["first"], row["second"]),
    "toy-xnli": lambda row: (row["first"], row["second"]),
    "toy-panx": lambda row: row["tokens"],
    "toy-xquad": lambda row: (row["question"], row["context"]),
    "toy-xcopa": lambda row: (row["context"], row["question"], row["choices"]),
}
"""Target to how its rows are asked in words."""


def stage(store: Path, name: str) -> Path:
    (found,) = store.glob(f"{name}-" + "[0-9a-f]" * 16)
    return found


def asked(task: str, language: str) -> list[Any]:
    data = TASKS.get(task).data
    size = data.sizes["test"]
    return rows(data.generator, language=language, split="test", size=size, start=data.start)


def stored(store: Path, slug: str, language: str) -> list[Any]:
    path = stage(store, f"predict-{slug}") / "predictions" / f"{language}.jsonl"
    return [row.prediction for row in read_rows(path, Prediction)]


@pytest.mark.parametrize(
    ("slug", "trained", "task"),
    [
        *((f"seq_bn-target-{task}",) * 2 + (task,) for task in INPUTS),
        ("seq_bn-stack-toy-nli-toy-pawsx",) * 2 + ("toy-pawsx",),
        ("seq_bn-stack-toy-squad-toy-xcopa",) * 2 + ("toy-xcopa",),
        ("seq_bn-fuse-toy-nli-toy-squad-toy-panx",) * 2 + ("toy-panx",),
        ("seq_bn-fuse-toy-nli-toy-squad-toy-xquad",) * 2 + ("toy-xquad",),
        ("seq_bn-continue-toy-nli-toy-xnli",) * 2 + ("toy-xnli",),
        ("full-continue-toy-nli-toy-pawsx",) * 2 + ("toy-pawsx",),
        ("seq_bn-zero-toy-nli-toy-xnli", "seq_bn-target-toy-nli", "toy-xnli"),
    ],
)
def test_words_get_the_answers_of_the_predict_stage(
    finished: Experiment, slug: str, trained: str, task: str
) -> None:
    folder = stage(finished.store, f"train-{trained}-s1")
    model = stilts.load("toyworld", str(folder), task=task)
    seen = []
    for language in ("qaa", "qah"):
        given = asked(task, language)
        wanted = stored(finished.store, slug, language)
        if task == "toy-xcopa":
            wanted = [row["choices"][answer] for row, answer in zip(given, wanted, strict=True)]
        assert model.predict(task, [INPUTS[task](row) for row in given]) == wanted
        seen += wanted
    assert len(seen) == 300


@pytest.mark.parametrize(
    ("slug", "trained"),
    [
        ("none-zero-toy-tatoeba", None),
        ("seq_bn-zero-toy-squad-toy-tatoeba", "seq_bn-target-toy-squad"),
        ("full-zero-toy-nli-toy-tatoeba", "full-target-toy-nli"),
    ],
)
def test_the_nearest_candidates_are_those_of_the_predict_stage(
    finished: Experiment, slug: str, trained: str | None
) -> None:
    kept = str(stage(finished.store, f"train-{trained}-s1")) if trained else None
    given = asked("toy-tatoeba", "qab")
    texts = {row["id"]: row["candidate"] for row in given}
    found = stilts.load("toyworld", kept).predict(
        "toy-tatoeba", [row["query"] for row in given], candidates=list(texts.values())
    )
    assert found == [texts[id] for id in stored(finished.store, slug, "qab")]


def test_a_stage_whose_source_is_not_in_its_store_is_refused(
    finished: Experiment, tmp_path: Path
) -> None:
    stack = stage(finished.store, "train-seq_bn-stack-toy-nli-toy-pawsx-s1")
    alone = Path(shutil.copytree(stack, tmp_path / stack.name))
    with pytest.raises(stilts.StiltsError, match=r"was trained on the source 'toy-nli'.*not in"):
        stilts.load("toyworld", str(alone))
    source = str(stage(finished.store, "train-seq_bn-target-toy-nli-s1"))
    assert stilts.load("toyworld", stilts.Stack(source, str(alone))).active_head == "toy-pawsx"


def test_a_fusion_stage_may_stand_on_an_adapter(finished: Experiment) -> None:
    source = stage(finished.store, "train-seq_bn-target-toy-nli-s1")
    fusion = stage(finished.store, "train-seq_bn-fuse-toy-nli-toy-squad-toy-pawsx-s1")
    model = stilts.load(Path("toyworld"), stilts.Stack(str(source), str(fusion)), task="toy-pawsx")
    assert model.active_adapters == stilts.Stack("toy-nli", stilts.Fuse("toy-nli", "toy-squad"))
    assert model.predict("toy-pawsx", [("kidu nasa.", "kidu nasa.")])[0] in ("same", "different")
    alone = stilts.load("toyworld", fusion)
    assert alone.active_adapters == stilts.Fuse("toy-nli", "toy-squad")


def test_the_readme_s_python_runs_as_it_is_written(
    finished: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (section,) = re.findall(
        r"^## From Python\n(.*?)^## ", README.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    blocks = re.findall(r"^```python\n(.*?)^```$", section, flags=re.M | re.S)
    assert len(blocks) == 6
    # The quickstart takes minutes; what it would do is the same with a recipe that has been run.
    (tmp_path / "recipes").mkdir()
    shutil.copy(finished.recipe, tmp_path / "recipes" / "quickstart.yaml")
    shutil.copytree(finished.store, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADAPTERSTILTS_STORE", raising=False)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), names)
    assert names["grid"].stages.run == 0
    assert set(names["found"].scores["language"]) == {"qab", "qah"}
    assert list(names["compared"].gains["language"]) == ["zero-shot", "qab", "qah"]
    assert names["again"].active_head == "toy-pawsx"
    assert (tmp_path / "mine" / "adapter.safetensors").is_file()
    assert (tmp_path / "out" / "adapter_setup.json").is_file()
