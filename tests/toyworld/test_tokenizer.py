import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import XLMRobertaTokenizerFast

from adapterstilts.toyworld import embedded, lexicon, tokenizer
from adapterstilts.toyworld.languages import LANGUAGES
from adapterstilts.toyworld.problems import PROBLEMS
from adapterstilts.toyworld.rows import MULTILINGUAL, TEXT, rows

BUILT = tokenizer.build()
UNKNOWN = BUILT.token_to_id("<unk>")
REMEDY = (
    "the embedded tokenizer is not that of the toy world: write it anew by "
    "adapterstilts.toyworld.tokenizer.build().save(...) and pretrain the backbone with it, by "
    "recipes/toyworld-backbone.yaml"
)
each = pytest.mark.parametrize("code", LANGUAGES)


def texts(value: object) -> list[str]:
    """Return everything that is written in a row or a part of it."""
    if isinstance(value, dict):
        value = [part for name, part in value.items() if name not in ("id", "label", "tags")]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


@each
@pytest.mark.parametrize("generator", [*PROBLEMS, TEXT])
def test_nothing_is_unknown_and_everything_can_be_read_back(generator: str, code: str) -> None:
    said = texts([*rows(generator, language=code, split="test", size=60)])
    encoded = BUILT.encode_batch(said, add_special_tokens=False)
    assert len(said) >= 60
    assert all(UNKNOWN not in one.ids for one in encoded)
    assert BUILT.decode_batch([one.ids for one in encoded]) == said


@each
def test_a_stem_is_one_piece_and_an_ending_another(code: str) -> None:
    endings = {ending for ending in lexicon.endings(code).values() if ending}
    for stem in lexicon.vocabulary(code).values():
        assert BUILT.encode(stem, add_special_tokens=False).tokens == [f"▁{stem}"]
        for ending in endings:
            tokens = BUILT.encode(stem + ending, add_special_tokens=False).tokens
            assert tokens == [f"▁{stem}", ending]


def test_a_sentence_is_its_stems_its_endings_and_its_full_stop() -> None:
    words = lexicon.vocabulary("qah")
    agent, plural = (lexicon.endings("qah")[mark] for mark in ("agent", "plural"))
    said = f"3 {words['cat']}{plural}{agent} {words['big']}."
    tokens = ["▁3", f"▁{words['cat']}", plural, agent, f"▁{words['big']}", "."]
    assert BUILT.encode(said).tokens == ["<s>", *tokens, "</s>"]


def test_words_that_nobody_said_are_spelt() -> None:
    encoded = BUILT.encode("xylophone", add_special_tokens=False)
    assert UNKNOWN not in encoded.ids
    assert BUILT.decode(encoded.ids) == "xylophone"


def test_control_tokens_have_the_ids_that_xlm_r_gives_them() -> None:
    assert [BUILT.token_to_id(token) for token in ("<s>", "<pad>", "</s>", "<unk>")] == [0, 1, 2, 3]
    assert BUILT.token_to_id("<mask>") == BUILT.get_vocab_size() - 1


def test_ids_are_those_of_transformers(tmp_path: Path) -> None:
    BUILT.save(str(tmp_path / "tokenizer.json"))
    theirs = XLMRobertaTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"))
    firsts, seconds = [], []
    for code in (*LANGUAGES, MULTILINGUAL):
        made = rows(TEXT, language=code, split="test", size=40)
        firsts += [row["text"] for row in made]
        seconds += [row["second"] for row in made]
    pairs = BUILT.encode_batch(list(zip(firsts, seconds, strict=True)))
    assert theirs(firsts, seconds)["input_ids"] == [one.ids for one in pairs]
    assert theirs(firsts)["input_ids"] == [one.ids for one in BUILT.encode_batch(firsts)]
    assert theirs.mask_token_id == BUILT.token_to_id("<mask>")


def test_the_embedded_tokenizer_is_the_one_that_is_built() -> None:
    kept = Tokenizer.from_file(str(embedded.folder() / "tokenizer.json"))
    assert kept.to_str() == BUILT.to_str(), REMEDY


def test_the_embedded_backbone_is_an_xlm_r_for_this_tokenizer() -> None:
    config = json.loads((embedded.folder() / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == "xlm-roberta"
    assert config["vocab_size"] == BUILT.get_vocab_size(), REMEDY
    assert [config[f"{name}_token_id"] for name in ("bos", "pad", "eos")] == [0, 1, 2]


def test_the_embedded_files_are_small() -> None:
    files = sorted(embedded.folder().iterdir())
    if embedded.folder() / "model.safetensors" not in files:
        pytest.skip("the weights are not there: make them by recipes/toyworld-backbone.yaml")
    assert [path.name for path in files] == ["config.json", "model.safetensors", "tokenizer.json"]
    assert sum(path.stat().st_size for path in files) <= 8_000_000
