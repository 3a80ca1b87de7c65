import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import copiers


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "tiny-nllb")


@pytest.fixture
def command(model: Path, tmp_path: Path) -> list[str]:
    out, limit = str(tmp_path / "out"), ("--limit", "30")
    small = ("--beams", "1", "--batch-tokens", "60")
    return [
        "translate",
        "toy-squad",
        "--to",
        "qab",
        "--model",
        str(model),
        "--out",
        out,
        *limit,
        *small,
    ]


def file(tmp_path: Path, name: str = "train-qab.jsonl", folder: str = "out") -> Path:
    return tmp_path / folder / "translated" / "toy-squad" / name


def test_rows_of_a_source_are_translated_and_counted(cli, command, tmp_path: Path) -> None:
    done = cli(*command, "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["expression"] == "translated(toy-squad, qab)"
    (each,) = said["translations"]
    assert (each["read"], each["written"], each["lost"]) == (30, 30, {})
    assert (each["language"], each["model"], each["reused"]) == ("qab", "tiny-nllb", False)
    assert each["file"] == str(file(tmp_path))
    assert "[1/1] toy-squad into qab" in done.err
    assert f"a source now: translated(toy-squad, qab) with --data {tmp_path / 'out'}" in done.err
    again = cli(*command)
    assert again.code == 0
    assert "1 language stood already" in again.out


def test_what_it_wrote_is_read_as_the_rows_of_a_source(
    cli, command, tmp_path: Path, model: Path
) -> None:
    from adapterstilts.tasks import loading
    from adapterstilts.tasks.registry import TASKS

    data, out = tmp_path / "data", tmp_path / "out"
    asked = [
        {"id": "q1", "question": "furi liba?", "answers": [{"text": "gozu", "answer_start": 5}]}
    ]
    document = {"data": [{"paragraphs": [{"context": "liba gozu sisa.", "qas": asked}]}]}
    (data / "squad").mkdir(parents=True)
    (data / "squad" / "train-v1.1.json").write_text(json.dumps(document))
    options = ("--model", model, "--out", out, "--data", f"squad={data}", "--beams", "1")
    done = cli("translate", "squad", "--to", "de", *options)
    assert done.code == 0, done.err
    task = TASKS.get("squad")
    origin = loading.find(task, language="de", split="train", folder=out)
    (row,) = loading.rows(task, origin, language="de", split="train")
    (answer,) = row["answers"]
    assert row["id"] == "q1"
    assert row["context"] != "liba gozu sisa."
    assert row["context"].startswith(f"{answer['text']} ", answer["start"])
    assert row["context"].split()[1] == answer["text"]
    said = json.loads((out / "translated" / "squad" / "train-de.json").read_text())
    (source,) = said["data"]["sources"]
    assert source["files"][0]["name"] == "squad/train-v1.1.json"
    assert str(tmp_path) not in json.dumps(said)


def test_several_languages_each_have_their_file(cli, command, tmp_path: Path) -> None:
    command[command.index("qab")] = "qab,de"
    done = cli(*command)
    assert done.code == 0, done.err
    assert "2 languages: 0 done already, 2 to run" in done.err
    english, other = (file(tmp_path, f"train-{code}.jsonl") for code in ("qab", "de"))
    assert english.read_bytes() == other.read_bytes()


def test_dev_rows_go_to_a_file_of_their_own(cli, command, tmp_path: Path) -> None:
    assert cli(*command, "--split", "dev", "--by-sentence").code == 0
    assert file(tmp_path, "dev-qab.jsonl").is_file()
    assert not file(tmp_path).exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_stopped_at_any_moment_the_same_command_ends_with_the_same_file(
    cli, command, tmp_path: Path, sent: signal.Signals
) -> None:
    command[command.index("30")] = "400"
    process = subprocess.Popen(
        [sys.executable, "-m", "adapterstilts", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ADAPTERSTILTS_STORE": str(tmp_path / "runs")},
        # A test run in the background of a shell ignores Ctrl-C, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    kept = file(tmp_path, ".train-qab.journal")
    while process.poll() is None and not (kept.is_file() and kept.stat().st_size > 2500):
        time.sleep(0.005)
    process.send_signal(sent)
    _, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "the same command goes on from here" in err
    assert not file(tmp_path).exists()
    begun = kept.read_bytes()
    done = cli(*command, "--json")
    assert done.code == 0, done.err
    assert len(begun) > 2500
    command[command.index(str(tmp_path / "out"))] = str(tmp_path / "whole")
    assert cli(*command).code == 0
    assert file(tmp_path).read_bytes() == file(tmp_path, folder="whole").read_bytes()


def test_another_setting_in_the_same_folder_is_refused(cli, command) -> None:
    assert cli(*command).code == 0
    command[command.index("--beams") + 1] = "2"
    done = cli(*command)
    assert (done.code, done.out) == (2, "")
    assert "is of another translation: beams was 1 and is 2 now" in done.err


ERRORS = {
    "task": ("toy-squat", {}, 2, "unknown task 'toy-squat' (did you mean 'toy-squad'?)"),
    "tagging": ("toy-udpos", {}, 2, "task 'toy-udpos' cannot be translated: the tags"),
    "target": ("xnli", {}, 2, "task 'xnli' has no train rows of its own: translate mnli"),
    "language": ("toy-nli", {"--to": "qab,xx"}, 2, "unknown language 'xx' to translate to"),
    "english": ("toy-nli", {"--to": "qaa"}, 2, "are in 'qaa' already"),
    "twice": ("toy-nli", {"--to": "de,de"}, 2, "named twice: de, de"),
    "none": ("toy-nli", {"--to": ","}, 2, "no language is named"),
    "not there": ("toy-nli", {"--to": "fr"}, 2, "has no language 'fr'; it has de, en, sw, zh"),
    "folder": ("toy-nli", {"--model": "./nowhere"}, 1, "no translation model at"),
    "name": ("toy-nli", {"--model": "a//b"}, 1, "no translation model 'a//b' on the Hub"),
    "data": ("mnli", {"--data": "."}, 1, "no data for mnli, train (en)"),
    "beams": ("toy-nli", {"--beams": "0"}, 2, "invalid value for '--beams'"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_done_is_told_before_anything_is(
    case: str, cli, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    task, changes, code, told = ERRORS[case]
    options = {"--to": "qab", "--model": str(model), "--out": "out", **changes}
    words = [word for option in options.items() for word in option]
    done = cli("translate", task, *words)
    assert (done.code, done.out) == (code, "")
    assert told in done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert not Path("out").exists()


def test_a_model_of_pickles_is_refused(cli, command, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    for path in model.iterdir():
        name = "pytorch_model.bin" if path.suffix == ".safetensors" else path.name
        (folder / name).write_bytes(path.read_bytes())
    command[command.index(str(model))] = str(folder)
    done = cli(*command)
    assert done.code == 1
    assert "it holds only pytorch_model.bin, and nothing but safetensors is read here" in done.err


def test_without_the_extra_a_model_of_sentencepiece_is_refused_by_its_name(
    cli, command, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.m2m100(tmp_path / "m2m")
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    command[command.index(str(model))] = str(folder)
    command[command.index("qab")] = "de"
    done = cli(*command)
    assert done.code == 1
    assert "pip install 'adapterstilts[translate]'" in done.err
