"""Good notes, lists, cards and texts, as they are written."""

import json
from typing import Any

_RECORD: dict[str, Any] = {
    "id": "faaa3cc2b7ae45d2",
    "kind": "train",
    "version": 2,
    "slug": "seq_bn-stack-toy-nli-toy-xnli-s1",
    "identity": {
        "backbone": {"digest": "656beabeb5a40ece"},
        "composition": "stack",
        "hyper": {"max_length": 64, "learning_rate": 0.002, "steps": 100},
        "method": {"architecture": "seq_bn", "library": "adapters", "overrides": {}},
        "parts": [{"task": "toy-nli"}],
        "seed": 1,
        "sources": ["fuse(toy-nli, toy-squad)", "toy-swag"],
        "task": "toy-xnli",
    },
    "needs": {"source:0": "0" * 16, "source:1": "1" * 16, "source:2": "2" * 16},
    "resolved": {"backbone": "656beabeb5a40ece", "device": "cpu"},
    "software": {"torch": "2.13.0"},
    "costs": {
        "peak_memory": 586985472,
        "stored_bytes": 95700,
        "train_seconds": 1.799,
        "trainable_parameters": 23451,
    },
}
_SCORE: dict[str, Any] = {
    "backbone": "toyworld",
    "composition": "target",
    "high": 77.3,
    "language": "qaa",
    "low": 62.6,
    "method": "seq_bn",
    "metric": "accuracy",
    "n": 150,
    "peak_memory": 586985472,
    "perturbation": "",
    "primary": True,
    "seed": 1,
    "signature": "metric=accuracy.v1|task=toy-xnli|split=test",
    "source": "",
    "split": "test",
    "stage": "86a97b7244dc179b",
    "stored_bytes": 95700,
    "suite": "toy",
    "target": "toy-xnli",
    "train_seconds": 1.799,
    "trainable_parameters": 23451,
    "value": 70.0,
}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


RECORDS = (_json({"schema": "adapterstilts/stagerecord", "version": 1, "record": _RECORD}),)
"""Record of a stage."""
PUBLISHED = (
    _json(
        {
            "schema": "adapterstilts/published",
            "version": 1,
            "expression": "toy-xnli",
            "way": "stack(toy-nli)",
            "base": {"id": "", "revision": "", "title": "toyworld", "tokenizer": "e" * 64},
            "own": {"name": "toy-xnli", "record": _RECORD},
            "sources": [{"name": "toy-nli", "record": _RECORD}],
            "before": [],
            "rows": {"own": 8, "full": 8},
            "files": ["README.md", "adapter.safetensors"],
        }
    ),
)
"""`records.json` of a publication."""
SCORES = (
    b"\n".join(
        [_json({"schema": "adapterstilts/score", "version": 1}), _json(_SCORE), _json(_SCORE)]
    )
    + b"\n",
)
"""`scores.jsonl` of a publication."""
LISTINGS = (
    _json(
        {
            "schema": "adapterstilts/listing",
            "version": 1,
            "commit": "c" * 40,
            "files": [
                ["adapter.safetensors", 1000, "a" * 64, "b" * 40],
                ["heads/toy-nli/head_config.json", 300, "", "d" * 40],
            ],
        }
    ),
)
"""Files of a commit."""
INDEX = (
    _json(
        {
            "metadata": {"total_size": 1000},
            "weight_map": {
                "a": "model-00001-of-00002.safetensors",
                "b": "model-00002-of-00002.safetensors",
            },
        }
    ),
)
"""List of the files that weights are in."""
CARDS = (
    b"""---
license: other
license_link: https://huggingface.co/me/x#licence
library_name: adapter-transformers
base_model: FacebookAI/xlm-roberta-base
datasets:
- nyu-mll/glue
language:
- en
- 'no'
tags:
- adapter-transformers
- "adapterhub:nli/rte"
model-index:
- name: x
  results:
  - task: {type: text-classification, name: text classification}
    dataset: {type: toy-xnli, name: toy-xnli (qaa), config: qaa, split: test}
    metrics:
    - type: accuracy
      value: 70.0
      name: accuracy
      args:
        target: toy-xnli
        language: qaa
        split: test
        perturbation: ''
        seed: 1
        low: 62.66666666666667
        high: 77.33333333333333
        level: 0.95
        n: 150
        primary: true
---
# A card

| language | accuracy |
|---|---|
| qaa | 70.0 |
""",
    b"---\nlicense: &a mit\ntags: [*a, *a]\ndate: 2024-01-01\nn: 0x1F\nx: !!binary aGk=\n---\n",
    b"# No head\n",
)
"""Cards of repositories."""
EXPRESSIONS = (
    b"stack(mnli, fuse[own=true](squad, 'a b'), hub(user/repo@v1))",
    b'full/continue(mix[alpha=0.3](mnli, "x"))',
)
"""Expressions."""
RECIPES = (
    b"""\
question: Does it work?
backbone: toyworld
seeds: [0, 1]
languages: [qaa, qab]
grid:
  - {methods: seq_bn, compositions: ["stack(toy-nli)", target], targets: toy-xnli}
training:
  default: {steps: 2, learning_rate: 1e-4}
""",
    b"a: {b: [1, {c: 'd'}]}\n? [x]\n: |\n  text\n",
)
"""Recipes."""
