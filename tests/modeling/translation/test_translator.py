import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.translation import translators
from adapterstilts.modeling.translation.bilingual import Bilingual
from adapterstilts.modeling.translation.translator import Settings, Translator
from tests import copiers

TEXTS = [
    "furi mosedo reza?",
    "tamepi zepi mosedo reza tusu muli. lefe nola reza tusu dipe nidi.",
    "liba",
    "liba gozu sisa [lukofe].",
    " ".join(["liba gozu"] * 30),
]
Make = Callable[..., Translator]


@pytest.fixture(scope="session")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an NLLB model in whose language words have changed places."""
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "nllb")


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an NLLB model that says what it reads, whose embeddings are tied."""
    return copiers.nllb(tmp_path_factory.mktemp("nllb") / "same", swap=False)


def made(folder: Path, *, source: str = "qaa", target: str = "qab", **settings: object):
    found = translators.find(str(folder), "main", language=target)
    tokens = Bilingual(found, source=source, target=target)
    return Translator(found, tokens, settings=Settings(**settings), runtime=Runtime(device="cpu"))


def words(text: str) -> list[str]:
    return "".join(each if each.isalnum() else " " for each in text).split()


@pytest.mark.parametrize("beams", [1, 3])
def test_a_model_that_copies_says_every_text_again(copied: Path, beams: int) -> None:
    assert made(copied, beams=beams).translate(TEXTS) == TEXTS


def test_a_model_of_other_words_says_them_in_their_order(swapped: Path) -> None:
    found = made(swapped, beams=1).translate(TEXTS)
    for text, said in zip(TEXTS, found, strict=True):
        assert said is not None
        assert len(words(said)) == len(words(text))
        assert said != text
    # One word, one counterpart, wherever it stands.
    first, last = (words(str(found[number])) for number in (2, 4))
    assert set(last[::2]) == set(first)


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("batch_tokens", [1, 64, 4096])
def test_neighbours_and_padding_change_nothing(swapped: Path, beams: int, batch_tokens: int):
    alone = [made(swapped, beams=beams).translate([text])[0] for text in TEXTS]
    together = made(swapped, beams=beams, batch_tokens=batch_tokens)
    assert together.translate(TEXTS) == alone
    assert together.translate(TEXTS[::-1]) == alone[::-1]


def test_a_text_that_comes_twice_and_one_of_white_space_cost_nothing(copied: Path) -> None:
    heard: list[int] = []
    found = made(copied, batch_tokens=1).translate(
        ["liba", "liba", "", " \n"], lambda: heard.append(1)
    )
    assert found == ["liba", "liba", "", ""]
    assert len(heard) == 1


def test_a_text_that_is_too_long_is_translated_sentence_by_sentence(copied: Path) -> None:
    sentence = "tamepi zepi mosedo reza tusu muli."
    text = "\n\n".join([f"{sentence} {sentence}"] * 12)
    model = made(copied)
    assert len(text) > 400
    assert model.translate([text]) == [text]


def test_a_sentence_that_is_too_long_is_cut_between_words(copied: Path) -> None:
    text = " ".join(["liba", "gozu"] * 150)
    assert made(copied).translate([text]) == [text]


def test_every_text_can_be_translated_sentence_by_sentence(copied: Path) -> None:
    heard: list[int] = []
    text = "liba gozu. Sisa liba."
    plain = "liba gozu. Sisa."
    model = made(copied, batch_tokens=1, by_sentence=True)
    model.translate([text, plain], lambda: heard.append(1))
    assert len(heard) == 3


def test_a_translation_that_never_ends_is_none(tmp_path: Path) -> None:
    folder = copiers.nllb(tmp_path / "endless", ends=False)
    assert made(folder, beams=1).translate(["liba", ""]) == [None, ""]


def test_what_the_files_ask_of_chance_is_not_done(copied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "random"
    folder.mkdir()
    for path in copied.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    asked = {"do_sample": True, "temperature": 9.0, "max_length": 3, "num_return_sequences": 2}
    path = folder / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **asked}))
    torch.manual_seed(1)
    assert made(folder, beams=2).translate(TEXTS) == TEXTS


def test_weights_that_are_not_whole_are_refused(swapped: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "half"
    folder.mkdir()
    for path in swapped.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    weights = load_file(folder / "model.safetensors")
    del weights["model.decoder.layers.0.encoder_attn.q_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(StiltsError, match=r"cannot be loaded \(its weights lack model\.decoder"):
        made(folder)
    (folder / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(StiltsError, match="is broken: it is cut short"):
        made(folder)


@pytest.mark.parametrize("family", ["marian", "m2m100"])
def test_models_of_sentencepiece_translate_as_well(family: str, tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = getattr(copiers, family)(tmp_path / family)
    model = made(folder, source="en", target="de", beams=2)
    found = model.translate(TEXTS)
    assert found == [model.translate([text])[0] for text in TEXTS]
    assert all(found)
    assert "[" in str(found[3])
    assert "__de__" not in "".join(map(str, found))


def test_the_token_of_a_language_stands_before_every_text(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    folder = copiers.marian(tmp_path / "opus", targets=("deu", "swh"))
    for code, word in (("de", "deu"), ("sw", "swh")):
        found = made(folder, source="en", target=code, beams=1).translate(["liba gozu", "sisa"])
        assert [str(text).split()[0] for text in found] == [word, word]
