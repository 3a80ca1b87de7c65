from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.analysis.markup import NOTHING, Markup, element, join, number

# XML cannot write control characters at all, and reads every end of line as one.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))


@given(TEXT)
def test_text_and_attributes_come_back_as_they_were(text: str) -> None:
    parsed = ElementTree.fromstring(element("p", text, title=text))
    assert (parsed.text or "") == text
    assert parsed.get("title") == text


def test_markup_is_not_escaped_twice() -> None:
    assert element("p", element("b", "a & b"), " < c") == "<p><b>a &amp; b</b> &lt; c</p>"


def test_children_may_be_nested() -> None:
    assert join(["a", [Markup("<br/>"), ("b", NOTHING)]]) == "a<br/>b"


def test_attribute_names_and_values() -> None:
    line = element("line", class_="axis", stroke_width=1.5, x1=2.0, y1=1 / 3, viewBox="0 0 1 1")
    assert line == '<line class="axis" stroke-width="1.5" x1="2" y1="0.333" viewBox="0 0 1 1"/>'


def test_attributes_that_are_not_there() -> None:
    assert element("details", class_=None, hidden=False, open=True) == "<details open></details>"


def test_an_element_may_have_an_attribute_called_name() -> None:
    assert element("meta", name="x") == '<meta name="x"/>'


def test_coordinates_are_short() -> None:
    assert [number(2.0), number(2.04), number(-0.26)] == ["2", "2", "-0.3"]
