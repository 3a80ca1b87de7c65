import pytest

from adapterstilts.analysis import markdown


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("seq_bn · stack", "seq_bn · stack"),
        ("_x_ *y* `z`", r"\_x\_ \*y\* \`z\`"),
        ("a|b\nc", r"a\|b c"),
        ("<b>", r"\<b>"),
        ("[61.2, 70.0]", "[61.2, 70.0]"),
        ("[here](https://x.org)", r"\[here](https://x.org)"),
        ("# 1", r"\# 1"),
    ],
)
def test_only_what_markdown_would_read_is_escaped(text: str, escaped: str) -> None:
    assert markdown._inline(text) == escaped


def test_a_table_is_one_line_a_row() -> None:
    lines = markdown._table(["a", "b"], [["1", "x|y"], ["", "2"]]).splitlines()
    assert lines == ["| a | b |", "| --- | --- |", r"| 1 | x\|y |", "|  | 2 |"]
    assert markdown._table(["a"], []) == ""


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert markdown._fenced("a").splitlines()[0] == "```yaml"
    assert markdown._fenced("````\nx").splitlines()[0] == "`````yaml"
