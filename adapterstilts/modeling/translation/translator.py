"""A translation model at work: texts in one language in, texts in another out.

What it says of a text depends on nothing but the text and the settings, so far as arithmetic
allows: a batch is padded and masked, and the same texts in the same order make the same batches.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForSeq2SeqLM, GenerationConfig

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.backbone import quiet, readable
from adapterstilts.modeling.batching import evaluation_batches
from adapterstilts.modeling.device import choose
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.translation.bilingual import Bilingual
from adapterstilts.modeling.translation.translators import Found
from adapterstilts.tasks.sentences import edges, fitting, sentences

_ROOM, _TIMES = 32, 3
"""A translation has an end within so many pieces, and so many times those of its text."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How texts are translated."""

    beams: int = 4
    """Hypotheses that are kept at each step; 1 takes the best piece each time."""
    batch_tokens: int = 4096
    """Input positions of a batch, padding included."""
    by_sentence: bool = False
    """Whether every text is translated sentence by sentence, not only those that are too long."""


class Translator:
    """A model that translates from one language into another."""

    def __init__(
        self, found: Found, tokens: Bilingual, *, settings: Settings, runtime: Runtime
    ) -> None:
        """Load a model.

        Args:
            found: Its files.
            tokens: Its tokenizer, set to the two languages.
            settings: How it translates.
            runtime: Where it works.
        """
        self._found = found
        self._tokens = tokens
        self._settings = settings
        self._device = choose(runtime).device
        self._model = _model(found).to(self._device).eval()
        self._model.generation_config = _how(self._model.generation_config, settings, tokens.begun)

    def translate(
        self, texts: Sequence[str], heard: Callable[[], None] = lambda: None
    ) -> list[str | None]:
        """Return the translation of each text; None where the model finds no end.

        A text that is longer than the model takes is translated sentence by sentence.

        Args:
            texts: The texts.
            heard: Called before each batch, as a sign of life.
        """
        parts = [self._parts(text) for text in texts]
        every = list(dict.fromkeys(part.strip() for each in parts for part in each if part.strip()))
        known = dict(zip(every, self._translated(every, heard), strict=True))
        return [_joined(each, known) for each in parts]

    def _parts(self, text: str) -> list[str]:
        if self._settings.by_sentence:
            return [part for each in sentences(text) for part in fitting(each, self._fits)]
        return [text] if self._fits(text) else fitting(text, self._fits)

    def _fits(self, text: str) -> bool:
        # A piece is a byte at least, so most texts need not be cut up to be measured.
        short = len(text.encode("utf-8", "ignore")) + _ROOM < self._tokens.longest
        return short or len(self._tokens.ids([text.strip()])[0]) <= self._tokens.longest

    def _translated(self, texts: Sequence[str], heard: Callable[[], None]) -> list[str | None]:
        ids = self._tokens.ids(texts) if texts else []
        answers: list[str | None] = [None] * len(texts)
        batches = evaluation_batches(
            [len(each) for each in ids], tokens=self._settings.batch_tokens
        )
        for batch in batches:
            heard()
            for index, answer in zip(batch, self._batch([ids[i] for i in batch]), strict=True):
                answers[index] = answer
        return answers

    def _batch(self, ids: Sequence[list[int]]) -> list[str | None]:
        limits = [min(self._tokens.longest - 1, _ROOM + _TIMES * len(each)) for each in ids]
        padded = self._tokens.padded(ids)
        try:
            with torch.inference_mode(), quiet():
                out: Tensor = self._model.generate(
                    input_ids=padded["input_ids"].to(self._device),
                    attention_mask=padded["attention_mask"].to(self._device),
                    max_new_tokens=max(limits),
                )
        except torch.OutOfMemoryError as error:
            raise StiltsError(
                f"{self._found.place} needs more memory than the device has: give it smaller"
                " batches with --batch-tokens, or fewer --beams"
            ) from error
        return [self._said(each, limit) for each, limit in zip(out.tolist(), limits, strict=True)]

    def _said(self, ids: list[int], limit: int) -> str | None:
        """Return the text of generated pieces, or None where they have no end within the limit."""
        ids = ids[1 : limit + 1]  # Behind the one that generation starts from.
        end = self._model.config.eos_token_id
        return self._tokens.text(ids[: ids.index(end)]) if end in ids else None


def _joined(parts: Sequence[str], known: dict[str, str | None]) -> str | None:
    """Return the translations of a text's parts with the white space that was between them."""
    joined = []
    for part in parts:
        before, after = edges(part)
        answer = known[part.strip()] if part.strip() else ""
        if answer is None:
            return None
        joined += [before, answer, after]
    return "".join(joined).strip()


def _model(found: Found) -> Any:
    kind: Any = AutoModelForSeq2SeqLM
    with quiet(), readable(partial(_unloadable, found)):
        model, told = kind.from_pretrained(
            found.folder,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    if lacking := sorted(told["missing_keys"]):
        raise _unloadable(found, f"its weights lack {lacking[0]}")
    return model


def _unloadable(found: Found, reason: str) -> StiltsError:
    return StiltsError(
        f"{found.place} in {found.folder} cannot be loaded ({reason}); fetch it again, or save it"
        " again with model.save_pretrained(folder, safe_serialization=True)"
    )


def _how(own: GenerationConfig, settings: Settings, begun: int | None) -> GenerationConfig:
    """Return how the model generates: without chance, to an end that it finds itself."""
    how = copy.deepcopy(own)
    how.do_sample = False
    how.num_beams = settings.beams
    how.num_return_sequences = 1
    how.max_length = None
    # An end that is forced on a text that has none would look like one.
    how.forced_eos_token_id = None
    how.forced_bos_token_id = begun
    how.temperature = how.top_k = how.top_p = None
    if settings.beams == 1:
        how.early_stopping, how.length_penalty = False, 1.0
    return how
