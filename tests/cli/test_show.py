"""`adapterstilts show`: lines for people, a document for programs, and nothing that steers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapterstilts.publishing.folder.history import INDEX
from tests.cli.conftest import Result
from tests.hub.server import Hub
from tests.modeling.foreign_adapters import files, plain_model, saved

Cli = Callable[..., Result]
NAME = "someone/nli"
CLAIMS = "".join(
    f"""
  - dataset: {{name: XNLI, type: facebook/xnli, config: l{number:02}}}
    metrics: [{{type: accuracy, value: {number}}}]"""
    for number in range(70)
)
CARD = f"""\
---
license: mit
datasets: [nyu-mll/glue]
model-index:
- name: mine
  results:{CLAIMS}
---
# Mine
"""


@pytest.fixture
def served(hub: Hub, theirs: Path) -> Hub:
    """Return a Hub that has an adapter with a card."""
    hub.push(NAME, {**files(theirs), "README.md": CARD}, kind="model")
    return hub


def test_everything_that_is_known_is_shown_one_thing_a_line(
    served: Hub, cli: Cli, tiny_backbone: Path
) -> None:
    done = cli("show", f"{NAME}@main", "--backbone", tiny_backbone)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"hub({NAME}): an adapter (adapters)"
    for name, value in (
        ("commit", served.repository(NAME, kind="model").branches["main"]),
        ("method", "seq_bn"),
        ("modules", "mnli"),
        ("fits", f"{tiny_backbone}: yes"),
        ("head", "mnli: sequence: entailment, neutral, contradiction"),
    ):
        assert f"{name:<10}{value}" in lines
    told = lines.index("as its card says, which nobody has checked:")
    assert lines[told + 1].split() == ["licence", "mit"]
    assert "and 10 numbers more" in done.out
    assert "5 files, " in done.out
    assert "  adapterstilts evaluate mnli --on 'zero(hub(someone/nli))' --backbone" in done.out
    assert f'  stilts.load("{tiny_backbone}", "hub({NAME})")' in lines


def test_a_document_has_all_of_it(served: Hub, cli: Cli) -> None:
    done = cli("show", NAME, "--json")
    found = json.loads(done.out)
    assert (done.code, found["kind"], found["refused"]) == (0, "adapter", "")
    assert len(found["card"]["claims"]) == 70
    assert found["files"]["README.md"] == len(CARD)
    assert found["heads"][0]["labels"] == ["entailment", "neutral", "contradiction"]


def test_what_would_be_refused_is_shown_with_the_reason_and_fails(
    hub: Hub, cli: Cli, tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "pickled", plain_model(tiny_backbone), safely=False)
    hub.push(NAME, files(folder), kind="model")
    done = cli("show", NAME)
    assert done.code == 1
    assert "method    seq_bn" in done.out
    assert "to use it:" not in done.out
    assert done.err.startswith(f"error: refused model {NAME}@main: it has pickles only")
    told = cli("show", NAME, "--json")
    assert (told.code, json.loads(told.out)["refused"]) == (1, done.err.strip()[len("error: ") :])
    small = cli("show", folder, "--backbone", tiny_backbone)
    assert small.code == 1
    assert "only pickles" in small.err


def test_nothing_that_steers_a_screen_comes_out(hub: Hub, cli: Cli, theirs: Path) -> None:
    card = '---\nlicense: "\\e[31mred"\ntags: ["[bold]b[/bold]", "\\u202elive"]\n---\n'
    hub.push(NAME, {**files(theirs), "README.md": card, "a\x1b[31m.txt": "x"}, kind="model")
    done = cli("show", NAME)
    assert done.code == 0, done.err
    assert done.out.replace("\n", "").isprintable()
    assert "[bold]b[/bold]" in done.out


def test_many_files_are_counted(hub: Hub, cli: Cli, theirs: Path) -> None:
    many = {f"more/{number:02}.txt": "x" for number in range(40)}
    hub.push(NAME, {**files(theirs), **many}, kind="model")
    done = cli("show", NAME)
    assert "44 files, " in done.out
    assert "and 14 files more" in done.out
    assert done.out.index("adapter.safetensors") < done.out.index("more/00.txt")


def test_what_is_not_there_is_told(hub: Hub, cli: Cli) -> None:
    done = cli("show", "nobody/here")
    assert done.code == 1
    assert done.err.startswith("error: there is no model 'nobody/here' on the Hub")
    assert cli("show", "nothing").code == 2
    offline = cli("show", NAME, "--offline")
    assert offline.code == 1
    assert "`adapterstilts fetch 'hub(someone/nli)' --to DIR`" in offline.err


def index(*names: str) -> str:
    """Return the records of an index."""
    published = [
        {"repository": name, "expression": "toy-nli", "way": "seq_bn/target\x1b[31m"}
        for name in names
    ]
    return json.dumps({"schema": INDEX, "version": 1, "files": [], "published": published})


def test_an_index_is_shown_with_what_it_leads_to(hub: Hub, cli: Cli) -> None:
    names = [f"someone/x-{number:02}" for number in range(65)]
    hub.push("someone/x", {"records.json": index(*names), "README.md": CARD}, kind="model")
    done = cli("show", "someone/x")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("hub(someone/x): an index of others\n")
    assert "leads to  someone/x-59: toy-nli by seq_bn/target" in done.out
    assert "someone/x-60" not in done.out
    assert "and 5 more" in done.out
    assert done.out.replace("\n", "").isprintable()
    assert done.out.endswith("to use it:\n  adapterstilts show someone/x-00\n")
    assert len(json.loads(cli("show", "someone/x", "--json").out)["leads_to"]) == 65


def test_an_index_that_leads_nowhere_is_none(hub: Hub, cli: Cli) -> None:
    hub.push("someone/x", {"records.json": index("../../etc")}, kind="model")
    done = cli("show", "someone/x")
    assert done.code == 1
    assert "note      its records are not read: " in done.out
    assert "holds no adapter" in done.err


def test_an_address_is_answered_with_the_name(hub: Hub, cli: Cli) -> None:
    done = cli("show", "https://huggingface.co/someone/x/tree/v1")
    assert done.code == 2
    assert "write the name alone, someone/x@v1" in done.err
    assert "write the name alone, someone/x" in cli("fetch", "https://hf.co/someone/x").err
    assert not hub.requests


def test_long_lines_of_a_card_are_folded_on_a_terminal(
    hub: Hub, cli: Cli, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = f"---\nlanguage: [{', '.join(f'l{number:02}' for number in range(40))}]\n---\n"
    hub.push(NAME, {**files(theirs), "README.md": card}, kind="model")
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = cli("show", NAME).out.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("  languages"))
    assert lines[first].startswith("  languages l00, l01, ")
    assert lines[first + 1].startswith(" " * 12 + "l")
    assert all(len(line) <= 80 for line in lines[first : first + 3])


def test_a_head_alone_is_shown_with_what_loads_it(hub: Hub, cli: Cli, theirs: Path) -> None:
    head = {name: path for name, path in files(theirs).items() if "head" in name}
    hub.push(NAME, head, kind="model")
    done = cli("show", NAME)
    assert done.code == 0, done.err
    assert f"hub({NAME}): a head (adapters)\n" in done.out
    assert "method    head\n" in done.out
    assert "weights   about 4,4" in done.out
    assert "head      mnli: sequence: entailment, neutral, contradiction\n" in done.out
    assert f"--on 'zero(hub({NAME}))' --method head --backbone" in done.out
    assert "continue" not in done.out
