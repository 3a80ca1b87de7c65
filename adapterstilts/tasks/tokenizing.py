"""Text to the integers that the backbone reads, exactly as XLM-R's own tokenizer writes them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tokenizers

from adapterstilts.core.errors import StiltsError

FILE = "tokenizer.json"
"""The one file that a tokenizer is read from."""
UNK = "<unk>"
WORD_START = "▁"
"""SentencePiece's mark of a word's beginning; as a piece of its own it stands for no character."""
PAIR_CONTROLS = 4
"""Control pieces around a pair: `<s> a </s></s> b </s>`."""
SINGLE_CONTROLS = 2
"""Control pieces around a single text: `<s> a </s>`."""
_CHUNK = 1000
"""Texts a call: a tokenizer's answer takes a hundred times the room of its ids."""


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A text as pieces, and where each stands in the text; no control pieces."""

    ids: list[int]
    """One id per piece."""
    starts: list[int]
    """First character of each piece."""
    ends: list[int]
    """Character after the last one of each piece."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """Words as pieces, every word with at least one; no control pieces."""

    ids: list[int]
    """One id per piece."""
    owner: list[int]
    """Index of the word that each piece belongs to; ascending."""
    count: int
    """Number of words."""


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """A tokenizer of XLM-R's shape, whatever its vocabulary."""

    backend: tokenizers.Tokenizer
    """What does the work, with truncation and padding off."""
    digest: str
    """The sha256 of `tokenizer.json`."""
    size: int
    """Number of ids."""
    bos: int
    """Id of `<s>`."""
    eos: int
    """Id of `</s>`."""
    pad: int
    """Id of `<pad>`."""
    unk: int
    """Id of `<unk>`."""
    mask: int
    """Id of `<mask>`."""

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """Return the tokenizer of a backbone's folder."""
        path = folder / FILE
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StiltsError(
                f"no tokenizer at {path} ({error.strerror}): a backbone's folder needs a"
                f" {FILE}; save one with `AutoTokenizer.from_pretrained(…).save_pretrained(…)`"
            ) from error
        try:
            backend = tokenizers.Tokenizer.from_str(content.decode("utf-8"))
        except Exception as error:  # the backend raises bare `Exception`
            raise StiltsError(
                f"{path} is not a tokenizer ({error}): copy it again from where it came"
            ) from error
        backend.no_truncation()
        backend.no_padding()
        return cls(
            backend=backend,
            digest=hashlib.sha256(content).hexdigest(),
            size=backend.get_vocab_size(with_added_tokens=True),
            bos=_id(backend, "<s>", path),
            eos=_id(backend, "</s>", path),
            pad=_id(backend, "<pad>", path),
            unk=_id(backend, UNK, path),
            mask=_id(backend, "<mask>", path),
        )

    @property
    def controls(self) -> frozenset[int]:
        """Return the ids that stand for no text."""
        return frozenset({self.bos, self.eos, self.pad, self.unk, self.mask})

    def single(self, ids: Sequence[int]) -> list[int]:
        """Return `<s> a </s>`."""
        return [self.bos, *ids, self.eos]

    def pair(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        """Return `<s> a </s></s> b </s>`, as RoBERTa separates two texts."""
        return [self.bos, *first, self.eos, self.eos, *second, self.eos]

    def fit_pair(
        self, first: Sequence[int], second: Sequence[int], max_length: int
    ) -> tuple[list[int], list[int]]:
        """Return both sides cut so that their `pair` fits, the longer side first.

        The result is that of transformers' `longest_first`: a side of at most half of the room is
        left whole, and where both are longer they share the room, the longer with the odd piece.
        """
        room = max(max_length - PAIR_CONTROLS, 0)
        if len(first) + len(second) <= room:
            return list(first), list(second)
        shorter = min(len(first), len(second), room // 2)
        if len(first) > len(second):
            return list(first[: room - shorter]), list(second[:shorter])
        return list(first[:shorter]), list(second[: room - shorter])

    def singles(self, texts: Sequence[str], *, max_length: int) -> list[list[int]]:
        """Return each text as `single`, its end cut off where it does not fit."""
        room = max(max_length - SINGLE_CONTROLS, 0)
        return [self.single(ids[:room]) for ids in self.ids(texts)]

    def pairs(
        self, firsts: Sequence[str], seconds: Sequence[str], *, max_length: int
    ) -> list[list[int]]:
        """Return each two texts as `pair`, cut by `fit_pair`."""
        return [
            self.pair(*self.fit_pair(first, second, max_length))
            for first, second in zip(self.ids(firsts), self.ids(seconds), strict=True)
        ]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without control pieces."""
        return [encoding.ids for encoding in self._encodings(texts)]

    def pieces(self, text: str) -> Pieces:
        """Return one text's pieces with their places."""
        return self.all_pieces([text])[0]

    def all_pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """Return each text's pieces with their places."""
        return [
            _placed(text, encoding)
            for text, encoding in zip(texts, self._encodings(texts), strict=True)
        ]

    def words(self, words: Sequence[str]) -> Words:
        """Return one sentence's words as pieces."""
        return self.all_words([words])[0]

    def all_words(self, sentences: Sequence[Sequence[str]]) -> list[Words]:
        """Return each sentence's words as pieces, every word tokenized on its own."""
        inputs = [list(sentence) for sentence in sentences]
        return [
            self._filled(encoding, len(sentence))
            for sentence, encoding in zip(
                inputs, self._encodings(inputs, pretokenized=True), strict=True
            )
        ]

    def _encodings(
        self, inputs: Sequence[str] | Sequence[list[str]], *, pretokenized: bool = False
    ) -> Iterator[tokenizers.Encoding]:
        for start in range(0, len(inputs), _CHUNK):
            yield from self.backend.encode_batch(
                list(inputs[start : start + _CHUNK]),
                is_pretokenized=pretokenized,
                add_special_tokens=False,
            )

    def _filled(self, encoding: tokenizers.Encoding, count: int) -> Words:
        """Give words that the vocabulary leaves nothing of (a lone space, say) an `<unk>`."""
        pieces: list[list[int]] = [[] for _ in range(count)]
        for id, word in zip(encoding.ids, encoding.word_ids, strict=True):
            pieces[word].append(id)
        filled = [ids or [self.unk] for ids in pieces]
        return Words(
            ids=[id for ids in filled for id in ids],
            owner=[word for word, ids in enumerate(filled) for _ in ids],
            count=count,
        )


def _id(backend: tokenizers.Tokenizer, token: str, path: Path) -> int:
    found: int | None = backend.token_to_id(token)
    if found is None:
        raise StiltsError(
            f"{path} has no piece {token}: adapterstilts reads backbones with XLM-R's control"
            " pieces <s> </s> <pad> <unk> <mask>; choose an XLM-R-like backbone"
        )
    return found


def _placed(text: str, encoding: tokenizers.Encoding) -> Pieces:
    """Return the pieces with places that cut the text exactly.

    The backend gives a lone word mark the first character of its word, lets places begin with a
    space, and leaves out characters that normalisation merged into the one before (a combining
    accent): a span that is cut with such places would lose or gain characters.
    """
    starts, ends = [], []
    following = len(text)
    for token, (start, end) in zip(
        reversed(encoding.tokens), reversed(encoding.offsets), strict=True
    ):
        if token == WORD_START:
            end = start
        while start < end and text[start].isspace():
            start += 1
        while start < end < following and not text[end].isspace():
            end += 1
        starts.append(start)
        ends.append(end)
        following = min(start, following)
    return Pieces(ids=encoding.ids, starts=starts[::-1], ends=ends[::-1])
