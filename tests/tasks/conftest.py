import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from adapterstilts.tasks import tokenizing
from adapterstilts.tasks.task import Task, ToyData

CONTROLS = ["<s>", "<pad>", "</s>", "<unk>"]
WORLD = """
The cat sat on the mat, and 3 dogs (believe it or not) could not sit still.
Der Hund läuft über die Brücke. Kot siedzi na macie, a pies śpi.
Кошка сидит на коврике. Котката спи. γάτα κάθεται στο χαλί.
القطة تجلس على السجادة في البيت الكبير. بلی روی فرش نشسته است. بلی قالین پر بیٹھی ہے
החתול יושב על השטיח. बिल्ली चटाई पर बैठी है और कुत्ता सो रहा है। বিড়াল মাদুরে বসে আছে।
பூனை பாயில் அமர்ந்திருக்கிறது. పిల్లి చాప మీద కూర్చుంది. പൂച്ച പായയിൽ ഇരിക്കുന്നു.
แมวนั่งอยู่บนเสื่อ น้ำอยู่ในบ้าน ແມວນັ່ງຢູ່ເທິງເສື່ອ ນ້ຳຢູ່ໃນເຮືອນ ကြောင်က ဖျာပေါ်မှာ ထိုင်နေတယ်။
猫坐在垫子上、狗在睡觉。猫はマットの上に座っています。고양이가 매트 위에 앉아 있습니다.
Con mèo ngồi trên tấm thảm. Paka ameketi juu ya mkeka. კატა ხალიჩაზე ზის. Կատուն նստած է
"""
"""Some of the scripts that the targets are written in."""


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


def worldly(*, charsmap: bool) -> Tokenizer:
    """Return a tokenizer of XLM-R's pipeline that has learned from `WORLD`.

    XLM-R's own normaliser is a table (SentencePiece's `nmt_nfkc`). What it does beyond NFKC is to
    remove controls and to make spaces of invisible marks; `charsmap` says whether to do that too.
    """
    tokenizer = Tokenizer(models.Unigram())
    table = [
        normalizers.Replace(Regex("[\\x01-\\x08\\x0b\\x0e-\\x1f\\x7f\\x8f\\x9f]"), ""),
        normalizers.Replace(Regex("[\\t\\n\\x0c\\r\\u1680\\u200b-\\u200f\\u2028\\u2029]"), " "),
        normalizers.Replace(Regex("[\\u2581\\ufeff\\ufffd]"), " "),
    ]
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    steps = [*(table if charsmap else []), normalizers.NFKC(), spaces]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=600, special_tokens=CONTROLS, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(WORLD.splitlines(), trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    return tokenizer


@pytest.fixture(scope="session", params=["nfkc", "charsmap"])
def scripts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tokenizing.Tokenizer:
    folder = tmp_path_factory.mktemp("scripts")
    worldly(charsmap=request.param == "charsmap").save(str(folder / "tokenizer.json"))
    return tokenizing.Tokenizer.load(folder)


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
def removing(tmp_path_factory: pytest.TempPathFactory) -> tokenizing.Tokenizer:
    """Return a tokenizer whose normaliser is a table like XLM-R's: it removes two controls."""
    tokenizer = xlm_r_shaped()
    # SentencePiece's format: a double array of 32-bit units (a root, and of each key a unit and its
    # value), and the texts that values begin at, each of them closed by a zero.
    units = [256 << 10] + [0] * 511
    for key in (0x01, 0x1C):
        units[256 ^ key], units[256 ^ key ^ 0x80] = key | 1 << 8 | 0x80 << 10, 1 << 31
    table = struct.pack("<I512I", 4 * len(units), *units) + b"\0"
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(table), tokenizer.normalizer]
    )
    folder = tmp_path_factory.mktemp("removing")
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizing.Tokenizer.load(folder)


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
