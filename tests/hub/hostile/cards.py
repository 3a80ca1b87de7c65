"""Cards, records and scores beside a good adapter: somebody's word, which `show` repeats."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fuzzing import samples
from tests.hub.hostile import documents
from tests.hub.hostile.case import Case, beside, both

_CARD, _RECORDS, _SCORES = "README.md", "records.json", "scores.jsonl"
_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
_RESULT = "    - {task: {type: t}, dataset: {type: d, name: n}, metrics: [{type: m, value: 1}]}\n"
_HEADS: Mapping[str, str] = {
    "that is a bomb": _BOMB,
    "with a tag of Python": "license: !!python/object/apply:os.system ['touch canary']\n",
    "with a tag of a name": "license: !!python/name:os.system\n",
    "with a tag of a module": "license: !!python/module:os\n",
    "with a tag of bytes": "license: !!binary aGVsbG8=\n",
    "with a tag of our own": "license: !evil x\n",
    "with a loop": "a: &a [*a]\nlicense: mit\n",
    "with a key twice": "license: mit\nlicense: apache-2.0\n",
    "with a key that is a list": "? [a, b]\n: x\n",
    "with a key that is a table": "? {a: b}\n: x\n",
    "with a merge": "a: &a {license: mit}\n<<: *a\n",
    "nested 10,000 deep": "a: " + "[" * 10_000 + "]" * 10_000 + "\n",
    "nested 10,000 deep in tables": "a: " + "{a: " * 10_000 + "1" + "}" * 10_000 + "\n",
    "that is never closed": "a: [" + "b, " * 100,
    "with signs for a screen": 'license: "\\e[2J\\e]0;owned\\a"\ntags: ["\\u202e", "a\\nb"]\n',
    "with half a character": 'license: "\\ud800"\n',
    "with markup": 'license: "<script>alert(1)</script>"\ntags: ["[x](javascript:alert(1))"]\n',
    "with a million tags": "tags: [" + "a, " * 300_000 + "b]\n",
    "with a long word": f"license: {'x' * 500_000}\n",
    "with a huge number": f"license: {'9' * 5000}\n",
    "with numbers that are none": "license: .nan\ntags: [.inf, -.inf]\n",
    "with dates": "license: 2024-01-01\ntags: [2024-01-01T00:00:00Z, 9999-99-99]\n",
    "with sixties": "license: 190:20:30\n",
    "with 2,500 results": "model-index:\n- name: x\n  results:\n" + _RESULT * 2500,
    "with results that are a word": "model-index: x\n",
    "with results of nothing": (
        "model-index: [null, 1, {results: [null, {metrics: [null, {value: {}}]}]}]\n"
    ),
    "with results that are no numbers": (
        "model-index:\n- name: x\n  results:\n"
        "  - {task: [], dataset: 1, metrics: [{type: [], value: .nan}, {type: m, value: 1e999}]}\n"
    ),
    "with results of markup": (
        "model-index:\n- name: x\n  results:\n  - task: {type: t}\n"
        '    dataset: {name: "<b>\\e[31m", config: "a|b", split: "\\n"}\n'
        '    metrics: [{type: "\\e[2J", name: "|<i>", value: 1}]\n'
    ),
    "with lies about its model": (
        "base_model: [1, null, {a: b}]\nlibrary_name: {a: b}\nlanguage: 1\n"
    ),
    "that is a list": "- a\n- b\n",
    "that is a word": "evil\n",
    "that is nothing": "\n",
    "of two documents": "a: b\n--- \nc: d\n",
    "with a directive": "%YAML 9.9\n%TAG ! tag:evil,2024:\n",
    "with tabs": "\ta: b\n",
    "with zeros": "a: \0\n",
}
_TEXTS: Mapping[str, bytes] = {
    "of 100 megabytes of blanks": b"---\nlicense: mit\n---\n" + b" " * 2_000_000,
    "in UTF-16": "---\nlicense: mit\n---\n".encode("utf-16"),
    "in Latin-1": b"---\nlicense: \xe9\n---\n",
    "of zeros": bytes(1000),
    "with no end of its head": b"---\nlicense: mit\n",
    "with a head of a megabyte": b"---\n" + b"a: b\n" * 200_000 + b"---\n",
    "of lines that never end": b"---\nlicense: mit\n---\n" + b"|" * 900_000,
}
_ROWS: Mapping[str, bytes] = {
    "that are no rows": b"garbage\n\0\0\n",
    "of another schema": b'{"schema": "evil/score", "version": 1}\n{}\n',
    "of another version": b'{"schema": "adapterstilts/score", "version": 99}\n{}\n',
    "of words for numbers": samples.SCORES[0].replace(b"70.0", b'"70"'),
    "of what is no number": samples.SCORES[0].replace(b"70.0", b"NaN"),
    "of signs for a screen": samples.SCORES[0].replace(b"toy-xnli", b"\\u001b[2J"),
    "nested 10,000 deep": samples.SCORES[0] + b"[" * 10_000 + b"\n",
    "of one endless line": b'{"schema": "' + b"a" * 3_000_000,
}


def cases() -> Iterator[Case]:
    """Yield good adapters beside which something is told that is not so."""
    for name, head in _HEADS.items():
        yield _case(f"a card {name}", {_CARD: f"---\n{head}---\n# Evil\n"})
    for name, text in _TEXTS.items():
        yield _case(f"a card {name}", {_CARD: text})
    for name, text in _ROWS.items():
        yield _case(f"scores {name}", {_SCORES: text})
    for name, change in documents.changes(_RECORDS):
        yield Case(
            name=f"told: {_RECORDS} {name}",
            layout="adapters",
            spoil=both(beside({_RECORDS: samples.PUBLISHED[0]}), change),
            ways=("show",),
            harmless=True,
        )
    for place in (
        ("expression",),
        ("way",),
        ("own", "name"),
        ("base", "title"),
        ("own", "record", "id"),
    ):
        for value in (
            "\x1b[2J\x1b]0;x\x07",
            "<script>",
            "a\nb",
            "x" * 50_000,
            1,
            None,
            [],
            "\u202e",
        ):
            yield _case(
                f"{_RECORDS} with {'.'.join(place)} {value!r:.30}",
                {_RECORDS: _records(place, value)},
            )


def _case(name: str, files: Mapping[str, str | bytes]) -> Case:
    return Case(
        name=f"told: {name}",
        layout="adapters",
        spoil=beside(files),
        ways=("show",),
        harmless=True,
    )


def _records(place: tuple[str, ...], value: Any) -> bytes:
    whole = part = json.loads(samples.PUBLISHED[0])
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return json.dumps(whole).encode()
