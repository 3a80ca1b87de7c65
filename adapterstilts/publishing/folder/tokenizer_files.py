"""What `AutoTokenizer` reads beside `tokenizer.json`, made of that file and the model's own.

They are what `transformers` 4.57 would write, and say what the tokenizer says itself, so that
whoever loads a full model by its name reads texts just as it was trained to.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapterstilts.core.errors import StiltsError
from adapterstilts.modeling.locate import TOKENIZER
from adapterstilts.modeling.sizes import PADDING

CONFIG, SPECIAL = "tokenizer_config.json", "special_tokens_map.json"
"""Names of the files."""
_CLASS = "XLMRobertaTokenizerFast"
"""What `transformers` calls it."""
_ROLES: Mapping[str, str] = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "mask_token": "<mask>",
    "pad_token": "<pad>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
}
"""XLM-R's control pieces, without which nothing is trained here."""
_SAID = ("content", "lstrip", "normalized", "rstrip", "single_word")


def files(folder: Path, config: Mapping[str, Any]) -> dict[str, str]:
    """Return name to text of what belongs beside a tokenizer.

    Args:
        folder: Where `tokenizer.json` is.
        config: What the model's `config.json` says.
    """
    path = folder / TOKENIZER
    try:
        added = json.loads(path.read_text(encoding="utf-8"))["added_tokens"]
        pieces = {str(piece["content"]): piece for piece in added}
        known = {role: {key: pieces[word][key] for key in _SAID} for role, word in _ROLES.items()}
        decoder = {
            str(piece["id"]): {key: piece[key] for key in (*_SAID, "special")} for piece in added
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StiltsError(
            f"{path} does not name XLM-R's control pieces ({type(error).__name__}: {error}); save"
            " the backbone's fast tokenizer anew and train again"
        ) from error
    longest = int(config.get("max_position_embeddings", 512 + PADDING)) - PADDING
    said = {
        **_ROLES,
        "added_tokens_decoder": decoder,
        "clean_up_tokenization_spaces": False,
        "extra_special_tokens": {},
        "model_max_length": longest,
        "tokenizer_class": _CLASS,
    }
    return {CONFIG: _text(said), SPECIAL: _text(known)}


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
