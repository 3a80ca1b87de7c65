import json
import shutil
import sys
from pathlib import Path

import pytest
import transformers

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.modeling.translation import translators
from adapterstilts.modeling.translation.bilingual import Bilingual
from adapterstilts.tasks import tokenizer_files
from tests import copiers


def read(folder: Path, source: str, target: str) -> Bilingual:
    return Bilingual(
        translators.find(str(folder), "main", language=target), source=source, target=target
    )


@pytest.fixture(scope="session")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "nllb")


def test_nllb_reads_its_source_before_the_text_and_begins_with_its_target(nllb: Path) -> None:
    from transformers import NllbTokenizerFast

    plain = NllbTokenizerFast.from_pretrained(nllb)
    for code, name in (("de", "deu_Latn"), ("sw", "swh_Latn"), ("zh", "zho_Hans")):
        spoken = read(nllb, "en", code)
        assert spoken.begun == plain.convert_tokens_to_ids(name)
        (ids,) = spoken.ids(["liba"])
        assert plain.convert_ids_to_tokens(ids) == ["eng_Latn", "▁liba", "</s>"]


def test_what_is_read_is_said_again_without_what_stands_around_it(nllb: Path) -> None:
    spoken = read(nllb, "en", "de")
    (ids,) = spoken.ids(["liba gozu, sisa."])
    assert spoken.text(ids) == "liba gozu, sisa."
    assert spoken.text([spoken.begun, *ids[1:]]) == "liba gozu, sisa."
    assert spoken.text([]) == ""


def test_a_batch_is_padded_behind_its_texts(nllb: Path) -> None:
    spoken = read(nllb, "en", "de")
    batch = spoken.padded(spoken.ids(["liba", "liba gozu sisa"]))
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]


def test_the_longest_input_is_that_of_the_model_or_of_its_tokenizer(nllb: Path) -> None:
    assert read(nllb, "en", "de").longest == copiers.PLACES


@pytest.mark.parametrize(("source", "target", "told"), [("en", "fr", "fr"), ("fr", "de", "fr")])
def test_a_language_that_the_model_has_not_is_refused_with_those_it_has(
    nllb: Path, source: str, target: str, told: str
) -> None:
    with pytest.raises(UsageError, match=f"has no language '{told}'; it has de, en, sw, zh$"):
        read(nllb, source, target)


def test_a_language_that_only_the_tokenizer_knows_is_none_of_the_model(tmp_path: Path) -> None:
    # mBART-50's tokenizer adds every language of its class, whatever the vocabulary's size.
    folder = copiers.mbart50(tmp_path / "mbart")
    found = translators.find(str(folder), "main", language="de")
    assert found.family.name == "mbart50"
    assert read(folder, "en", "de").begun is not None
    few = found.config["vocab_size"] - 52
    (folder / "config.json").write_text(
        (folder / "config.json").read_text().replace(str(found.config["vocab_size"]), str(few))
    )
    with pytest.raises(UsageError, match="has no language"):
        read(folder, "en", "de")


def test_m2m100_writes_our_codes_as_they_are(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.m2m100(tmp_path / "m2m")
    spoken = read(folder, "en", "sw")
    (ids,) = spoken.ids(["liba"])
    assert ids[0] != spoken.begun
    assert spoken.text([spoken.begun, *ids[1:]]) == "liba"
    with pytest.raises(UsageError, match="has no language 'eu'; it has af, ar, az"):
        read(folder, "en", "eu")


@pytest.mark.parametrize(
    ("names", "target"),
    [
        ({}, "de"),
        ({"source_lang": "eng", "target_lang": "deu"}, "de"),
        ({"target_lang": "gmw"}, "nl"),
    ],
)
def test_a_model_of_one_pair_is_taken_at_its_word(names, target: str, tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.marian(tmp_path / "opus", **names)
    spoken = read(folder, "en", target)
    assert spoken.begun is None
    (ids,) = spoken.ids(["liba gozu"])
    assert spoken.text(ids) == "liba gozu"


def test_a_model_of_another_pair_is_refused_with_the_remedy(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.marian(tmp_path / "opus", source_lang="en", target_lang="de")
    with pytest.raises(UsageError, match=r"into 'de' alone, not into 'sw'.*'\{language\}'"):
        read(folder, "en", "sw")
    with pytest.raises(UsageError, match="translates from 'en', and the rows are in 'ru'"):
        read(folder, "ru", "de")


def test_a_model_of_several_targets_is_told_which_by_a_token(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.marian(tmp_path / "opus", targets=("deu", "swh"))
    (plain,), (german,) = (read(folder, "en", code).ids(["liba"]) for code in ("sw", "de"))
    assert plain[1:] == german[1:]
    assert plain[0] != german[0]
    with pytest.raises(UsageError, match="has no language 'fr'; it has de, sw"):
        read(folder, "en", "fr")


def test_without_the_extra_its_name_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.marian(tmp_path / "opus")
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(StiltsError, match=r"pip install 'adapterstilts\[translate\]'"):
        read(folder, "en", "de")


def test_what_is_saved_as_a_whole_needs_no_extra(
    nllb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    assert read(nllb, "en", "de").ids(["liba"])


def test_a_tokenizer_that_cannot_be_read_is_named(nllb: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(nllb, tmp_path / "broken"))
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(
        StiltsError, match=r"the tokenizer of .* cannot be read \(it is no object with a model"
    ):
        read(folder, "en", "de")


def test_a_tokenizer_that_is_too_large_or_breaks_its_backend_is_named(
    nllb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the backend raises where it panics, which is no `Exception`.
    panic = type("PanicException", (BaseException,), {})

    def broken(*_: object, **__: object) -> None:
        raise panic("index out of bounds")

    with monkeypatch.context() as patch:
        patch.setattr(transformers.NllbTokenizerFast, "from_pretrained", broken)
        with pytest.raises(StiltsError, match=r"cannot be read \(index out of bounds\)"):
            read(nllb, "en", "de")
    monkeypatch.setattr(tokenizer_files, "LARGEST", 100)
    with pytest.raises(StiltsError, match=r"cannot be read \(it has more than 100 bytes\)"):
        read(nllb, "en", "de")


def test_a_tokenizer_that_would_look_for_ever_is_not_read(nllb: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(nllb, tmp_path / "endless"))
    said = json.loads((folder / "tokenizer.json").read_text())
    said["normalizer"] = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": " "}
    (folder / "tokenizer.json").write_text(json.dumps(said))
    with pytest.raises(StiltsError, match=r"cannot be read \(its normalizer looks for"):
        read(folder, "en", "de")
