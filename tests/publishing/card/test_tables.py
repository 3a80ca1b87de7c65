import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.publishing.card.escaping import Markdown, code, plain
from adapterstilts.publishing.card.tables import NOTHING, listed, table
from tests.publishing.card.test_escaping import ANY, rendered


@given(st.lists(st.tuples(ANY, ANY, ANY), min_size=1, max_size=4))
def test_every_row_has_the_cells_of_its_head_whatever_stands_in_them(
    rows: list[tuple[str, str, str]],
) -> None:
    said = rendered(table(("a", "b", "c"), [(one, code(two), three) for one, two, three in rows]))
    body = re.findall(r"<tr>(.*?)</tr>", said, re.DOTALL)[1:]
    assert len(body) == len(rows)
    for found, row in zip(body, rows, strict=True):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", found, re.DOTALL)
        assert len(cells) == 3
        for cell, value in zip(cells, row, strict=True):
            seen = html.unescape(re.sub(r"</?code>", "", cell)).replace("\N{ZERO WIDTH SPACE}", "")
            wanted = plain(value).replace("\N{ZERO WIDTH SPACE}", "")
            assert seen.strip() == (wanted.strip() or NOTHING)


def test_an_interval_is_not_broken_where_a_page_is_narrow() -> None:
    said = table(("what", "gain"), [("a, b", Markdown("+5.8 [+0.1, +11.5]"))])
    assert "| a, b | +5.8 [+0.1,\N{NO-BREAK SPACE}+11.5] |" in said


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    said = table(("language", "this"), [("Swahili (sw)", "65.8")])
    assert said == "| language | this |\n| --- | ---: |\n| Swahili (sw) | 65.8 |"


def test_a_cell_without_a_value_has_a_dash() -> None:
    assert table(("a", "b"), [("", Markdown(""))]).endswith(f"| {NOTHING} | {NOTHING} |")


def test_markdown_of_ours_in_a_cell_keeps_its_pipes_within_the_cell() -> None:
    assert rendered(table(("a",), [(Markdown("x | y"),)])).count("<td>") == 1


def test_a_table_without_rows_is_nothing() -> None:
    assert table(("a", "b"), []) == ""


def test_a_row_of_another_width_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells in a table of 2 columns"):
        table(("a", "b"), [("a",)])


@given(st.lists(ANY.filter(plain), min_size=1, max_size=4))
def test_a_list_has_one_item_a_line(items: list[str]) -> None:
    said = rendered(listed(items))
    assert said.count("<li>") == len(items)
    assert said.count("<ul>") == 1
