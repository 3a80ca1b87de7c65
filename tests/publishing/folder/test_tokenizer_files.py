"""A full model brings a tokenizer that `transformers` loads by its name alone."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from adapterstilts.core.errors import StiltsError
from adapterstilts.publishing.folder import tokenizer_files
from adapterstilts.toyworld import embedded

TEXTS = ("pafire teni, duka!", "  <mask> lane\tpule ", "e\u0301 \u2126 <s> x", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what is published of a tokenizer and a configuration."""
    at, given = tmp_path_factory.mktemp("model"), embedded.folder()
    config = json.loads((given / "config.json").read_text())
    for name in ("config.json", "tokenizer.json"):
        (at / name).write_bytes((given / name).read_bytes())
    for name, text in tokenizer_files.files(given, config).items():
        (at / name).write_text(text, encoding="utf-8")
    return at


def test_it_reads_texts_and_pairs_as_the_one_that_was_trained_with(folder: Path) -> None:
    loaded = AutoTokenizer.from_pretrained(folder)
    before = Tokenizer.from_file(str(folder / "tokenizer.json"))

    assert type(loaded).__name__ == "XLMRobertaTokenizerFast"
    for text in TEXTS:
        assert loaded(text)["input_ids"] == before.encode(text).ids
        assert loaded(text, TEXTS[0])["input_ids"] == before.encode(text, TEXTS[0]).ids
    assert loaded.mask_token_id == before.token_to_id("<mask>")
    assert loaded.pad_token_id == before.token_to_id("<pad>")


def test_it_knows_how_many_pieces_the_model_reads(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())

    loaded = AutoTokenizer.from_pretrained(folder)

    assert loaded.model_max_length == config["max_position_embeddings"] - 2


def test_the_library_would_write_the_same(folder: Path, tmp_path: Path) -> None:
    AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path)

    for name in (tokenizer_files.CONFIG, tokenizer_files.SPECIAL):
        assert (folder / name).read_text() == (tmp_path / name).read_text()


@pytest.mark.parametrize("content", ["{", '{"added_tokens": []}', "[]"])
def test_a_tokenizer_without_control_pieces_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(content)

    with pytest.raises(StiltsError, match=r"does not name XLM-R's control pieces"):
        tokenizer_files.files(tmp_path, {})
