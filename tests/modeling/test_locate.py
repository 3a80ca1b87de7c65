import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.hub import Listing, RemoteFile, Repository
from adapterstilts.core.store import Store
from adapterstilts.modeling import locate
from adapterstilts.toyworld import embedded
from tests.hub.server import Hub


@pytest.fixture
def folder(tiny_backbone: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_backbone, tmp_path / "mine"))


def refusal(name: str | Path) -> str:
    with pytest.raises(StiltsError) as caught:
        locate.locate(str(name), "main")
    return str(caught.value)


def changed(folder: Path, **config: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return folder


def test_a_folder_is_found_and_known_by_what_it_holds(folder: Path, tmp_path: Path) -> None:
    found = locate.locate(str(folder), "main")
    assert found.folder == folder
    assert found.name == str(folder)
    assert found.title == "mine"
    assert not found.random
    elsewhere = tmp_path / "some" / "where"
    shutil.copytree(folder, elsewhere)
    (elsewhere / "README.md").write_text("not a file that a model is made of")
    assert locate.locate(str(elsewhere), "other").revision == found.revision


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_the_digest_changes_with_every_file_that_matters(folder: Path, file: str) -> None:
    before = locate.locate(str(folder), "main").revision
    with (folder / file).open("a") as stream:
        stream.write("\n")
    assert locate.locate(str(folder), "main").revision != before


def test_a_relative_folder_is_local_and_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert locate.is_local("mine")
    assert locate.is_local("./nothing")
    assert locate.locate("./mine", "main").folder == folder
    assert locate.title("./mine") == "mine"
    assert not locate.is_local("someone/something")
    assert locate.title("someone/something") == "someone/something"


def test_the_random_backbone_is_the_embedded_ones_architecture(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "folder", lambda: folder)
    toy, random = (locate.locate(name, "main") for name in (locate.TOYWORLD, locate.RANDOM))
    assert (toy.random, random.random) == (False, True)
    assert toy.folder == random.folder == folder
    assert (toy.title, random.title) == ("toyworld", "toyworld-random")
    assert toy.revision != random.revision
    (folder / "model.safetensors").unlink()
    assert locate.locate(locate.RANDOM, "main").revision == random.revision
    assert "holds no safetensors" in refusal(locate.TOYWORLD)


@pytest.mark.parametrize(
    ("spoil", "parts"),
    [
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            ["refused", "holds no safetensors", "safe_serialization=True"],
        ),
        (
            lambda folder: changed(folder, _attn_implementation_internal="evil/code"),
            ["refused", "'_attn_implementation_internal'", "run code", "remove the key"],
        ),
        (
            lambda folder: changed(folder, auto_map={"AutoModel": "evil.Model"}),
            ["refused", "'auto_map'", "remove the key"],
        ),
        (
            lambda folder: changed(folder, model_type="bert"),
            ["refused", "model_type 'bert'", "xlm-roberta", "take an XLM-R checkpoint"],
        ),
        (
            lambda folder: (folder / "config.json").unlink(),
            ["has no config.json", "give the folder"],
        ),
        (
            lambda folder: (folder / "config.json").write_text("{"),
            ["config.json is not JSON", "save or fetch it again"],
        ),
        (
            lambda folder: (folder / "config.json").write_text("[]"),
            ["config.json is not a JSON object", "save or fetch it again"],
        ),
        (
            lambda folder: (folder / "tokenizer.json").unlink(),
            ["has no tokenizer.json", "AutoTokenizer"],
        ),
    ],
)
def test_what_is_not_safe_or_not_whole_is_refused(
    folder: Path, spoil: Callable[[Path], object], parts: list[str]
) -> None:
    spoil(folder)
    message = refusal(folder)
    assert str(folder) in message
    for part in parts:
        assert part in message


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path / "nowhere")
    assert message.startswith(f"no backbone at {tmp_path / 'nowhere'}: give a folder")


def test_without_a_network_and_a_cache_a_hub_backbone_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    message = refusal("nobody-at-all/nothing-at-all")
    assert "backbone 'nobody-at-all/nothing-at-all' at revision 'main'" in message
    assert "`adapterstilts fetch 'hub(nobody-at-all/nothing-at-all)' --to DIR`" in message
    assert "embedded backbone 'toyworld'" in message


def test_a_hub_backbone_is_its_safe_files_at_a_commit(
    hub: Hub, folder: Path, tmp_path: Path
) -> None:
    files = {path.name: path for path in folder.iterdir()}
    commit = hub.push(
        "someone/tiny",
        {**files, "pytorch_model.bin": b"evil", "onnx/model.onnx": b""},
        kind="model",
    )
    store = Store(tmp_path / "runs")
    found = locate.locate("someone/tiny", "main", pins=store)
    assert found.revision == found.folder.name == commit
    assert {path.name for path in found.folder.iterdir()} == {
        "config.json",
        "tokenizer.json",
        "model.safetensors",
    }
    hub.push("someone/tiny", {"config.json": "{}"}, kind="model")
    assert locate.locate("someone/tiny", "main", pins=store) == found
    with pytest.raises(StiltsError, match="model_type None is not one of"):
        locate.locate("someone/tiny", "main")
    assert locate.locate("someone/tiny", commit) == found


def test_a_backbone_in_parts_is_all_its_parts() -> None:
    whole = ["config.json", "tokenizer.json", "model.safetensors", "model.safetensors.index.json"]
    parts = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    assert set(locate.wanted(listed(*whole, *parts, "flax_model.msgpack"))) == set(whole)
    assert set(locate.wanted(listed(*whole[:2], whole[3], *parts, "x.bin"))) == {
        *whole[:2],
        whole[3],
        *parts,
    }


def test_a_folder_that_nobody_has_listed_is_whole_with_all_that_its_index_names(
    folder: Path,
) -> None:
    assert locate.is_whole(folder)
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    assert not locate.is_whole(folder)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not locate.is_whole(folder)
    (folder / "model-2.safetensors").write_bytes(b"")
    assert locate.is_whole(folder)
    (folder / "tokenizer.json").unlink()
    assert not locate.is_whole(folder)


def listed(*names: str) -> Listing:
    files = dict.fromkeys(names, RemoteFile(size=1))
    return Listing(repository=Repository(name="a/b", kind="model"), commit="0" * 40, files=files)


def test_a_name_that_the_hub_cannot_have_is_refused_as_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    message = refusal("what is this?")
    assert message.startswith("no backbone 'what is this?' on the Hub, nor a folder of that name")


def test_what_a_stage_trained_is_checked_too_and_mended_by_training_it_again(
    folder: Path,
) -> None:
    found = locate.trained("tiny+toy-text", folder)
    assert (found.name, found.title) == ("tiny+toy-text", "tiny+toy-text")
    assert f"remove the folder {folder.parent} and run again" in found.remedy
    changed(folder, auto_map={})
    with pytest.raises(StiltsError, match="refused backbone 'tiny\\+toy-text'"):
        locate.check(replace(found))


def test_looking_for_a_backbone_needs_no_torch(folder: Path) -> None:
    script = (
        "import sys; from adapterstilts.modeling import locate;"
        "locate.locate(sys.argv[1], 'main');"
        "assert not {'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True)


def test_code_for_generation_is_refused_which_transformers_runs_unasked(
    tiny_backbone: Path, tmp_path: Path
) -> None:
    from adapters import AutoAdapterModel

    folder = Path(shutil.copytree(tiny_backbone, tmp_path / "spoilt"))
    witness = tmp_path / "ran"
    (folder / locate.CODE).mkdir()
    code = f"open({str(witness)!r}, 'w').close()\ndef generate(model, **kwargs): ...\n"
    (folder / locate.CODE / "generate.py").write_text(code)
    with pytest.raises(StiltsError, match="it has 'custom_generate', code that would be run"):
        locate.locate(str(folder), "main")
    assert not witness.exists()
    # The trap itself: should this fail, transformers no longer runs it.
    AutoAdapterModel.from_pretrained(folder, trust_remote_code=False)
    assert witness.exists()
