"""Names of models on the Hub, as people write them."""

import pytest

from adapterstilts.core.errors import UsageError
from adapterstilts.core.hub import names
from adapterstilts.core.hub.cached import Repository

COMMIT = "0123456789" * 4


@pytest.mark.parametrize(
    ("text", "name", "revision"),
    [
        ("user/repo", "user/repo", "main"),
        ("user/repo@v1", "user/repo", "v1"),
        (f"user/repo@{COMMIT}", "user/repo", COMMIT),
        ("hub(user/repo)", "user/repo", "main"),
        (" hub( user/repo@refs/pr/1 )", "user/repo", "refs/pr/1"),
        ("hub('user/repo@a b')", "user/repo", "a b"),
        ("hub(gpt2)", "gpt2", "main"),
    ],
)
def test_a_name_is_a_repository_at_a_revision(text: str, name: str, revision: str) -> None:
    assert names.one(text) == Repository(name=name, revision=revision, kind="model")


@pytest.mark.parametrize("revision", ["main", "v1", "a b", "refs/pr/1"])
def test_what_a_repository_is_called_names_it_again(revision: str) -> None:
    found = Repository(name="user/repo", revision=revision, kind="model")
    assert names.one(found.expression) == found
    assert (found.expression == "hub(user/repo)") is (revision == "main")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hub()", "'hub' takes a repository"),
        ("hub(a/b, c/d)", "'hub' takes a repository"),
        ("hub[revision=v1](a/b)", "'hub' takes a repository"),
        ("hub(stack(a/b))", "'hub' takes a repository"),
        ("hub(../up)", "'../up' is no name of a model"),
        ("hub(a/b@)", "'' is no revision"),
        ("hub(a/b@../up)", "'../up' is no revision"),
        ("hub(a/b", "a comma or a closing"),
        ("a/b/c", "'a/b/c' is no name of a model"),
        ("https://huggingface.co/a/b", "is an address: write the name alone, a/b"),
        ("hub(https://huggingface.co/a/b/tree/v1)", "write the name alone, a/b@v1"),
    ],
)
def test_what_is_no_name_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=r".") as caught:
        names.one(text)
    assert why in str(caught.value)


def test_an_expression_names_each_repository_once() -> None:
    found = names.every("stack(hub(a/b), fuse(mnli, hub(c/d@v1), hub(a/b)))")
    assert [each.expression for each in found] == ["hub(a/b)", "hub(c/d@v1)"]
    assert names.every("stack(mnli)") == []


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("user/repo", True),
        ("user/repo@v1", True),
        ("user/repo.v1", True),
        ("toyworld", False),
        ("a/b/c", False),
        ("./a", False),
        ("../a", False),
        ("/a", False),
        ("~/a", False),
        ("a/", False),
        ("a b/c", False),
        ("hub(a/b)", False),
        ("", False),
    ],
)
def test_a_plain_name_is_like_one_with_one_slash(text: str, like: bool) -> None:
    assert names.is_like_one(text) is like
