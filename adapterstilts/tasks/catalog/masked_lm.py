"""Masked language modelling on text in many languages: the source that needs no labels."""

from adapterstilts.tasks.task import HubData, RawData, RealData, Task

ALL = "mul"
"""ISO 639-2 code of text in several languages: all that there are, read together."""
_CODES = (
    "af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk ko lt ml mr ms my"
    " nl pa pl pt qu ro ru sw ta te th tl tr uk ur vi wo yo zh"
).split()
_EDITION = "20231101"

_MLM = Task(
    name="mlm",
    format="masked_lm",
    suite="intermediate",
    data=RealData(
        hub=HubData(
            repository="wikimedia/wikipedia",
            config=f"{_EDITION}.{{language}}",
            configs={ALL: tuple(f"{_EDITION}.{code}" for code in _CODES)},
            splits={"train": ("train",), "dev": ("train",), "test": ("train",)},
            convert="paragraphs",
            caveat=(
                "Whole Wikipedias are fetched, tens of gigabytes for all languages; articles are"
                " cut into paragraphs, and those of fewer than 40 bytes are left out."
            ),
        ),
        raw=tuple(
            RawData(files={split: (pattern,) for split in ("train", "dev", "test")}, reader="text")
            for pattern in ("{subset}.txt", "{subset}.txt.gz", "{subset}.txt.xz", "{subset}/*.txt")
        ),
        sizes={},
    ),
    roles=("text",),
    languages={ALL: "*", **{code: code for code in _CODES}},
    metrics=("masked_accuracy", "masked_loss"),
    primary="masked_accuracy",
    description="Source: masked words of text in every language at once, or in one.",
    licence="that of the text; Wikipedia's is CC-BY-SA-3.0 and GFDL",
    citation="any text; Wikipedia of 2023-11-01, Wikimedia Foundation",
    english=ALL,
    notes=(
        "One sentence or paragraph a line, `sw.txt`, `sw.txt.gz`, `sw.txt.xz` or the files of a"
        " folder `sw`, whichever of these is there first; empty lines are no rows. 'mul' is all of"
        " them together. One line in a hundred is dev and one is test, drawn by what the line"
        " holds."
    ),
)

TASKS = (_MLM,)
"""Every task on text."""
