"""Whatever a name, a label or a file says, a card shows it and does nothing else."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapterstilts.analysis.words import MINUS
from adapterstilts.publishing.card.escaping import (
    LONGEST,
    Markdown,
    code,
    codes,
    fenced,
    linked,
    plain,
    text,
)

MARKUP = st.text(
    st.sampled_from("\\`*_|[](){}<>&#$~!@:/.=+-123 \t\nabwwwhttps\x00\x1b\u202e\u200b\u2028é")
)
ANY = MARKUP | st.text()
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"


def rendered(markdown: str) -> str:
    """Return the HTML that a renderer which lets HTML through makes of Markdown."""
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return str(page.render(markdown)).strip()


def shown(value: str) -> str:
    """Return what a reader sees of HTML that has paragraphs alone."""
    return html.unescape(value).replace(ZERO_WIDTH, "")


@given(ANY)
@example("<script>alert(1)</script>")
@example("<!-- ")
@example("[a](javascript:b)")
@example("![](https://example.org/a.png)")
@example("[a]: https://example.org")
@example("**a** _b_ ~~c~~ `d`")
@example("# a")
@example("1. a")
@example("- a")
@example("---")
@example("===")
@example("> a")
@example("&lt;b&gt; &#60;")
@example("$$x$$ \\(y\\)")
def test_text_is_shown_as_it_is_and_makes_no_element(value: str) -> None:
    said = rendered(text(value))
    if not plain(value):
        assert said == ""
        return
    inner = re.fullmatch(r"<p>(.*)</p>", said, re.DOTALL)
    assert inner is not None, said
    assert "<" not in inner[1]
    assert shown(inner[1]) == plain(value).replace(ZERO_WIDTH, "")


@given(ANY)
@example("https://example.org")
@example("see HTTP://example.org, www.example.org")
@example("me@example.org")
@example("::// ://")
def test_no_address_in_a_text_becomes_a_link(value: str) -> None:
    seen = html.unescape(rendered(text(value)))
    # What GitHub and the Hub take for addresses in text that is already rendered.
    assert not re.search(r"(?i)\w://|\bwww\.\w|\w@\w", seen)


@given(ANY)
def test_formulas_are_not_opened_before_markdown_is_read(value: str) -> None:
    assert not re.search(r"\$|\\[(\[]", text(value))


@given(ANY)
@example("`")
@example("a`b``c")
@example(" ")
@example("|")
@example("\\")
def test_a_span_of_code_ends_where_it_should(value: str) -> None:
    said = rendered(f"a {code(value)} b")
    inner = re.fullmatch(r"<p>a (?:<code>([^<]*)</code>|([^<]*?)) ?b</p>", said)
    assert inner is not None, said
    assert shown(inner[1] or inner[2] or "").strip() == plain(value).replace(ZERO_WIDTH, "")


@given(ANY)
@example("```\n# a\n```")
@example("~~~\n````````")
def test_a_block_of_code_is_one_block_whatever_is_in_it(value: str) -> None:
    said = rendered(fenced(value, "yaml"))
    assert said.startswith('<pre><code class="language-yaml">')
    assert said.count("<pre>") == said.count("</pre>") == 1
    assert said.endswith("</code></pre>")


@given(ANY)
def test_nothing_that_steers_a_screen_is_left(value: str) -> None:
    assert plain(value).isprintable()
    assert all(line.replace("\t", "").isprintable() for line in fenced(value).split("\n"))


def test_markdown_of_ours_is_left_as_it_is() -> None:
    assert text(Markdown("**a** | b")) == "**a** | b"
    assert codes(["a", "b|c"]) == "`a`, b&#124;c"
    assert codes("a") == "`a`"


def test_what_is_long_is_cut() -> None:
    assert plain("a" * (LONGEST + 5)) == "a" * LONGEST + "…"


def test_plain_words_and_numbers_need_no_references() -> None:
    for said in (
        "mix(toy-nli, toy-squad)",
        "pos_f1",
        "32.0",
        f"{MINUS}3.3",
        "+0.7",
        "a - b",
        "95 %",
    ):
        assert text(said) == said


@pytest.mark.parametrize("name", ["someone/thing", "xlm-roberta-base", "a/b.c-d_e"])
def test_a_repository_is_linked_by_its_name(name: str) -> None:
    assert linked(name, folder="datasets/").endswith(f"(https://huggingface.co/datasets/{name})")


@pytest.mark.parametrize(
    "name", ["../a", "a/../b", "a/b/c", "a b", "a/b)", "/a", "a/b?c", "a" * 300, "a/b\n", ""]
)
def test_what_is_no_name_of_a_repository_is_never_linked(name: str) -> None:
    assert "](http" not in linked(name)


def test_a_language_of_a_block_is_a_word() -> None:
    with pytest.raises(ValueError, match="is no language"):
        fenced("a", "yaml\n# b")
