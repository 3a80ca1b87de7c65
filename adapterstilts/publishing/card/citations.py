"""Whom to cite: BibTeX of what is known in full, and the short text of a task's data otherwise.

The entries are in `data/references.bib`. They say what the README files of XTREME, jiant, ANLI,
`adapters`, `peft` and `transformers`, and the cards of the data on the Hub, say of themselves.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from adapterstilts.publishing.card import training_data, vocabulary
from adapterstilts.publishing.card.origins import parts
from adapterstilts.publishing.item import Item, Layout

_PAPER, _BACKBONE = "phang2020english", "conneau2020unsupervised"
_LIBRARIES = {
    "adapters": "poth2023adapters",
    "peft": "peft",
    "transformers": "wolf2020transformers",
}
_SUITES = {"xtreme": "hu2020xtreme", "xtreme-r": "ruder2021xtremer"}
_TASKS: Mapping[str, tuple[str, ...]] = {
    "xnli": ("conneau2018xnli",),
    "pawsx": ("yang2019pawsx",),
    "panx": ("pan2017crosslingual",),
    "panx-xr": ("pan2017crosslingual",),
    "xquad": ("artetxe2020cross",),
    "xquad-xr": ("artetxe2020cross",),
    "mlqa": ("lewis2020mlqa",),
    "tydiqa": ("clark2020tydiqa",),
    "bucc2018": ("zweigenbaum2018overview",),
    "tatoeba": ("artetxe2019massively",),
    "tatoeba-xr": ("artetxe2019massively",),
    "mnli": ("williams2018broad",),
    "snli": ("bowman2015snli",),
    "anli": ("nie2020adversarial",),
    "squad": ("rajpurkar2016squad",),
    "squad-v2": ("rajpurkar2018know",),
    "hellaswag": ("zellers2019hellaswag",),
    "commonsenseqa": ("talmor2019commonsenseqa",),
}
_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,]+),.*?^\}$", re.M | re.S)


@cache
def entries() -> Mapping[str, str]:
    """Return key to BibTeX entry of everything that is known in full."""
    path = resources.files("adapterstilts.publishing.card") / "data" / "references.bib"
    text = path.read_text(encoding="utf-8")
    return {found["key"]: found[0] for found in _ENTRY.finditer(text)}


def bibtex(item: Item, layout: Layout) -> str:
    """Return the entries that go with a publication: paper, benchmark, data, backbone, library."""
    named = [name for name in _tasks(item) if name in _TASKS]
    targets = (vocabulary.declared(row.target) for row in item.scores)
    suites = dict.fromkeys(task.suite for task in targets if task and task.suite in _SUITES)
    keys = [
        _PAPER,
        *(_SUITES[suite] for suite in suites),
        *(key for name in named for key in _TASKS[name]),
        *([_BACKBONE] if "xlm-r" in f"{item.base.id} {item.base.title}".casefold() else []),
        _LIBRARIES[layout.library],
        *([_LIBRARIES["transformers"]] if layout.library != "transformers" else []),
    ]
    return "\n\n".join(entries()[key] for key in dict.fromkeys(keys))


def joined(some: Iterable[str]) -> str:
    """Return several texts of entries as one that has each entry once."""
    found = (entry[0] for text in some for entry in _ENTRY.finditer(text))
    return "\n\n".join(dict.fromkeys(found))


def short(item: Item) -> list[tuple[str, str]]:
    """Return task and short citation of the data whose full reference is not known here."""
    left = [name for name in _tasks(item) if name not in _TASKS]
    found = {name: task.citation for name in left if (task := vocabulary.declared(name))}
    return [(name, said) for name, said in found.items() if said]


def _tasks(item: Item) -> Iterable[str]:
    """Return the tasks that it was trained on or scored on, each once."""
    learned = (part.name for name in training_data.tasks(item) for part in parts(name))
    scored = (row.target.partition("@")[0] for row in item.scores)
    return dict.fromkeys((*learned, *scored))
