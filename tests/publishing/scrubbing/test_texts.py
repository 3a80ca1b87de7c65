"""What tells of a machine is taken out, and nothing else."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.publishing.scrubbing.items import scrubber_of
from adapterstilts.publishing.scrubbing.texts import Scrubber, scrubber
from tests.publishing.conftest import Grid

SCRUBBER = Scrubber(
    folders=("/srv/odd place/runs",),
    users=("marigold",),
    hosts=("gpu-17.example", "gpu-17"),
    public=("lab/marigold-bert",),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: /home/x/xtreme", "data: xtreme"),
        ("data: /home/x/xtreme  # by marigold", "data: xtreme  # by user"),
        ("data: {xnli: /a/b c/d, pawsx: ~/q}", "data: {xnli: d, pawsx: q}"),
        ('data: "/x/My Stuff/y"  # z', 'data: "y"  # z'),
        ("- /mnt/disk one/rows.jsonl", "- rows.jsonl"),
        ("sources: [path(/a/b), hub(c/d)]", "sources: [path(b), hub(c/d)]"),
        ("data: C:\\Users\\x\\xtreme", "data: xtreme"),
        ("data: \\\\server\\share\\xtreme", "data: xtreme"),
        ("data: ../up/xtreme", "data: xtreme"),
        ("question: <b>bold</b> and </script>", "question: <b>bold</b> and </script>"),
        ("question: </srv/somewhere>", "question: <somewhere>"),
        ("data: $HOME/a/xtreme", "data: xtreme"),
        ("data: ${DATA}/xtreme", "data: xtreme"),
        ("data: /home/anna", "data: home"),
        ("data: /Users/anna/", "data: home"),
        ("# see file:///home/anna/notes.md and ~anna/x", "# see notes.md and x"),
        ("run --store=/scratch/x/runs --data /d/*.jsonl", "run --store=runs --data *.jsonl"),
        ("-L/srv/odd place/runs/x and /srv/odd place/runs", "-Lx and runs"),
        ("//double//slash", "slash"),
        ("# marigold@gpu-17.example:/scratch/x", "# user@host:x"),
        ("marigold_runs on GPU-17", "user_runs on host"),
        ("token: hf_abcdefghijklmnop", "token: hf_token"),
        ("url: https://anna:s3cret@host.example/x", "url: https://hidden@host.example/x"),
        ("header: 'Bearer abc.def'", "header: 'Bearer hidden'"),
        ("data/marigold/x and data/marigold", "data/user/x and data/user"),
    ],
)
def test_a_path_becomes_its_last_part_and_a_name_says_nothing(text: str, expected: str) -> None:
    assert SCRUBBER.text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "see https://huggingface.co/a/b?c=d#e",
        "either and/or 1/2, 3 / 4 and a ~ b; ~ is nothing",
        "backbone: marigold/xlm-r",
        "backbone: lab/marigold-bert",
        "backbone: ~",
        "marigolds have gpu-170",
        "fuse[last_layer=false](mnli, stack(squad, qqp))",
        "pattern: (?P<x>a|b)\\n",
        "http://localhost:8080/x",
    ],
)
def test_what_tells_of_nobody_stays(text: str) -> None:
    assert SCRUBBER.text(text) == text


def test_values_of_json_are_scrubbed_in_every_depth_and_keys_are_too() -> None:
    said = {"/a/b c/d": [1, None, {"at": "/home/x y/z", "by": ("marigold", True)}]}

    assert SCRUBBER.value(said) == {"d": [1, None, {"at": "z", "by": ["user", True]}]}


def test_a_recipe_is_still_one() -> None:
    text = """\
backbone: /home/marigold/models/xlmr
data: {xnli: "/mnt/a b/xnli", squad: ~/squad}
sources: ["path(/home/marigold/nli)", mnli]
grid:
  - {methods: seq_bn, compositions: "stack(mnli)", targets: xnli}  # as on gpu-17
"""

    assert yaml.safe_load(SCRUBBER.text(text)) == {
        "backbone": "xlmr",
        "data": {"xnli": "xnli", "squad": "squad"},
        "sources": ["path(nli)", "mnli"],
        "grid": [{"methods": "seq_bn", "compositions": "stack(mnli)", "targets": "xnli"}],
    }


PART = st.text("abcdefgh._-0", min_size=1, max_size=6).filter(lambda part: part.strip("."))
PATH = st.lists(PART, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(["zq17", *parts]))
AROUND = st.sampled_from(["", " ", "data: ", "- ", "(", '"', "'", "=", ":", "[", "{a: ", "`"])


@given(parts=st.lists(st.tuples(AROUND, PATH, AROUND), min_size=1, max_size=4))
def test_no_part_of_a_path_but_the_last_is_left(parts: list[tuple[str, str, str]]) -> None:
    text = "\n".join("".join(part) for part in parts)

    found = SCRUBBER.text(text)

    assert "zq17" not in found
    assert all(path.rpartition("/")[2] in found for _, path, _ in parts)


@given(text=st.text("/~.ab \n'\":,$C\\%@-", max_size=40))
def test_what_is_scrubbed_has_no_path_left_and_stays_as_it_is(text: str) -> None:
    once = SCRUBBER.text(f"{text} /srv/odd place/runs/x")

    assert "odd place" not in once
    assert SCRUBBER.text(once) == once or len(SCRUBBER.text(once)) < len(once)


def test_the_names_of_this_machine_are_looked_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("USER", "LOGNAME", "USERNAME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "petunia") if name == "HOME" else "petunia")
    monkeypatch.setattr(socket, "gethostname", lambda: "greenhouse.example.org")

    found = scrubber([tmp_path / "the store"], public=["petunia/x"])

    text = f"petunia on greenhouse, in {tmp_path}/petunia/a and {tmp_path}/the store/runs/b"
    assert found.text(text) == "user on host, in a and b"
    assert found.text("greenhouse.example.org has petunia/x") == "host has petunia/x"


@pytest.mark.parametrize("name", ["root", "test", "ubuntu", "xy"])
def test_names_that_tell_nothing_do_not_become_words_of_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(key, name)

    assert name not in scrubber().users


def test_whoever_is_called_like_what_is_published_does_not_change_it(
    grid: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(key, "marigold")
    item = grid.one("toy-xnli seq_bn/target")
    after = replace(item, expression="marigold-qa")

    assert "marigold" in scrubber_of(item).users
    assert scrubber_of(after).text(after.expression) == "marigold-qa"
