"""A whole publication, made where everything has a name that would be noticed, tells of none."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapterstilts.core.store import Store
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.plan.planner import plan
from adapterstilts.plan.recipe import load
from adapterstilts.publishing.gathering.items import PUBLISHED, gather
from adapterstilts.publishing.item import Base, Item
from adapterstilts.publishing.writing import write
from adapterstilts.stages import run

TELLS = ("kestrel", "aerie", "hf_KestrelKestrel", "/home", "~/")
"""The user, the machine, the token, and how paths begin."""
RECIPE = """\
question: Is anything told that is nobody's business?
# Written by kestrel on aerie.example, see /home/kestrel/notes and ~/more.
backbone: {backbone}
seeds: 0
languages: [qaa]
grid:
  - {{methods: seq_bn, compositions: "stack(path({theirs}))", targets: toy-pawsx}}
  - {{methods: ["peft:lora", full], compositions: target, targets: toy-pawsx}}
training:
  default: {{steps: 1, batch_size: 2, train_examples: 4, max_length: 32}}
"""


@pytest.fixture(scope="module")
def items(
    tiny_backbone: Path, theirs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Item]]:
    """Yield what a user trained whose every folder has a telling name."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home") / "kestrel"
        for name in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(name, "kestrel")
        patch.setenv("HOME", str(home))
        patch.setenv("HF_TOKEN", "hf_KestrelKestrelKestrel")
        patch.setattr(socket, "gethostname", lambda: "aerie.example")
        backbone = Path(shutil.copytree(tiny_backbone, home / "models" / "tiny-xlmr"))
        adapter = Path(shutil.copytree(theirs, home / "adapters" / "nli"))
        text = RECIPE.format(backbone=backbone, theirs=adapter)
        (home / "mine.yaml").write_text(text, encoding="utf-8")
        planned, store = plan(load(home / "mine.yaml", ())), Store(home / "my runs")
        for spec in planned.stages.values():
            run.run(spec, store, Runtime(device="cpu"), lambda done, total, note: None)
        yield [
            gather(
                store,
                id,
                expression="toy-pawsx",
                way=f"{spec.config.method}/{spec.config.composition}",
                base=Base(title="tiny-xlmr", id="someone/tiny-xlmr", folder=backbone),
                recipe=text,
            )
            for id, spec in planned.stages.items()
            if spec.kind in PUBLISHED
        ]


def test_no_file_tells_of_the_user_the_machine_its_folders_or_the_token(
    items: list[Item], tmp_path: Path
) -> None:
    told = {}
    for number, item in enumerate(items):
        out = tmp_path / str(number)
        write(item, out, repository="me/mine")
        for path in (path for path in out.rglob("*") if path.is_file()):
            content = _said(path).lower()
            found = [word for word in TELLS if word.lower().encode() in content]
            told |= {path.relative_to(tmp_path).as_posix(): found} if found else {}
        told |= {path.name: ["its name"] for path in out.rglob("*kestrel*")}

    assert told == {}
    assert len(items) == 3


def _said(path: Path) -> bytes:
    """Return what a file says: of weights, whose numbers may spell anything, the header."""
    content = path.read_bytes()
    if path.suffix != ".safetensors":
        return content
    return content[: 8 + int.from_bytes(content[:8], "little")]


def test_what_anyone_may_know_is_still_there(items: list[Item], tmp_path: Path) -> None:
    stacked = next(item for item in items if item.sources)
    write(stacked, tmp_path / "out", repository="me/mine")

    recipe = (tmp_path / "out" / "recipe.yaml").read_text(encoding="utf-8")
    records = (tmp_path / "out" / "records.json").read_text(encoding="utf-8")

    assert "# Written by user on host, see notes and more.\nbackbone: tiny-xlmr\n" in recipe
    assert "stack(path(nli))" in recipe
    assert '"name": "path(nli@' in records
