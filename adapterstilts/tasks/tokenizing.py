"""Text to the integers that the backbone reads, exactly as XLM-R's own tokenizer writes them."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tokenizers

from adapterstilts.core.errors import StiltsError
from adapterstilts.core.strict import reason
from adapterstilts.tasks import tokenizer_files
from adapterstilts.tasks.places import Pieces, placed
from adapterstilts.tasks.ragged import Ragged

FILE = "tokenizer.json"
"""The one file that a tokenizer is read from."""
_LONGEST = 2**20
"""Bytes that a backbone's configuration may have."""
UNK = "<unk>"
PAIR_CONTROLS = 4
"""Control pieces around a pair: `<s> a </s></s> b </s>`."""
SINGLE_CONTROLS = 2
"""Control pieces around a single text: `<s> a </s>`."""
_READ, _PLACED = 4000, 1000
"""Texts a call, for their ids alone and with their places: a tokenizer's answer takes up to a
hundred times the room of its ids, and below some thousands its cores wait for one another."""

Words = list[list[int]]
"""The pieces of each word, every word with at least one; no control pieces."""


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
            content = tokenizer_files.read(path)
            text = content.decode("utf-8")
            _check_ids(tokenizer_files.check(text), folder, path)
            backend = _unharmed(tokenizers.Tokenizer.from_str, text)
        except OSError as error:
            raise StiltsError(
                f"no tokenizer at {path} ({error.strerror}): a backbone's folder needs a"
                f" {FILE}; save one with `AutoTokenizer.from_pretrained(…).save_pretrained(…)`"
            ) from error
        except StiltsError:
            raise
        except Exception as error:  # the backend raises bare `Exception`
            raise StiltsError(
                f"{path} is not a tokenizer ({reason(error)}): copy it again from where it came"
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
    ) -> tuple[Sequence[int], Sequence[int]]:
        """Return both sides cut so that their `pair` fits, the longer side first.

        The result is that of transformers' `longest_first`: a side of at most half of the room is
        left whole, and where both are longer they share the room, the longer with the odd piece.
        """
        room = max(max_length - PAIR_CONTROLS, 0)
        if len(first) + len(second) <= room:
            return first, second
        shorter = min(len(first), len(second), room // 2)
        if len(first) > len(second):
            return first[: room - shorter], second[:shorter]
        return first[:shorter], second[: room - shorter]

    def singles(self, texts: Sequence[str], *, max_length: int) -> Ragged:
        """Return each text as `single`, its end cut off where it does not fit."""
        room = max(max_length - SINGLE_CONTROLS, 0)
        return Ragged.of(self.single(ids[:room]) for ids in self._read(texts))

    def pairs(self, firsts: Sequence[str], seconds: Sequence[str], *, max_length: int) -> Ragged:
        """Return each two texts as `pair`, cut by `fit_pair`."""
        sides = self._read([side for both in zip(firsts, seconds, strict=True) for side in both])
        return Ragged.of(
            self.pair(*self.fit_pair(first, second, max_length))
            for first, second in zip(sides, sides, strict=True)
        )

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without control pieces."""
        return list(self._read(texts))

    def pieces(self, text: str) -> Pieces:
        """Return one text's pieces with their places."""
        return next(self.all_pieces([text]))

    def all_pieces(self, texts: Sequence[str]) -> Iterator[Pieces]:
        """Yield each text's pieces with their places.

        A normaliser that is a table, as XLM-R's is, forgets how many characters it has removed at
        the beginning of a text, and every place would lie that far off: they are taken away first.
        """
        removed = [self._removed(text) for text in texts]
        rests = [text[count:] for text, count in zip(texts, removed, strict=True)]
        counts = iter(removed)
        for chunk, found in _ahead(self.backend.encode_batch, rests, _PLACED):
            pieces = {
                rest: placed(rest, encoding.ids, encoding.tokens, encoding.offsets)
                for rest, encoding in found.items()
            }
            yield from (pieces[rest].moved(next(counts)) for rest in chunk)

    def _removed(self, text: str) -> int:
        """Return how many controls at the beginning the normaliser removes."""
        normaliser = self.backend.normalizer
        count = 0
        while (
            normaliser is not None
            and not text[count : count + 1].isprintable()
            and not normaliser.normalize_str(text[count])
        ):
            count += 1
        return count

    def words(self, sentence: Sequence[str]) -> Words:
        """Return the pieces of each of a sentence's words."""
        return next(self.all_words([sentence]))

    def all_words(self, sentences: Sequence[Sequence[str]]) -> Iterator[Words]:
        """Yield the pieces of each of each sentence's words, every word tokenized on its own.

        A word that the vocabulary leaves nothing of (a lone space, say) is an `<unk>`.
        """
        different = list(dict.fromkeys(word for sentence in sentences for word in sentence))
        found = {
            word: ids or [self.unk]
            for word, ids in zip(different, self._read(different), strict=True)
        }
        for sentence in sentences:
            yield [found[word] for word in sentence]

    def _read(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield the ids of each text, without the places that take a third of the time."""
        for chunk, found in _ahead(self.backend.encode_batch_fast, texts, _READ):
            yield from (found[text].ids for text in chunk)


def _id(backend: tokenizers.Tokenizer, token: str, path: Path) -> int:
    found: int | None = backend.token_to_id(token)
    if found is None:
        raise StiltsError(
            f"{path} has no piece {token}: adapterstilts reads backbones with XLM-R's control"
            " pieces <s> </s> <pad> <unk> <mask>; choose an XLM-R-like backbone"
        )
    return found


def _check_ids(greatest: int, folder: Path, path: Path) -> None:
    """Refuse pieces that the backbone beside has no embedding of."""
    try:
        with (folder / "config.json").open("rb") as stream:
            said = json.loads(stream.read(_LONGEST))
        size = said["vocab_size"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        # Whoever reads the configuration says what is wrong with it.
        return
    if type(size) is int and greatest >= size:
        raise StiltsError(
            f"{path} has a piece with the id {greatest:,}, and the backbone beside it has"
            f" embeddings of {size:,}: copy the tokenizer that the backbone was trained with there"
        )


def _unharmed(ask: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Return what the backend answers, or raise ValueError where it stumbles or panics."""
    try:
        return ask(*given, **named)
    except BaseException as error:
        if not tokenizer_files.broke(error):
            raise
        raise ValueError(str(error)) from error


def _ahead(
    read: Callable[..., list[tokenizers.Encoding]], texts: Sequence[str], size: int
) -> Iterator[tuple[Sequence[str], dict[str, tokenizers.Encoding]]]:
    """Yield chunks of texts with what is read of each, the next being read in the meantime.

    The backend works without Python's lock. Equal texts of a chunk are read once: premises come
    with three hypotheses each, a context with each of its choices, a passage with five questions.
    """

    def encodings(chunk: Sequence[str]) -> dict[str, tokenizers.Encoding]:
        different = list(dict.fromkeys(chunk))
        try:
            found = _unharmed(read, different, add_special_tokens=False)
        except ValueError as error:
            raise StiltsError(
                f"the tokenizer cannot read these texts ({reason(error)}): take one that the"
                " backbone was trained with, copied again from where it came"
            ) from error
        return dict(zip(different, found, strict=True))

    chunks = (texts[start : start + size] for start in range(0, len(texts), size))
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming: deque[tuple[Sequence[str], Future[dict[str, tokenizers.Encoding]]]] = deque()
        for chunk in chunks:
            coming.append((chunk, thread.submit(encodings, chunk)))
            if len(coming) > 1:
                before, found = coming.popleft()
                yield before, found.result()
        for last, found in coming:
            yield last, found.result()
