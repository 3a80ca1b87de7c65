"""Lexical categories of English, composed by rule: what CCG supertagging can answer with.

CCGbank is licensed, so no list that is counted in it comes with this package, and a label set must
be known before any data are. The categories here are those that the frames of its manual
(Hockenmaier and Steedman 2005, chapters 3 to 5) give when they are put together: what a verb takes
in each of its forms, and what modifies what. Some occur in no sentence, and rare ones that do occur
are missing; the reader makes `<unk>` of those.
"""

from collections.abc import Iterable, Iterator

RARE = "<unk>"
"""Label of every category that the rules do not give."""
_ATOMS = "N NP PP S N[num] NP[expl] NP[thr] S[adj] conj . , : ; LRB RRB LQU RQU".split()
_ADJECTIVE, _TO, _GERUND, _BARE, _PASSIVE, _FINITE = (
    f"S[{form}]\\NP" for form in ("adj", "to", "ng", "b", "pss", "dcl")
)
_PHRASES = (_ADJECTIVE, _TO, _GERUND, _BARE, _PASSIVE, _FINITE, "S[pt]\\NP")
_CLAUSES = ("S", "S[dcl]", "S[em]", "S[qem]", "S[for]")
_TAKEN = ("NP", "PP", *_PHRASES, *_CLAUSES)
"""What a verb, a noun or a preposition may take to its right."""
_FORMS = ("dcl", "b", "ng", "pss", "pt", "adj")
"""Features of the words that head a verb phrase or a predicate."""


def categories() -> tuple[str, ...]:
    """Return every category once, those of fewer parts first."""
    rules = (_ATOMS, _nominal(), _verbal(), _clausal(), _modifying())
    every = dict.fromkeys(category for rule in rules for category in rule)
    return tuple(sorted(every, key=lambda name: (name.count("/") + name.count("\\"), name)))


def _nominal() -> Iterator[str]:
    """Yield determiners, nouns with complements, prepositions and relative pronouns."""
    yield from ("NP[nb]/N", "(NP[nb]/N)\\NP", "(NP\\NP)\\NP", "N/N[num]", "S[asup]\\NP")
    yield from (_right(head, taken) for head in ("N", "NP", "PP") for taken in (*_TAKEN, "N"))
    yield from (_right("N/PP", taken) for taken in ("PP", _ADJECTIVE))
    for head in ("NP\\NP", "N\\N", "NP", "S[qem]", "S[wq]"):
        for gap in (_FINITE, "S[dcl]/NP", "S[dcl]", "S[q]/NP", "S[q]", _TO):
            yield from (_right(head, gap), _right(_right(head, gap), "N"))
        yield from (_left(_right(head, gap), "NP/NP") for gap in (_FINITE, "S[dcl]/NP"))


def _verbal() -> Iterator[str]:
    """Yield verbs and predicates with all that they take."""
    for form in _FORMS:
        phrase = _left(f"S[{form}]", "NP")
        yield from (phrase, _left(phrase, "NP"))
        yield from (_right(phrase, taken) for taken in (*_TAKEN, "N[num]", "S[wq]", "S[bem]"))
        for taken in _TAKEN:
            yield _right(_right(phrase, taken), "NP")
        for taken in ("PP", "NP", _TO, "S[em]", "S[dcl]", "S[qem]"):
            yield from _heads(phrase, taken, ("PP", _ADJECTIVE))
        yield from _heads(_right(phrase, "PP"), "PP", ("NP",))
        yield from _heads(_right(phrase, "PP"), "NP", ("NP",))
        yield _right(phrase, _right(_TO, "NP"))
    yield from (_TO, _right(_TO, _BARE))
    for form in ("dcl", "b", "ng", "pt", "adj"):
        expletive, there = _left(f"S[{form}]", "NP[expl]"), _left(f"S[{form}]", "NP[thr]")
        for taken in (_TO, "S[em]", "S[qem]", "S[for]", "S", _BARE, _ADJECTIVE, "PP"):
            yield from (
                _right(expletive, taken),
                *_heads(expletive, taken, (_ADJECTIVE, "NP", "PP")),
            )
        yield from (
            _right(there, taken) for taken in ("NP", _BARE, "S[pt]\\NP", _TO, _GERUND, _PASSIVE)
        )


def _clausal() -> Iterator[str]:
    """Yield complementizers, verbs before their subject, and verbs behind what they quote."""
    for head in ("S", "S[em]", "S[qem]", "S[frg]", "S[poss]", "S[wq]", "S[bem]", "S[for]"):
        for taken in ("S[dcl]", "S[b]", "S[qem]", "PP", "NP", _TO, _ADJECTIVE, _FINITE, _BARE):
            yield _right(head, taken)
    yield "(S[for]/(S[to]\\NP))/NP"
    for mood in ("dcl", "q", "inv"):
        for taken in ("NP", *_PHRASES, "S[dcl]", "S[qem]", "PP", "S"):
            yield _right(_right(f"S[{mood}]", taken), "NP")
    yield "S[dcl]/NP"
    for quoted in (
        "S[dcl]",
        "S[qem]",
        "S[wq]",
        "S[q]",
        _ADJECTIVE,
        _GERUND,
        _PASSIVE,
        _BARE,
        _TO,
        "PP",
    ):
        behind = _left("S[dcl]", quoted)
        yield from (_left(behind, "NP"), _right(behind, "NP"))
        yield from (_right(_right(behind, taken), "NP") for taken in (_BARE, "S[pt]\\NP"))
        yield from (_right(behind, taken) for taken in (_BARE, "S[pt]\\NP"))
    behind = "(S[dcl]\\S[dcl])\\NP"
    yield from (
        _right(behind, taken) for taken in ("NP", "PP", "S[em]", _BARE, "S[pt]\\NP", _ADJECTIVE)
    )
    yield from ("(S[adj]\\S[adj])/NP", "(S[adj]\\S[adj])/S[dcl]")


def _modifying() -> Iterator[str]:
    """Yield modifiers, modifiers of them, and the words that make a modifier of what they take."""
    bases = ("N", "NP", "PP", "S", "S\\NP", _ADJECTIVE, "NP[nb]/N", "conj")
    once = tuple(_both(bases))
    yield from (*once, *_both(once))
    adverb, before = _left("S\\NP", "S\\NP"), _right("S\\NP", "S\\NP")
    degree = _right(_right(_ADJECTIVE, _ADJECTIVE), _right(_ADJECTIVE, _ADJECTIVE))
    for modifier in (_right("N/N", "N/N"), adverb, before, degree):
        yield from _both([_right(modifier, modifier)])
        yield _right(modifier, modifier)
    phrases = ("N/N", "NP/NP", "NP\\NP", "N\\N", "S/S", "S\\S", adverb, before, "PP/PP")
    for modifier in (*phrases, _left(_ADJECTIVE, _ADJECTIVE), _right(_ADJECTIVE, _ADJECTIVE)):
        yield from (
            _right(modifier, taken) for taken in (*_TAKEN, "N", "N[num]", "S[frg]", "S[inv]")
        )
        yield from (_left(modifier, taken) for taken in ("NP", _ADJECTIVE))
        for taken in (_TO, _GERUND, _BARE, _PASSIVE, _FINITE, "S[pt]\\NP", _ADJECTIVE, "PP"):
            yield _right(_right(modifier, taken), "NP")
        for again in _both([modifier]):
            yield from (
                _right(again, taken) for taken in ("NP", "N", "S[dcl]", "S[asup]\\NP", _ADJECTIVE)
            )
            yield from (_left(again, taken) for taken in ("NP", _ADJECTIVE))


def _heads(phrase: str, taken: str, more: Iterable[str]) -> Iterator[str]:
    """Yield what takes one thing more before the other."""
    yield from (_right(_right(phrase, taken), each) for each in more)


def _both(bases: Iterable[str]) -> Iterator[str]:
    """Yield what modifies each from before and from behind."""
    for base in bases:
        yield from (_right(base, base), _left(base, base))


def _right(result: str, taken: str) -> str:
    """Return the category that gives a result when it takes something to its right."""
    return f"{_wrapped(result)}/{_wrapped(taken)}"


def _left(result: str, taken: str) -> str:
    """Return the category that gives a result when it takes something to its left."""
    return f"{_wrapped(result)}\\{_wrapped(taken)}"


def _wrapped(category: str) -> str:
    return f"({category})" if "/" in category or "\\" in category else category
