"""Every gold answer and every tagged token of real files, there and back."""

import json
import lzma
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import AddedToken, Regex, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as Backend

from adapterstilts.tasks.answers import normalised
from adapterstilts.tasks.formats import tagging
from adapterstilts.tasks.formats.span_qa import FORMAT, MAX_ANSWER, NOWHERE, SpanQA
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

BYTES, VOCABULARY = 40_000, 8_000
"""Text of each language that the tokenizer learns from, and its pieces: some seconds."""
ANSWERED = {
    "download/mlqa/MLQA_V1/dev/dev-context-ar-question-ar.json": 517,
    "download/mlqa/MLQA_V1/dev/dev-context-de-question-en.json": 512,
    "download/mlqa/MLQA_V1/dev/dev-context-en-question-en.json": 1148,
    "download/mlqa/MLQA_V1/dev/dev-context-zh-question-zh.json": 504,
    "download/tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json": 3696,
    "download/xquad/xquad.ar.json": 1190,
    "download/xquad/xquad.en.json": 1190,
    "download/xquad/xquad.es.json": 1190,
    "download/xquad/xquad.zh.json": 1190,
    "raw/squad/cs224n_dev-v2.0.json": 10052,
}
"""Files, and their gold spans."""
TAGGED = {
    "download/panx/dev-de.tsv": 97805,
    "download/panx/dev-en.tsv": 80536,
    "download/panx/dev-sw.tsv": 5609,
    "download/panx/dev-yo.tsv": 489,
    "download/panx/dev-zh.tsv": 213682,
    "download/panx/train-en.tsv": 160394,
    "download/udpos/dev-ar.tsv": 25986,
    "download/udpos/dev-en.tsv": 62632,
    "download/udpos/dev-tr.tsv": 9777,
    "download/udpos/dev-zh.tsv": 25326,
    "download/udpos/train-en.tsv": 375194,
    "raw/ud/UD_Arabic-PUD/ar_pud-ud-test.conllu": 20751,
    "raw/ud/UD_English-EWT/en_ewt-ud-test.conllu": 25096,
    "raw/ud/UD_French-Sequoia/fr_sequoia-ud-test.conllu": 10048,
    "raw/ud/UD_Turkish-IMST/tr_imst-ud-dev.conllu": 10046,
    "raw/ud/UD_Turkish-IMST/tr_imst-ud-test.conllu": 10029,
    "raw/ud/UD_Turkish-IMST/tr_imst-ud-train.conllu": 37784,
}
"""Files, and their tagged tokens."""


class Patient(SpanQA):
    """Gives an answer of any length."""

    longest = 400


@pytest.fixture(scope="module")
def data() -> Path:
    root = os.environ.get("ADAPTERSTILTS_REAL_DATA")
    if not root or not (Path(root) / "real").is_dir() or not (Path(root) / "text").is_dir():
        pytest.skip("set ADAPTERSTILTS_REAL_DATA to a folder that holds real/ and text/")
    return Path(root)


@pytest.fixture(scope="module")
def learned(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """Return a tokenizer of XLM-R's pipeline, with pieces of 19 languages."""
    backend = Backend(models.Unigram())
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    words = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    # SentencePiece learns no piece across these either; it may find one when it reads.
    bounds = [pre_tokenizers.Punctuation("isolated"), pre_tokenizers.Digits()]
    backend.pre_tokenizer = pre_tokenizers.Sequence([*words, *bounds])
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        shrinking_factor=0.5,  # Half as many rounds of pruning as usual.
        show_progress=False,
    )
    backend.train_from_iterator(_sentences(data / "text"), trainer)
    backend.pre_tokenizer = pre_tokenizers.Sequence(words)
    backend.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    folder = tmp_path_factory.mktemp("learned")
    backend.save(str(folder / "tokenizer.json"))
    return Tokenizer.load(folder)


def _sentences(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.xz")):
        left = BYTES
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield line.rstrip("\n")
                left -= len(line.encode())
                if left < 0:
                    break


def golds(path: Path) -> list[dict[str, Any]]:
    """Return one row for each gold span of a file in SQuAD's layout."""
    return [
        {
            "id": question["id"],
            "context": paragraph["context"],
            "question": question["question"],
            "answers": [{"text": answer["text"], "start": answer["answer_start"]}],
        }
        for article in json.loads(path.read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
        for answer in question.get("answers", ())
        if paragraph["context"].startswith(answer["text"], answer["answer_start"])
        and answer["text"]
    ]


def survive(task: Task, tokenizer: Tokenizer, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return shares of the golds: to the letter, by SQuAD's rule, too long, in no window.

    Every gold span that some window holds comes back with no more than the rest of the pieces
    that it begins and ends in; those of more than `MAX_ANSWER` pieces do where they are allowed.
    """
    encoded = FORMAT.encode(task, rows, tokenizer, split="test", max_length=384)
    outputs, pieces = [], [0] * len(rows)
    features = (encoded.features[name] for name in ("input_ids", "labels"))
    for owner, ids, (start, end) in zip(encoded.owner, *features, strict=True):
        outputs.append(np.zeros((len(ids), 2), np.float32))
        if (start, end) != NOWHERE:
            outputs[-1][start, 0] = outputs[-1][end, 1] = 5
            pieces[owner] = end - start + 1
    given = FORMAT.decode(task, encoded, outputs)
    whole = Patient().decode(task, encoded, outputs)
    exact = match = 0
    for row, short, long, count in zip(rows, given, whole, pieces, strict=True):
        gold = row["answers"][0]["text"]
        if count:
            assert gold.strip() in long
            assert not set(long.replace(gold.strip(), "", 1)) & set(" \n\t")
        if 0 < count <= MAX_ANSWER:
            assert short == long
            exact += short == gold
            match += normalised(short) == normalised(gold)
    long_share = sum(count > MAX_ANSWER for count in pieces)
    found = {"exact": exact, "match": match, "long": long_share, "lost": pieces.count(0)}
    return {name: value / len(rows) for name, value in found.items()}


@pytest.fixture(scope="module")
def question(make_task: Callable[..., Task]) -> Task:
    return make_task("span_qa", "context question answers")


@pytest.mark.parametrize("name", ANSWERED)
def test_every_gold_answer_survives(
    data: Path,
    learned: Tokenizer,
    question: Task,
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    rows = golds(data / "real" / name)
    assert len(rows) == ANSWERED[name]
    shares = survive(question, learned, rows)
    record_property(name, shares)
    # Golds that begin or end within a piece ("Norwegian" of "Norwegians"): one in thirty at most.
    assert shares["match"] + shares["long"] + shares["lost"] > 0.965
    assert shares["exact"] > shares["match"] - 0.01
    assert shares["lost"] < 0.001


def test_a_question_without_an_answer_has_none_and_the_others_keep_theirs(
    data: Path, learned: Tokenizer, make_task: Callable[..., Task]
) -> None:
    name = "raw/squad/cs224n_dev-v2.0.json"
    answered = {row["id"]: row for row in golds(data / "real" / name)}
    rows = [
        {"context": paragraph["context"], "answers": [], **question}
        for article in json.loads((data / "real" / name).read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]
    rows = [answered.get(row["id"], {**row, "answers": []}) for row in rows]
    task = make_task("span_qa", "context question answers", unanswerable=True)
    encoded = FORMAT.encode(task, rows, learned, split="test", max_length=384)
    outputs = []
    for ids, (start, end) in zip(
        encoded.features["input_ids"], encoded.features["labels"], strict=True
    ):
        outputs.append(np.zeros((len(ids), 2), np.float32))
        outputs[-1][start, 0] = outputs[-1][end, 1] = 5
    given = FORMAT.decode(task, encoded, outputs)
    blank = [answer == "" for answer in given]
    assert sum(not row["answers"] for row in rows) == 3168
    # Of an answer that is too long to be given, the start alone still beats `<s>`.
    assert blank == [not row["answers"] for row in rows]


def test_every_gold_answer_of_the_official_samples_survives(
    data: Path, learned: Tokenizer, question: Task
) -> None:
    samples = sorted((data / "real/raw/official-layout-samples").rglob("*.json"))
    found = {path: golds(path) for path in samples if '"paragraphs"' in path.read_text("utf-8")}
    scripts = {name[6:8] for name in (path.name for path in found) if name.startswith("xquad.")}
    assert {"ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"} <= scripts
    rows = [row for some in found.values() for row in some]
    assert len(rows) > 80
    assert survive(question, learned, rows)["lost"] == 0


def tagged(path: Path) -> list[dict[str, Any]]:
    """Return the sentences of a file of tokens with tags."""
    sentences: list[list[list[str]]] = [[]]
    for line in path.read_text("utf-8").split("\n"):
        cells = line.split("\t")
        if len(cells) == 10 and cells[0].isdigit():
            sentences[-1].append([cells[1], cells[3]])
        elif len(cells) == 2:
            sentences[-1].append(cells)
        elif not line.strip():
            sentences.append([])
    return [
        {"id": str(number), "tokens": [one for one, _ in words], "tags": [tag for _, tag in words]}
        for number, words in enumerate(filter(None, sentences))
    ]


@pytest.mark.parametrize("name", TAGGED)
def test_every_tagged_token_gets_one_tag(
    data: Path, learned: Tokenizer, make_task: Callable[..., Task], name: str
) -> None:
    rows = tagged(data / "real" / name)
    assert sum(len(row["tokens"]) for row in rows) == TAGGED[name]
    labels = sorted({tag for row in rows for tag in row["tags"]})
    task = make_task("tagging", "tokens tags", labels=tuple(labels))
    eye = np.eye(len(labels), dtype=np.float32)
    for max_length in (128, 16):
        encoded = tagging.FORMAT.encode(task, rows, learned, split="test", max_length=max_length)
        assert max(map(len, encoded.features["input_ids"])) <= max_length
        outputs = [eye[np.maximum(tags, 0)] for tags in encoded.features["labels"]]
        given = tagging.FORMAT.decode(task, encoded, outputs)
        assert given == [row["tags"] for row in rows]
