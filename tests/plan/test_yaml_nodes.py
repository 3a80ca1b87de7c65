from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import UsageError
from adapterstilts.plan.yaml_nodes import DEPTH, LIMIT, Node, override, parse, read


def tree(text: str) -> Node:
    return parse(text, "r.yaml")


def entry(node: Any, *steps: str | int) -> Any:
    for step in steps:
        node = node.value[step]
    return node


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        tree(text)
    return str(caught.value)


def test_every_key_and_value_knows_its_line() -> None:
    root = tree("a: 1\nb:\n  - x\n  - y: z\n")
    assert root.keys == {"a": "r.yaml:1", "b": "r.yaml:2"}
    assert entry(root, "b", 0).place == "r.yaml:3"
    assert entry(root, "b", 1, "y").place == "r.yaml:4"
    assert entry(root, "b", 1).keys == {"y": "r.yaml:4"}


@pytest.mark.parametrize("written", ["no", "yes", "on", "1e-4", "0777", "12:30", "2024-01-01"])
def test_a_scalar_stays_what_was_written(written: str) -> None:
    assert entry(tree(f"a: {written}"), "a").value == written


@pytest.mark.parametrize("written", ["", "null", "~", "Null"])
def test_nothing_is_none(written: str) -> None:
    assert entry(tree(f"a: {written}"), "a").value is None


@pytest.mark.parametrize("written", ["''", "'null'", '"~"'])
def test_what_is_quoted_is_text(written: str) -> None:
    assert entry(tree(f"a: {written}"), "a").value == written[1:-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate key 'a' in r.yaml:3 (first in r.yaml:1)"),
        ("a: [1, 2\nb: 3\n", "r.yaml:2 is not YAML: did not find expected ',' or ']'"),
        ("a: [seq_bn[x=1,y=2]]\n", "in a list, an expression with brackets or commas needs quotes"),
        ("a: 1\n b: 2\n", "r.yaml:2 is not YAML: mapping values are not allowed in this context"),
        ("a: &x 1\nb: *x\n", "r.yaml:1 uses a YAML anchor or alias: write the value out"),
        ("a: 1\nb: *x\n", "r.yaml:2 uses a YAML anchor or alias: write the value out"),
        ("a: !!python/name:os.system x", "uses the YAML tag 'tag:yaml.org,2002:python/name"),
        ("? [a, b]\n: 1\n", "r.yaml:1 has a list for a key: write a word"),
        ("a: 1\n---\nb: 2\n", "r.yaml:2 starts a second document: keep one in a file"),
        ("# only a comment\n", "r.yaml is empty"),
        ("a: \x07", "r.yaml is not YAML"),
    ],
)
def test_what_is_refused_names_the_line_and_the_reason(text: str, message: str) -> None:
    assert message in refusal(text)


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "r.yaml:1 uses a YAML anchor" in refusal(bomb)


@pytest.mark.parametrize("levels", [DEPTH + 2, 100, 100_000])
def test_a_deep_nest_is_refused_and_never_overflows(levels: int) -> None:
    message = refusal("a: " + "[" * levels)
    assert "levels deep" in message or "is not YAML" in message


def test_a_shallow_nest_is_read() -> None:
    assert entry(tree("a: " + "[" * 5 + "]" * 5), "a", 0, 0, 0, 0).value == ()


@given(st.text(max_size=200))
def test_any_text_gives_a_tree_or_a_usage_error(text: str) -> None:
    try:
        assert isinstance(tree(text), Node)
    except UsageError as error:
        assert "r.yaml" in str(error)


def test_read_returns_the_text_word_for_word(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes("\ufeffa: ü # why\n".encode())
    text, root = read(path)
    assert text == "a: ü # why\n"
    assert entry(root, "a").value == "ü"
    assert entry(root, "a").place == f"{path}:1"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no recipe at .*nowhere\.yaml: check the path"):
        read(tmp_path / "nowhere.yaml")


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the recipe .*: Is a directory"):
        read(tmp_path)


def test_other_encodings_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: 1\nb: \xfc\n")
    with pytest.raises(UsageError, match=r"latin\.yaml:2 is not UTF-8 text: save it as UTF-8"):
        read(path)


def test_a_huge_file_is_refused_without_being_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("#" * (LIMIT + 1))
    with pytest.raises(UsageError, match="is larger than 1,000,000 bytes"):
        read(path)


def test_override_replaces_adds_and_reaches_into_lists() -> None:
    root = tree("a:\n  b: 1\nlist:\n  - {x: 1}\n")
    root = override(root, "a.b=2")
    root = override(root, "new.deep.key=[1, 2]")
    root = override(root, "list.0.x=no")
    root = override(root, "eq=a=b")
    assert entry(root, "a", "b").value == "2"
    assert entry(root, "a", "b").place == "--set a.b=2"
    assert [item.value for item in entry(root, "new", "deep", "key").value] == ["1", "2"]
    assert entry(root, "list", 0, "x").value == "no"
    assert entry(root, "eq").value == "a=b"
    assert root.keys["new"] == "--set new.deep.key=[1, 2]"
    assert root.keys["a"] == "r.yaml:1"


def test_a_key_may_have_brackets_with_points_and_equals_signs_in_them() -> None:
    root = override(tree("a: {}"), "a.x[y=0.1,z=2].b=[3, 4]")
    found = entry(root, "a", "x[y=0.1,z=2]", "b")
    assert [item.value for item in found.value] == ["3", "4"]


def test_override_leaves_the_given_tree_alone() -> None:
    root = tree("a: {b: 1}")
    override(root, "a.b=2")
    assert entry(root, "a", "b").value == "1"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("steps", "'--set steps' is not an assignment: write --set key=value"),
        ("=3", "'--set =3' is not an assignment"),
        ("a=", "'--set a=' sets nothing"),
        ("s.x=1", "--set s.x=1 goes to 'x' inside the single value in r.yaml:1"),
        ("l.2=1", "--set l.2=1 goes to entry '2' of the list in r.yaml:2, which has 2"),
        ("l.first=1", "goes to entry 'first' of the list"),
        ("a=[1", "--set a=[1 is not YAML"),
        ("a=*b", "--set a=*b uses a YAML anchor or alias"),
    ],
)
def test_an_override_that_cannot_be_is_refused(assignment: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        override(tree("s: text\nl: [1, 2]\n"), assignment)
    assert message in str(caught.value)
