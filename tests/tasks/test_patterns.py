"""Patterns of tokenizers that are known, and such that would be looked for until nobody waits."""

import pytest

from adapterstilts.tasks.patterns import complaint

WORDS = "'s|'t|'re|'ve|'m|'ll|'d"
KNOWN = {
    "xlm-roberta": " {2,}",
    "clip": r"\s+",
    "gpt-2": rf"{WORDS}| ?\p{{L}}+| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+",
    "llama-3": (
        rf"(?i:{WORDS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    "o200k": rf"[^\r\n\p{{L}}]?[\p{{Lu}}\p{{M}}]*[\p{{Ll}}\p{{Lm}}]+(?i:{WORDS})?|\p{{N}}{{1,3}}",
    "bloom": r" ?[^(\s|[.,!?…。、।،])]+",
    "deepseek": r"[!-/\[\\\]^_`]|\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+|\s+$|[一-龥ࠀ-一]+",
    "bars": r"<\|endoftext\|>|[0-9][0-9][0-9]|\x{200B}",
}
REPEATS = "it repeats what may repeat itself"


@pytest.mark.parametrize("name", KNOWN)
def test_what_known_tokenizers_look_for_is_looked_for(name: str) -> None:
    assert complaint(KNOWN[name]) == ""


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a+)+$", REPEATS),
        ("(?:a|a)*b", REPEATS),
        ("(a?){50}", REPEATS),
        ("a{9}{9}", REPEATS),
        ("a+*", REPEATS),
        (".*.*.*=", "it has more than 2 repetitions in a row"),
        ("(.*|b*)c*", "it has more than 2 repetitions in a row"),
        ("a?" * 13, "it has more than 2 repetitions in a row"),
        ("a{1001}", "it repeats something more than 1,000 times"),
        (r"(.)\1", "it refers back, or does not come to an end"),
        (r"\X*", "it refers back, or does not come to an end"),
        ("[a", "it refers back, or does not come to an end"),
        ("a\\", "it refers back, or does not come to an end"),
        (r"(?<n>\g<n>)", "it has a group of a kind that no tokenizer needs"),
        ("(?R)", "it has a group of a kind that no tokenizer needs"),
        ("", "it has 0 characters, and 1 to 2,000 are looked for"),
        ("x" * 2001, "it has 2,001 characters, and 1 to 2,000 are looked for"),
    ],
)
def test_what_could_go_astray_is_not_looked_for(pattern: str, why: str) -> None:
    assert complaint(pattern) == why
