import hashlib
import json
import shutil
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from transformers import XLMRobertaTokenizerFast

from adapterstilts.core.errors import StiltsError
from adapterstilts.tasks.tokenizing import Tokenizer

TEXTS = [
    "the cat sat on the mat.",
    "  unbelievable   dog ",
    "",
    "你好 cat",
    "ﬁne ½ é é",
    "what?! 42 zebras",
    "the <mask> sat </s> on",
    "tab\tand\nnewline\u00a0nbsp",
]
ids = st.lists(st.integers(4, 40), max_size=20)


@pytest.fixture(scope="module")
def plain(backbone: Path) -> XLMRobertaTokenizerFast:
    return XLMRobertaTokenizerFast(tokenizer_file=str(backbone / "tokenizer.json"))


def test_a_single_text_is_what_transformers_writes(
    tokenizer: Tokenizer, plain: XLMRobertaTokenizerFast
) -> None:
    assert tokenizer.singles(TEXTS, max_length=512) == plain(TEXTS)["input_ids"]


@pytest.mark.parametrize("max_length", [512, 16, 15, 10, 9, 6])
def test_a_pair_is_what_transformers_writes_also_where_it_is_cut(
    tokenizer: Tokenizer, plain: XLMRobertaTokenizerFast, max_length: int
) -> None:
    firsts = [first for first in TEXTS for _ in TEXTS]
    seconds = [second for _ in TEXTS for second in TEXTS]
    expected = plain(firsts, seconds, truncation="longest_first", max_length=max_length)
    assert tokenizer.pairs(firsts, seconds, max_length=max_length) == expected["input_ids"]


def test_words_are_what_transformers_writes(
    tokenizer: Tokenizer, plain: XLMRobertaTokenizerFast
) -> None:
    words = ["the", "unbelievable", "zebra", "New York", "你好", "½", "."]
    expected = plain(words, is_split_into_words=True, add_special_tokens=False)
    found = tokenizer.words(words)
    assert [id for pieces in found for id in pieces] == expected["input_ids"]
    owners = [owner for owner, pieces in enumerate(found) for _ in pieces]
    assert owners == expected.word_ids()


def test_a_word_without_pieces_is_unknown_but_there(tokenizer: Tokenizer) -> None:
    empty, cat, blank, dog = tokenizer.words(["", "cat", " ", "dog"])
    assert empty == blank == [tokenizer.unk]
    assert [cat, dog] == tokenizer.ids(["cat", "dog"])


def test_a_sentence_without_words_has_no_pieces(tokenizer: Tokenizer) -> None:
    sentences: list[list[str]] = [[], ["cat"], []]
    assert [len(words) for words in tokenizer.all_words(sentences)] == [0, 1, 0]


def test_many_texts_are_read_as_one_by_one(tokenizer: Tokenizer) -> None:
    texts = [f"cat {number % 9000}" for number in range(18500)]
    many = tokenizer.ids(texts)
    assert len(many) == 18500
    for number in (0, 1, 7999, 8000, 9000, 18499):
        assert many[number] == tokenizer.ids([texts[number]])[0]
    pairs = tokenizer.pairs(texts, texts[::-1], max_length=64)
    assert pairs[8100] == tokenizer.pair(many[8100], many[18499 - 8100])


@given(first=ids, second=ids, max_length=st.integers(4, 40))
def test_a_fitted_pair_fits_and_spares_the_shorter_side(
    tokenizer: Tokenizer, first: list[int], second: list[int], max_length: int
) -> None:
    room = max_length - 4
    left, right = tokenizer.fit_pair(first, second, max_length)
    assert left == first[: len(left)] and right == second[: len(right)]
    assert len(left) + len(right) == min(room, len(first) + len(second))
    shorter, kept = (first, left) if len(first) <= len(second) else (second, right)
    if len(shorter) <= room // 2:
        assert kept == shorter


def test_the_longer_side_is_cut_first(tokenizer: Tokenizer) -> None:
    assert tokenizer.fit_pair([1] * 10, [2] * 3, 12) == ([1] * 5, [2] * 3)
    assert tokenizer.fit_pair([1] * 10, [2] * 8, 13) == ([1] * 5, [2] * 4)
    assert tokenizer.fit_pair([1] * 2, [2] * 2, 1) == ([], [])


def test_control_pieces_and_size_are_those_of_the_file(
    tokenizer: Tokenizer, backbone: Path
) -> None:
    assert (tokenizer.bos, tokenizer.pad, tokenizer.eos, tokenizer.unk) == (0, 1, 2, 3)
    assert tokenizer.mask == tokenizer.size - 1
    assert tokenizer.controls == {0, 1, 2, 3, tokenizer.mask}
    content = (backbone / "tokenizer.json").read_bytes()
    assert tokenizer.digest == hashlib.sha256(content).hexdigest()


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(StiltsError, match=r"no tokenizer at .*tokenizer\.json.*save_pretrained"):
        Tokenizer.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"\xff\xfe"])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(StiltsError, match="is not a tokenizer"):
        Tokenizer.load(tmp_path)


def test_a_tokenizer_without_a_mask_is_refused(maskless: Path) -> None:
    with pytest.raises(StiltsError, match=r"has no piece <mask>.*XLM-R"):
        Tokenizer.load(maskless)


def test_pieces_that_the_backbone_has_no_embedding_of_are_refused(
    backbone: Path, tmp_path: Path
) -> None:
    shutil.copy(backbone / "tokenizer.json", tmp_path)
    size = Tokenizer.load(tmp_path).size
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": size}))
    assert Tokenizer.load(tmp_path).size == size
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": size - 1}))
    with pytest.raises(StiltsError, match=f"a piece with the id {size - 1}, and the backbone"):
        Tokenizer.load(tmp_path)


def test_what_stops_the_backend_is_an_error_and_no_panic(backbone: Path) -> None:
    known = Tokenizer.load(backbone)
    nested = tokenizers.pre_tokenizers.Split(tokenizers.Regex("(a+)+$"), "isolated")
    known.backend.pre_tokenizer = nested
    with pytest.raises(StiltsError, match=r"the tokenizer cannot read these texts .*retry-limit"):
        known.ids(["a" * 40 + "b"])
    known.backend.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    known.backend.model = tokenizers.models.WordLevel({"a": 0}, unk_token="<unk>")
    with pytest.raises(StiltsError, match=r"cannot read these texts .WordLevel error"):
        known.ids(["zebra"])


def test_a_table_that_the_backend_stumbles_over_is_no_panic(backbone: Path, tmp_path: Path) -> None:
    said = json.loads((backbone / "tokenizer.json").read_text())
    said["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": 5}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(said))
    with pytest.raises(StiltsError, match=r"is not a tokenizer .*table of characters is broken"):
        Tokenizer.load(tmp_path)
