"""What encoding costs beside the tokenizer that it stands on, and the memory of a large task.

    python benchmarks/encoding.py

Sentences are as long as XNLI's, of 30,000 made-up words in two scripts whose frequencies fall as
Zipf's law says; a Unigram tokenizer of XLM-R's pipeline learns 8,000 pieces of them. The same
texts go through the tokenizer alone and through each format in turn, so that a noisy machine
disturbs both, and each ratio is that of neighbours: 1 is the tokenizer's own speed, and more than
1 comes of reading equal texts once. Memory is the most that a process of its own has held. Writes
`benchmarks/results/encoding.json`.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from machine import machine
from tokenizers import models, normalizers, pre_tokenizers, trainers

from adapterstilts.tasks import encoding
from adapterstilts.tasks.registry import FORMATS
from adapterstilts.tasks.task import Task, ToyData
from adapterstilts.tasks.tokenizing import Tokenizer

ROUNDS = 15
PAIRS, SENTENCES, QUESTIONS = 20_000, 6_000, 1_500
WORDS, SEED = 30_000, 7
PREMISE, HYPOTHESIS, PASSAGE, QUESTION = 20, 10, 120, 11
"""Mean numbers of words, as in XNLI and in SQuAD."""
LABELS = ("entailment", "neutral", "contradiction")

Row = dict[str, Any]


def main() -> None:
    """Measure speed here and memory each in a process of its own, and write what came of it."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(memory(sys.argv[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        found = speed(Path(folder))
    commands = {kind: [sys.executable, __file__, kind] for kind in LARGEST}
    said = {
        kind: json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        for kind, command in commands.items()
    }
    document = {
        "machine": machine() | {"tokenizers": tokenizers.__version__},
        "rounds": ROUNDS,
        "tokenizer": "Unigram, 8,000 pieces of made-up words, NFKC and Metaspace as XLM-R's",
        "speed": found,
        "memory": said,
    }
    path = Path(__file__).parent / "results" / "encoding.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


class Writer:
    """Writes sentences of made-up words, the same on every machine."""

    def __init__(self) -> None:
        self._generator = np.random.default_rng(SEED)
        syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
        syllables += [first + second for first in "бгдзклмнпрст" for second in "аеиоу"]
        lengths = self._generator.integers(1, 5, WORDS)
        # A word keeps to one script.
        starts = np.where(self._generator.random(WORDS) < 0.6, 0, 70)
        self._words = [
            "".join(
                syllables[start + number]
                for number in self._generator.integers(0, 70 if start == 0 else 60, length)
            )
            for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
        ]
        shares = 1 / np.arange(1, WORDS + 1)
        self._below = np.cumsum(shares / shares.sum())

    def words(self, mean: int) -> list[str]:
        """Return words, about so many."""
        count = max(3, int(self._generator.normal(mean, mean / 3)))
        numbers = np.searchsorted(self._below, self._generator.random(count))
        return [self._words[min(number, WORDS - 1)] for number in numbers.tolist()]

    def text(self, mean: int) -> str:
        """Return a sentence."""
        return " ".join(self.words(mean)).capitalize() + "."

    def pairs(self, count: int, *, uses: int = 1) -> list[Row]:
        """Return sentence pairs, each premise in so many of them."""
        rows = []
        for number in range(count):
            if number % uses == 0:
                premise = self.text(PREMISE)
            rows.append(
                {
                    "id": str(number),
                    "place": f"xnli/train-en.tsv:{number + 1}",
                    "first": premise,
                    "second": self.text(HYPOTHESIS),
                    "label": LABELS[number % 3],
                }
            )
        return rows

    def tagged(self, count: int) -> list[Row]:
        """Return tagged sentences."""
        rows = []
        for number in range(count):
            words = self.words(PREMISE)
            tags = [LABELS[place % 3] for place in range(len(words))]
            rows.append({"id": str(number), "tokens": words, "tags": tags})
        return rows

    def questions(self, count: int) -> list[Row]:
        """Return questions, five on each passage."""
        rows = []
        for number in range(count):
            if number % 5 == 0:
                words = self.words(PASSAGE)
            start = len(" ".join(words[: number % 9 + 1])) + 1
            answer = {"text": " ".join(words[number % 9 + 1 :][:2]), "start": start}
            rows.append(
                {
                    "id": str(number),
                    "context": " ".join(words),
                    "question": self.text(QUESTION),
                    "answers": [answer],
                }
            )
        return rows


def task(format: str, *roles: str, labels: tuple[str, ...] = ()) -> Task:
    """Return a declaration for made-up rows."""
    return Task(
        name="benchmark",
        format=format,
        suite="benchmark",
        data=ToyData(generator="none", sizes={}),
        roles=roles,
        languages={"en": "en"},
        metrics=(),
        primary="",
        description="Made-up rows.",
        licence="CC0-1.0",
        citation="",
        labels=labels,
    )


PAIR = task("classification", "first", "second", "label", labels=LABELS)
SPANS = task("span_qa", "context", "question", "answers")
LARGEST = {"anli-plus": (PAIR, 1_104_934), "squad-v2": (SPANS, 130_319)}
"""The largest sources of two formats, and their rows."""


def learn(writer: Writer, folder: Path) -> Tokenizer:
    """Return a tokenizer that has learned from sentences that nothing else reads."""
    backend = tokenizers.Tokenizer(models.Unigram())
    spaces = normalizers.Replace(tokenizers.Regex(" {2,}"), " ")
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), spaces])
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    control = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=8_000, special_tokens=control, unk_token="<unk>", show_progress=False
    )
    backend.train_from_iterator((writer.text(PREMISE) for _ in range(20_000)), trainer)
    backend.save(str(folder / "tokenizer.json"))
    return Tokenizer.load(folder)


def speed(folder: Path) -> dict[str, Any]:
    """Return how fast each format is beside the tokenizer alone, on the same texts."""
    writer = Writer()
    tokenizer = learn(writer, folder)
    backend = tokenizer.backend
    pairs, thrice = writer.pairs(PAIRS), writer.pairs(PAIRS, uses=3)
    tagged, asked = writer.tagged(SENTENCES), writer.questions(QUESTIONS)
    tags = task("tagging", "tokens", "tags", labels=LABELS)

    def alone(rows: list[Row], first: str, second: str) -> Callable[[], object]:
        texts = [(row[first], row[second]) for row in rows]
        return lambda: backend.encode_batch_fast(texts)

    def placed(rows: list[Row], first: str, second: str) -> Callable[[], object]:
        texts = [(row[first], row[second]) for row in rows]
        return lambda: backend.encode_batch(texts)

    def words(rows: list[Row]) -> Callable[[], object]:
        texts = [row["tokens"] for row in rows]
        return lambda: backend.encode_batch(texts, is_pretokenized=True)

    def read(rows: list[Row]) -> Callable[[], object]:
        firsts, seconds = [row["first"] for row in rows], [row["second"] for row in rows]
        return lambda: tokenizer.pairs(firsts, seconds, max_length=128)

    def prepare(about: Task, rows: list[Row], length: int, split: str) -> Callable[[], object]:
        def run() -> None:
            encoded = FORMATS.get(about.format).encode(
                about, rows, tokenizer, split=split, max_length=length
            )
            encoding.write(encoded, folder)

        return run

    return {
        "pairs": _ratio(alone(pairs, "first", "second"), read(pairs), PAIRS),
        "pairs, places too": _ratio(placed(pairs, "first", "second"), read(pairs), PAIRS),
        "pairs, premises thrice": _ratio(alone(thrice, "first", "second"), read(thrice), PAIRS),
        "pairs, encoded and written": _ratio(
            alone(pairs, "first", "second"), prepare(PAIR, pairs, 128, "train"), PAIRS
        ),
        "tagging, encoded and written": _ratio(
            words(tagged), prepare(tags, tagged, 128, "train"), SENTENCES
        ),
        "span_qa train, encoded and written": _ratio(
            placed(asked, "question", "context"), prepare(SPANS, asked, 384, "train"), QUESTIONS
        ),
        "span_qa test, encoded and written": _ratio(
            placed(asked, "question", "context"), prepare(SPANS, asked, 384, "test"), QUESTIONS
        ),
    }


def _ratio(alone: Callable[[], object], ours: Callable[[], object], count: int) -> dict[str, Any]:
    """Return the speed of ours over that of the tokenizer alone, with its spread over rounds."""
    ratios, rates = [], []
    alone(), ours()
    for number in range(ROUNDS):
        first, second = (alone, ours) if number % 2 else (ours, alone)
        times = {each: _seconds(each) for each in (first, second)}
        ratios.append(times[alone] / times[ours])
        rates.append(count / times[ours])
    quarter, middle, three = statistics.quantiles(ratios, n=4)
    return {
        "over_tokenizer_alone": round(middle, 3),
        "quartiles": [round(quarter, 3), round(three, 3)],
        "least": round(min(ratios), 3),
        "rows_per_second": round(statistics.median(rates)),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def memory(kind: str) -> dict[str, Any]:
    """Return the largest memory while rows are made, encoded, written and read again."""
    about, count = LARGEST[kind]
    with tempfile.TemporaryDirectory() as name:
        folder, writer = Path(name), Writer()
        tokenizer = learn(writer, folder)
        found: dict[str, Any] = {"rows": count, "start_mib": _peak()}
        rows = writer.pairs(count, uses=3) if about is PAIR else writer.questions(count)
        found["rows_mib"] = _peak()
        began = time.perf_counter()
        length = 128 if about is PAIR else 384
        encoded = FORMATS.get(about.format).encode(
            about, rows, tokenizer, split="train", max_length=length
        )
        found["encoded_mib"] = _peak()
        encoding.write(encoded, folder)
        found |= {"written_mib": _peak(), "seconds": round(time.perf_counter() - began, 1)}
        pieces = sum(map(len, encoded.features["input_ids"]))
        found |= {"features": len(encoded.owner), "pieces": pieces}
        del encoded, rows
        encoding.read(folder)
        files = (encoding.FEATURES, encoding.EXAMPLES)
        stored = sum((folder / file).stat().st_size for file in files)
        return found | {"read_mib": _peak(), "stored_mib": round(stored / 2**20)}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
