"""The world is the one that the embedded backbone has learned, to the last character.

`ADAPTERSTILTS_UPDATE_GOLDEN=1 python -m pytest tests/toyworld/test_golden.py` writes the digests
anew, but only after `adapterstilts.toyworld.rows.VERSION` has been raised. A new world needs a new
backbone too: `adapterstilts run recipes/toyworld-backbone.yaml`, whose head says which files to
keep.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapterstilts.toyworld import tokenizer
from adapterstilts.toyworld.problems import PROBLEMS
from adapterstilts.toyworld.rows import MULTILINGUAL, TEXT, VERSION, rows

GOLDEN = Path(__file__).parent.parent / "golden" / "toyworld.json"
UPDATE = os.environ.get("ADAPTERSTILTS_UPDATE_GOLDEN") == "1"
LANGUAGES = ("qaa", "qad", "qaf", "qah")
REMEDY = (
    "the toy world changed: raise adapterstilts.toyworld.rows.VERSION, pretrain the backbone anew "
    "by recipes/toyworld-backbone.yaml, and run this test with ADAPTERSTILTS_UPDATE_GOLDEN=1"
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def world() -> dict[str, str]:
    """Return a digest of the rows of every generator in a few languages, and of the tokenizer."""
    places = [(generator, code) for generator in PROBLEMS for code in LANGUAGES]
    places += [(TEXT, code) for code in (*LANGUAGES, MULTILINGUAL)]
    digests = {"tokenizer": digest(json.dumps(tokenizer.build().get_vocab(), sort_keys=True))}
    for generator, code in places:
        made = [
            rows(generator, language=code, split=split, size=size)
            for split, size in (("train", 60), ("dev", 20), ("test", 40))
        ]
        digests[f"{generator}/{code}"] = digest(json.dumps(made, sort_keys=True))
    return digests


def test_the_world_is_the_one_that_the_backbone_learned() -> None:
    made = {"version": VERSION, "digests": world()}
    kept = json.loads(GOLDEN.read_text(encoding="utf-8"))
    changed = [key for key, value in kept["digests"].items() if made["digests"].get(key) != value]
    assert not changed or VERSION > kept["version"], REMEDY
    if UPDATE:
        GOLDEN.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    assert made == json.loads(GOLDEN.read_text(encoding="utf-8")), REMEDY


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_with_another_hash_seed_writes_the_same_rows(seed: str) -> None:
    program = (
        "import json\n"
        "from adapterstilts.toyworld.problems import PROBLEMS\n"
        "from adapterstilts.toyworld.rows import rows\n"
        "names = (*PROBLEMS, 'text')\n"
        "made = [rows(name, language='qag', split='test', size=20) for name in names]\n"
        "print(json.dumps(made))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=GOLDEN.parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    here = [rows(name, language="qag", split="test", size=20) for name in (*PROBLEMS, TEXT)]
    assert json.loads(result.stdout) == here


def test_a_row_does_not_depend_on_how_many_are_asked_for() -> None:
    for generator in (*PROBLEMS, TEXT):
        few = rows(generator, language="qac", split="dev", size=3)
        assert rows(generator, language="qac", split="dev", size=8)[:3] == few
