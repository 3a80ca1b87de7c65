"""Names of repositories that nobody has chosen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import Repository
from adapterstilts.publishing.repository_names import LONGEST, check, check_branch, named

WORDS = st.text(alphabet="abz-[]=(), /:@.+ü_", min_size=1, max_size=150)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"expression": "toy-nli", "way": "seq_bn/target"}, "me/x-toy-nli-seq_bn-target"),
        (
            {"expression": "xnli@16", "way": "peft:lora/stack(mnli, squad)"},
            "me/x-xnli-16-peft-lora-stack-mnli-squad",
        ),
        (
            {"expression": "xnli", "way": "full/continue(mnli)", "seed": 7},
            "me/x-xnli-full-continue-mnli-s7",
        ),
        (
            {"expression": "xnli", "way": "full/target", "backbone": "xlmr"},
            "me/x-xlmr-xnli-full-target",
        ),
    ],
)
def test_what_is_plain_is_in_the_name_in_words(said: dict[str, str], name: str) -> None:
    assert named("me/x", **said) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lora[r=16]/target", "lora[r=1,6]/target"),
        ("seq_bn/stack(a, fuse(b, c))", "seq_bn/stack(fuse(a, b), c)"),
    ],
)
def test_what_a_name_cannot_say_has_a_digest(one: str, other: str) -> None:
    found = [named("me/x", expression="xnli", way=way) for way in (one, other)]
    assert len({*found}) == 2
    assert all(re.search(r"-[0-9a-f]{8}$", name) for name in found)


@given(expression=WORDS, way=WORDS, seed=st.integers(0, 2**31))
def test_every_name_is_one_that_the_hub_takes(expression: str, way: str, seed: int) -> None:
    name = named("me/x.1-", expression=expression, way=way, seed=seed)
    Repository(name=name, kind="model").check()
    check(name)
    assert len(name.partition("/")[2]) <= LONGEST
    assert name.startswith("me/x.1")


@pytest.mark.parametrize("name", ["", "x", "me/", "/x", "me/x/y", "me/x y", "../x", "me/ü"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="write OWNER/NAME, as in --repo"):
        check(name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("https://huggingface.co/me/x", "write --repo me/x"),
        ("https://hf.co/me/x/", "write --repo me/x"),
        ("http://127.0.0.1:80/me/x/tree/v1", "write --repo me/x, and 'v1' as its revision"),
        ("hub(me/x)", "write --repo me/x"),
        ("me/x@v1", "write --repo me/x, and 'v1' as its revision"),
        ("https://huggingface.co/datasets/me/x", "write OWNER/NAME"),
        ("me/x y", "write OWNER/NAME"),
    ],
)
def test_what_is_meant_is_told(name: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(name)
    assert str(caught.value).partition(": ")[2].startswith(told)


@pytest.mark.parametrize("name", ["main", "v1", "refs/pr/1", "a-b_c.d/e"])
def test_what_git_takes_is_a_branch(name: str) -> None:
    check_branch(name)


@pytest.mark.parametrize(
    "name", ["", "a b", "../x", "/a", "a/", "-a", "a..b", "a//b", "a.lock", "a~1", "a:b", "größe"]
)
def test_what_git_takes_for_no_branch_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no name of a branch"):
        check_branch(name)
