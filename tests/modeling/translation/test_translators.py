import json
import shutil
from pathlib import Path

import pytest

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling import locate
from adapterstilts.modeling.translation.translators import find, wanted
from tests import copiers


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "nllb")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """Return a model's folder, to be spoilt."""
    return Path(shutil.copytree(whole, tmp_path / "mine-sw"))


def changed(folder: Path, name: str, **values: object) -> None:
    path = folder / name
    said = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**said, **values}))


def test_a_folder_is_found_and_known_by_what_it_holds(folder: Path, tmp_path: Path) -> None:
    found = find(str(folder), "main", language="sw")
    assert (found.title, found.family.name, found.is_fast) == ("mine-sw", "nllb", True)
    moved = Path(shutil.copytree(folder, tmp_path / "elsewhere"))
    assert find(str(moved), "main", language="sw").revision == found.revision
    changed(moved, "generation_config.json", length_penalty=2.0)
    assert find(str(moved), "main", language="sw").revision != found.revision
    (folder / "notes.txt").write_text("nothing of the model")
    assert find(str(folder), "main", language="sw").revision == found.revision


def test_the_code_of_the_language_stands_where_it_is_asked_for(folder: Path) -> None:
    pattern = f"{folder.parent}/mine-{{language}}"
    assert find(pattern, "main", language="sw").folder == folder
    with pytest.raises(StiltsError, match=r"no translation model at .*mine-de"):
        find(pattern, "main", language="de")


def test_pickled_weights_are_refused_with_what_can_be_done(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(StiltsError) as caught:
        find(str(folder), "main", language="sw")
    for said in ("holds only pytorch_model.bin", "safetensors", "--revision refs/pr/NUMBER"):
        assert said in str(caught.value)
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(StiltsError, match="it holds no weights"):
        find(str(folder), "main", language="sw")


@pytest.mark.parametrize("key", ["auto_map", "_attn_implementation_internal"])
def test_a_configuration_that_asks_for_code_is_refused(folder: Path, key: str) -> None:
    changed(folder, "config.json", **{key: {"AutoModelForSeq2SeqLM": "evil.Evil"}})
    with pytest.raises(StiltsError, match=f"config.json has '{key}'"):
        find(str(folder), "main", language="sw")


def test_code_for_generation_is_refused_which_transformers_runs_unasked(
    folder: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForSeq2SeqLM

    (folder / locate.CODE).mkdir()
    witness = tmp_path / "ran"
    code = f"open({str(witness)!r}, 'w').close()\ndef generate(model, **kwargs): ...\n"
    (folder / locate.CODE / "generate.py").write_text(code)
    with pytest.raises(StiltsError, match="has 'custom_generate', code that would be run"):
        find(str(folder), "main", language="sw")
    assert not witness.exists()
    # The trap itself: should this fail, transformers no longer runs it.
    AutoModelForSeq2SeqLM.from_pretrained(folder, trust_remote_code=False)
    assert witness.exists()


@pytest.mark.parametrize(
    ("config", "tokenizer", "told"),
    [
        ({"model_type": "t5"}, {"tokenizer_class": "T5Tokenizer"}, "it is t5 with T5Tokenizer"),
        ({"model_type": "mbart"}, {"tokenizer_class": "MBartTokenizer"}, "it is mbart with MBart"),
        ({"model_type": "bert"}, {"tokenizer_class": None}, "it is bert, and"),
    ],
)
def test_other_models_are_refused_with_those_that_are_known(
    folder: Path, config, tokenizer, told: str
) -> None:
    changed(folder, "config.json", **config)
    changed(folder, "tokenizer_config.json", **tokenizer)
    with pytest.raises(StiltsError, match=told) as caught:
        find(str(folder), "main", language="sw")
    assert "Marian (OPUS-MT), M2M-100, NLLB and mBART-50" in str(caught.value)


def test_the_family_is_told_from_the_files_where_no_tokenizer_is_named(folder: Path) -> None:
    changed(folder, "tokenizer_config.json", tokenizer_class=None)
    assert find(str(folder), "main", language="sw").family.name == "nllb"
    (folder / "vocab.json").write_text("{}")
    with pytest.raises(StiltsError, match=r"lacks sentencepiece\.bpe\.model"):
        find(str(folder), "main", language="sw")


def test_a_tokenizer_that_is_not_whole_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(StiltsError, match=r"lacks sentencepiece\.bpe\.model in"):
        find(str(folder), "main", language="sw")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("config.json", None, "has no config.json"),
        ("config.json", "{", "is not JSON"),
        ("tokenizer_config.json", "[]", "is not a JSON object"),
    ],
)
def test_files_that_say_nothing_are_named(folder: Path, name: str, text, told: str) -> None:
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    with pytest.raises(StiltsError, match=told):
        find(str(folder), "main", language="sw")


def test_of_a_repository_only_what_is_read_is_fetched() -> None:
    names = {
        *("config.json", "generation_config.json", "tokenizer.json", "source.spm", "README.md"),
        *(
            "model.safetensors",
            "pytorch_model.bin",
            "training_args.bin",
            "custom_generate/generate.py",
        ),
        *("model-00001-of-00002.safetensors", "tf_model.h5"),
    }
    assert wanted(names) == (
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "source.spm",
        "model.safetensors",
    )
    shards = {"model-00001-of-00002.safetensors", "model.safetensors.index.json"}
    assert set(wanted(shards)) == shards


def test_an_opus_model_says_its_languages(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.marian(tmp_path / "opus", source_lang="eng", target_lang="deu")
    found = find(str(folder), "main", language="de")
    assert (found.family.name, found.source, found.target) == ("marian", "eng", "deu")
    assert not found.is_fast


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("d_model", 2**40, "has 1099511627776 for 'd_model', where a whole number from 0 to"),
        ("encoder_layers", 10**9, "has 1000000000 for 'encoder_layers'"),
        ("vocab_size", "x\x1b[2J", "for 'vocab_size', where a whole number"),
        ("quantization_config", {"quant_method": "x"}, "asks for another library to unpack"),
    ],
)
def test_sizes_that_nobody_has_room_for_are_refused(
    folder: Path, key: str, value: object, why: str
) -> None:
    changed(folder, "config.json", **{key: value})
    with pytest.raises(StiltsError, match=f"refused translation model .*{why}"):
        find(str(folder), "main", language="sw")


def test_weights_that_are_none_are_refused_before_they_are_loaded(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"PK\x03\x04 a pickle of torch")
    with pytest.raises(StiltsError, match=r"model\.safetensors is broken"):
        find(str(folder), "main", language="sw")
