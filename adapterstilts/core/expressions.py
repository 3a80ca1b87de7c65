"""The one language of sources and compositions: `stack(mnli, fuse[own=true](squad, qqp))`.

Here are words, settings and arguments, and at which character each of them stands; what a word
means is for others to say. The same text is written in a recipe, on the command line and in Python.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from adapterstilts.core import strict
from adapterstilts.core.errors import UsageError, suggest

_WORD = re.compile(r"[^\s()\[\],=\"']+")
_SPACE = re.compile(r"\s*")
_QUOTES = "\"'"
_SLUG = 60
_DIGITS = 8
_DEEPEST = 16
_AROUND = 150
"""Characters of an expression that are told on either side of what is wrong with it."""
_COMPLAINT = 600
"""Characters of what is wrong and what to do, in which long paths of a user may stand."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word with what stands in its brackets and parentheses."""

    word: str
    """The word."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What stands in brackets, by name."""
    arguments: tuple["Term", ...] = ()
    """What stands in parentheses."""
    called: bool = field(default=False, compare=False)
    """Whether there are parentheses."""
    whole: str = field(default="", compare=False, repr=False)
    """Everything that was written."""
    place: str = field(default="", compare=False, repr=False)
    """Where it was written, for messages."""
    at: int = field(default=1, compare=False, repr=False)
    """Character of the word, counted from 1."""
    setting_at: Mapping[str, tuple[int, int]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """Characters of the name and of the value of each setting."""

    @property
    def text(self) -> str:
        """Return the one text of what is meant: settings in order, a space after each comma."""
        settings = {key: _quoted(value) for key, value in self.settings.items()}
        return spelled(_quoted(self.word), settings, [each.text for each in self.arguments])

    def refused(
        self, complaint: str, *, setting: str = "", value: str = "", behind: int = 0
    ) -> UsageError:
        """Return the error that points at this word, or at a setting's name, or at its value.

        Args:
            complaint: What is wrong, and what to do.
            setting: Setting whose name is wrong.
            value: Setting whose value is wrong.
            behind: Characters of the word that come before what is wrong.
        """
        at = self.at + behind
        if behind and self.whole[self.at - 1 : self.at] in [*_QUOTES]:
            at += 1
        for key, which in ((setting, 0), (value, 1)):
            if key in self.setting_at:
                at = self.setting_at[key][which]
        return _error(self.whole or self.text, self.place, at, complaint)

    def unknown(self, kind: str, known: Iterable[str]) -> UsageError:
        """Return the error of a word that is none of those that are known."""
        hint, word = suggest(self.word, known), strict.plain(self.word, _AROUND)
        if self.whole.strip() == self.word:
            where = f" in {self.place}" if self.place else ""
            return UsageError(f"unknown {kind} '{word}'{where}{hint}")
        return self.refused(f"unknown {kind} '{word}'{hint}")


def spelled(word: str, settings: Mapping[str, str], arguments: Iterable[str] = ()) -> str:
    """Return the one text of a word with its settings, in order of their names, and arguments."""
    inside = ",".join(f"{key}={settings[key]}" for key in sorted(settings))
    brackets = f"[{inside}]" if inside else ""
    said = ", ".join(arguments)
    return f"{word}{brackets}({said})" if said else f"{word}{brackets}"


def parse(text: str, *, place: str = "") -> Term:
    """Return what an expression says, or point at the character that it stumbles over."""
    reader = _Reader(text, place)
    found = reader.term()
    reader.end()
    return found


def halves(text: str) -> tuple[str, str]:
    """Return what stands before and after the first `/` outside of brackets and parentheses.

    `full/continue(mnli)` names a method and a composition; without a `/` the first half is empty.
    """
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "/" and depth == 0:
            return text[:index], text[index + 1 :]
    return "", text


def slug(text: str) -> str:
    """Return a text as a name for folders and modules: short, safe, and another for another text.

    A text that is such a name already is left as it is.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")
    if plain and plain == text and len(plain) <= _SLUG:
        return plain
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:_DIGITS]
    return f"{plain[: _SLUG - _DIGITS - 1]}-{digest}".strip("-")


class _Reader:
    """Goes through an expression from left to right."""

    def __init__(self, text: str, place: str) -> None:
        self._text, self._place, self._at = text, place, 0

    def term(self, depth: int = 0) -> Term:
        """Return the term that begins here, so deep in parentheses."""
        start, word = self._word("a name")
        settings: dict[str, str] = {}
        places: dict[str, tuple[int, int]] = {}
        if self._next("["):
            settings, places = self._settings()
        arguments: list[Term] = []
        called = self._next("(")
        if called and not self._next(")"):
            if depth == _DEEPEST:
                raise self._refused(f"more than {_DEEPEST} parentheses are open")
            arguments.append(self.term(depth + 1))
            while self._next(","):
                arguments.append(self.term(depth + 1))
            self._expect(")", "a comma or a closing ')' is missing")
        return Term(
            word=word,
            settings=settings,
            arguments=tuple(arguments),
            called=called,
            whole=self._text,
            place=self._place,
            at=start + 1,
            setting_at=places,
        )

    def end(self) -> None:
        """Refuse what stands after the end."""
        self._skip()
        if self._at < len(self._text):
            raise self._refused(f"'{self._text[self._at]}' is one too many here")

    def _settings(self) -> tuple[dict[str, str], dict[str, tuple[int, int]]]:
        settings: dict[str, str] = {}
        places: dict[str, tuple[int, int]] = {}
        while True:
            key_at, key = self._word("a setting")
            if key in settings:
                self._at = key_at
                raise self._refused(f"'{key}' is set twice")
            self._expect("=", f"a value for '{key}' is missing, as in {key}=…")
            value_at, settings[key] = self._word(f"a value for '{key}'")
            places[key] = (key_at + 1, value_at + 1)
            if not self._next(","):
                self._expect("]", "a comma or a closing ']' is missing")
                return settings, places

    def _word(self, what: str) -> tuple[int, str]:
        """Return where a word begins, and the word; in quotes it may hold any character."""
        self._skip()
        start = self._at
        quote = self._text[start : start + 1]
        if quote and quote in _QUOTES:
            end = self._text.find(quote, start + 1)
            if end < 0:
                raise self._refused(f"a closing {quote} is missing")
            self._at = end + 1
            return start, self._text[start + 1 : end]
        found = _WORD.match(self._text, start)
        if found is None:
            raise self._refused(f"{what} is missing")
        self._at = found.end()
        return start, found.group()

    def _next(self, character: str) -> bool:
        """Return whether a character stands next, and go behind it."""
        self._skip()
        there = self._text.startswith(character, self._at)
        self._at += there
        return there

    def _expect(self, character: str, complaint: str) -> None:
        if not self._next(character):
            raise self._refused(complaint)

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _refused(self, complaint: str) -> UsageError:
        return _error(self._text, self._place, self._at + 1, complaint)


def _quoted(word: str) -> str:
    """Return a word as it is read again: in quotes where it holds what would end it."""
    if _WORD.fullmatch(word):
        return word
    quote = _QUOTES[0] if _QUOTES[0] not in word else _QUOTES[1]
    return f"{quote}{word}{quote}"


def _error(text: str, place: str, at: int, complaint: str) -> UsageError:
    where = f" in {place}" if place else ""
    begin = max(0, at - _AROUND)
    said = strict.plain(text[begin : at + _AROUND], 2 * _AROUND)
    before, after = "…" if begin else "", "…" if len(text) > at + _AROUND else ""
    told = strict.plain(complaint, _COMPLAINT)
    return UsageError(f"expression '{before}{said}{after}'{where}, character {at}: {told}")
