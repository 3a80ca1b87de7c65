"""A translation model's tokenizer, set to one pair of languages; weights are not needed for it."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import transformers

from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.extras import require
from adapterstilts.core.language_codes import ours, spelt
from adapterstilts.modeling import locate
from adapterstilts.modeling.backbone import quiet
from adapterstilts.modeling.translation.translators import EXTRA, PLACEHOLDER, Found
from adapterstilts.tasks import tokenizer_files

_SHOWN = 12


class Bilingual:
    """Texts as pieces in one language, and pieces as texts in another."""

    def __init__(self, found: Found, *, source: str, target: str) -> None:
        """Read the tokenizer's files, or say which of the languages the model has not.

        Args:
            found: The model's files.
            source: Code of the language that is translated.
            target: Code of the language that it is translated into.
        """
        self._found = found
        self._config = found.config
        self._tokenizer = _tokenizer(found)
        self._prefix = ""
        self.begun: int | None = None
        """The piece that every translation begins with, where the target is named so."""
        known = self._known()
        if found.family.name == "marian":
            self._prefix = self._named_before(source, target, known)
            return
        for code in (source, target):
            if spelt(code, known) is None:
                raise self._unknown(code, known)
        self._tokenizer.src_lang = spelt(source, known)
        self.begun = known[str(spelt(target, known))]

    @property
    def longest(self) -> int:
        """Return the most pieces that the model takes, and gives."""
        return int(min(self._config["max_position_embeddings"], self._tokenizer.model_max_length))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the pieces of each text, with all that the model wants around them."""
        with quiet():
            read = self._tokenizer([f"{self._prefix}{text}" for text in texts], truncation=False)
        ids: list[list[int]] = read["input_ids"]
        return ids

    def padded(self, ids: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Return the tensors of a batch."""
        with quiet():
            return dict(self._tokenizer.pad({"input_ids": list(ids)}, return_tensors="pt"))

    def text(self, ids: Sequence[int]) -> str:
        """Return what generated pieces say, but for the language that they begin with."""
        if self.begun is not None and list(ids[:1]) == [self.begun]:
            # M2M-100's tokenizer takes it for a special piece only where its files say so.
            ids = ids[1:]
        said: str = self._tokenizer.decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return said.strip()

    def _known(self) -> dict[str, int]:
        """Return the languages that the model has, in its own words, and their pieces."""
        before, _, after = self._found.family.token.partition("{}")
        return {
            token[len(before) : len(token) - len(after)]: id
            for token, id in self._tokens()
            if token.startswith(before)
            and token.endswith(after)
            # A tokenizer may add every language that its class knows, whatever the model does.
            and id < self._config["vocab_size"]
        }

    def _tokens(self) -> Iterator[tuple[str, int]]:
        """Yield the pieces among which languages are."""
        match self._found.family.name:
            case "m2m100":
                yield from self._tokenizer.lang_token_to_id.items()
            case "marian":
                yield from self._tokenizer.get_vocab().items()
            case _:
                special = self._tokenizer.additional_special_tokens
                yield from zip(special, self._tokenizer.convert_tokens_to_ids(special), strict=True)

    def _named_before(self, source: str, target: str, known: dict[str, int]) -> str:
        """Return the token that names the target, or nothing where a model has one target."""
        found = self._found
        if found.source and not _may_be(source, found.source):
            raise UsageError(
                f"{found.place} translates from '{found.source}', and the rows are in '{source}':"
                " name another model"
            )
        if known:
            name = spelt(target, known)
            if name is None:
                raise self._unknown(target, known)
            return f"{found.family.token.format(name)} "
        if found.target and not _may_be(target, found.target):
            raise UsageError(
                f"{found.place} translates into '{found.target}' alone, not into '{target}': name"
                f" the model of each language, with '{PLACEHOLDER}' where its code stands"
            )
        return ""

    def _unknown(self, code: str, known: dict[str, int]) -> StiltsError:
        has = ", ".join(ours(known)) or ", ".join(sorted(known)[:_SHOWN]) or "none"
        return UsageError(f"{self._found.place} has no language '{code}'; it has {has}")


def _may_be(code: str, name: str) -> bool:
    """Return whether somebody's name is that of a language, or of a group that may have it."""
    return spelt(code, [name]) is not None or not ours([name])


def _tokenizer(found: Found) -> Any:
    family = found.family
    if not found.is_fast:
        require("sentencepiece", EXTRA)
    kind = getattr(transformers, family.fast if found.is_fast else family.slow)
    try:
        if found.is_fast:
            content = tokenizer_files.read(found.folder / locate.TOKENIZER)
            tokenizer_files.check(content.decode("utf-8"))
        with _silent():
            return kind.from_pretrained(found.folder, local_files_only=True, padding_side="right")
    except BaseException as error:
        if not tokenizer_files.broke(error):
            raise
        # The tokenizers raise nothing more particular; on its way out transformers may stumble over
        # a package that only its own message needs.
        cause = error.__context__ if isinstance(error, ImportError) else None
        raise _unreadable(found, str(cause or error).strip() or type(error).__name__) from error


@contextmanager
def _silent() -> Iterator[None]:
    with quiet(), warnings.catch_warnings():
        # A normaliser that Marian's tokenizer looks for and never calls.
        warnings.filterwarnings("ignore", message=".*sacremoses")
        yield


def _unreadable(found: Found, reason: str) -> StiltsError:
    reason = reason.splitlines()[0]
    return StiltsError(
        f"the tokenizer of {found.place} in {found.folder} cannot be read ({reason}); fetch it"
        " again, or save it again with tokenizer.save_pretrained(folder)"
    )
