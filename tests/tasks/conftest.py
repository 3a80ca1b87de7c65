from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from adapterstilts.tasks import tokenizing
from adapterstilts.tasks.task import Task, ToyData

CONTROLS = ["<s>", "<pad>", "</s>", "<unk>"]


def xlm_r_shaped(*, mask: bool = True) -> Tokenizer:
    """Return a tokenizer of XLM-R's pipeline and control ids with a vocabulary of a few words."""
    words = ["▁the", "▁cat", "▁sat", "▁on", "▁mat", "▁dog", "▁un", "believ", "able", "▁你", "好"]
    letters = [*"▁abcdefghijklmnopqrstuvwxyzé0123456789.,?!'", "你"]
    tokenizer = Tokenizer(
        models.Unigram(
            [
                *((token, 0.0) for token in CONTROLS),
                *((word, -3.0) for word in words),
                *((letter, -9.0) for letter in letters),
            ],
            unk_id=3,
            byte_fallback=False,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.add_special_tokens(CONTROLS)
    if mask:
        tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backbone")
    # Truncation and padding that somebody left in the file must not reach the formats.
    left = xlm_r_shaped()
    left.enable_truncation(5)
    left.enable_padding(pad_id=1, pad_token="<pad>", length=9)
    left.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def maskless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maskless")
    xlm_r_shaped(mask=False).save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def tokenizer(backbone: Path) -> tokenizing.Tokenizer:
    return tokenizing.Tokenizer.load(backbone)


@pytest.fixture(scope="session")
def make_task() -> Callable[..., Task]:
    def make(format: str, roles: str, **others: Any) -> Task:
        values: dict[str, Any] = {
            "name": "sample",
            "format": format,
            "suite": "test",
            "data": ToyData(generator="none", sizes={}),
            "roles": tuple(roles.split()),
            "languages": {"en": "en"},
            "metrics": (),
            "primary": "",
            "description": "Rows written by hand.",
            "licence": "CC0-1.0",
            "citation": "",
        }
        return Task(**{**values, **others})

    return make
