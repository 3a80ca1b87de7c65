"""Code that loads what is published and asks it something: in its own library, and in ours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapterstilts.modeling.locate import TOYWORLD
from adapterstilts.modeling.parts import HEADS
from adapterstilts.publishing.card import examples
from adapterstilts.publishing.card.examples import Example
from adapterstilts.publishing.folder import artifacts
from adapterstilts.publishing.folder.artifacts import Head, Trained
from adapterstilts.publishing.item import Base, Item, Layout
from adapterstilts.tasks.formats.span_qa import MAX_ANSWER

_WIDTH = 88
"""Signs of a line that is broken no further."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A program in two parts."""

    loading: str
    """Leaves `model` and `tokenizer`."""
    asking: str
    """Asks them something and prints the answer."""

    @property
    def text(self) -> str:
        """Return the program."""
        return f"{self.loading}\n{self.asking}"


def plain(layout: Layout, *, repository: str, base: Base, item: Item) -> str:
    """Return a program that takes the library of the files alone, and not this package.

    Args:
        layout: What lies in the folder.
        repository: Its name on the Hub.
        base: The backbone.
        item: What it is.
    """
    return code(layout, repository=repository, base=base, item=item).text


def code(layout: Layout, *, repository: str, base: Base, item: Item) -> Code:
    """Return the same in its two parts."""
    found = artifacts.trained(item)
    head = found.heads[0]
    if layout.heads:
        head = replace(head, name=next(iter(layout.heads)))
    writing = _Writing(layout, repository, base, found, head)
    return Code(loading=writing.loading(), asking=writing.asking(examples.of(head)))


def ours(layout: Layout, *, repository: str, base: Base, item: Item) -> str:
    """Return a program that takes this package."""
    example = examples.of(artifacts.trained(item).heads[0])
    asked = [_json(example.task), f"[{literal(example.given)}]"]
    if example.candidates:
        asked.append(f"candidates={literal(list(example.candidates))}")
    lines = [
        "import adapterstilts as stilts",
        "",
        *([] if base.title == TOYWORLD else _nowhere(base)),
        *call("model = stilts.load", [_json(base.id or base.title), _json(f"hub({repository})")]),
        *call("answers = model.predict", asked),
        "print(answers)",
    ]
    return "\n".join(lines) + "\n"


class _Writing:
    """Writes one program."""

    def __init__(
        self, layout: Layout, repository: str, base: Base, found: Trained, head: Head
    ) -> None:
        self._layout, self._base, self._found, self._head = layout, base, found, head
        self._repository = _json(repository)
        self._flexible = layout.auto_class == "AutoAdapterModel"

    def loading(self) -> str:
        """Return what loads the model."""
        toy, folder = self._toy(), self._fetches()
        body = [*_nowhere(self._base)] if self._layout.kind != "model" else []
        body += ["backbone = str(embedded.folder())"] if toy else []
        body += call("folder = snapshot_download", [self._repository]) if folder else []
        place = "folder" if folder else self._repository
        backbone = "backbone" if toy else _json(self._base.id or self._base.title)
        if self._layout.kind == "model":
            backbone = place
        body += call(f"model = {self._layout.auto_class}.from_pretrained", self._made(backbone))
        body += self._modules(place)
        body += self._heads()
        body += ["model.eval()"]
        body += call("tokenizer = AutoTokenizer.from_pretrained", [backbone])
        return "\n".join([*self._imports(toy=toy, folder=folder), "", *body]) + "\n"

    def asking(self, example: Example) -> str:
        """Return what asks it, and prints what it says."""
        lines = {
            "sequence": self._label,
            "token": self._tags,
            "span": self._span,
            "choice": self._choice,
            "lm": self._fill,
            "none": self._embeddings,
        }[self._head.kind](example)
        return "\n".join(lines) + "\n"

    def _toy(self) -> bool:
        """Return whether the backbone is the one that comes with this package."""
        at_home = self._base.title == TOYWORLD and self._base.id in ("", TOYWORLD)
        return at_home and self._layout.kind != "model"

    def _fetches(self) -> bool:
        """Return whether heads lie where the library does not look for them by itself."""
        heads = self._layout.heads.values()
        return self._layout.is_head or any(at.startswith(HEADS) for at in heads)

    def _imports(self, *, toy: bool, folder: bool) -> list[str]:
        found = ["import torch"]
        auto = self._layout.auto_class
        if self._flexible:
            found.append(f"from adapters import {auto}")
        if toy:
            found.append("from adapterstilts.toyworld import embedded")
        if folder:
            found.append("from huggingface_hub import snapshot_download")
        if self._layout.kind == "peft":
            found.append("from peft import PeftModel")
        names = ["AutoTokenizer"] if self._flexible else sorted([auto, "AutoTokenizer"])
        return [*found, f"from transformers import {', '.join(names)}"]

    def _made(self, backbone: str) -> list[str]:
        """Return what the backbone is loaded with."""
        given = [backbone]
        if self._found.prompted and self._found.library == "adapters":
            # See modeling.backbone.adapter_model.
            given.append('attn_implementation="eager"')
        if self._layout.kind == "peft" and not self._flexible and self._head.labels:
            labels = ", ".join(f"{n}: {_json(each)}" for n, each in enumerate(self._head.labels))
            given.append(f"id2label={{{labels}}}")
        return given

    def _modules(self, place: str) -> list[str]:
        """Return what loads what stands on the backbone."""
        kind, safe = self._layout.kind, "use_safetensors=True"
        if kind == "peft":
            return call("model = PeftModel.from_pretrained", ["model", place])
        if kind == "setup":
            return call("model.load_adapter_setup", [place, "set_active=True", safe])
        if kind == "adapter" and not self._layout.is_head:
            return call("model.load_adapter", [place, "set_active=True", safe])
        return []

    def _heads(self) -> list[str]:
        """Return what loads a head that lies apart, and makes it the one that answers."""
        inner = "model.get_base_model()" if self._layout.kind == "peft" else "model"
        at = self._layout.heads.get(self._head.name)
        if at is None or not self._flexible or not self._fetches():
            return []
        place = f'f"{{folder}}/{at}"' if at else "folder"
        lines = call(f"{inner}.load_head", [place, "use_safetensors=True"])
        others = [name for name in self._layout.heads if name != self._head.name]
        lines += [f"# Other heads: {', '.join(others)}."] if others else []
        return [*lines, f"{inner}.active_head = {_json(self._head.name)}"]

    def _labels(self) -> str:
        """Return what gives the words of the outputs by their numbers."""
        if not self._flexible:
            return "model.config.id2label"
        inner = "model.get_base_model()" if self._layout.kind == "peft" else "model"
        return f"{inner}.get_labels_dict()"

    def _read(self, given: Sequence[str]) -> list[str]:
        return [
            *call("inputs = tokenizer", [*given, 'return_tensors="pt"']),
            "with torch.inference_mode():",
        ]

    def _label(self, example: Example) -> list[str]:
        return [
            *self._read([_json(each) for each in example.texts]),
            "    logits = model(**inputs).logits",
            f"print({self._labels()}[logits.argmax().item()])",
        ]

    def _tags(self, example: Example) -> list[str]:
        words = [_json(each) for each in example.tokens]
        return [
            *call("words =", words, brackets=" []"),
            *self._read(["words", "is_split_into_words=True"]),
            "    logits = model(**inputs).logits[0]",
            *self._own("logits"),
            "first = [inputs.word_ids().index(number) for number in range(len(words))]",
            f"tags = {self._labels()}",
            "print([tags[best] for best in logits[first].argmax(-1).tolist()])",
        ]

    def _span(self, example: Example) -> list[str]:
        question, context = map(_json, example.texts)
        task = self._head.task
        answer = "context[cut(first).start : cut(last).end].strip()"
        found = [f"print({answer})"]
        if task is not None and task.unanswerable:
            found = [
                "# The first piece stands for no answer.",
                "known = sums.max() >= start[0] + end[0]",
                f'print({answer} if known else "")',
            ]
        return [
            f"question = {question}",
            f"context = {context}",
            *self._read(["question", "context"]),
            "    said = model(**inputs)",
            "start, end = said.start_logits[0], said.end_logits[0]",
            *self._own("start"),
            *self._own("end"),
            f"# An answer is a span of the context of at most {MAX_ANSWER} pieces.",
            "inside = torch.tensor([part == 1 for part in inputs.sequence_ids()])",
            f"spans = (inside[:, None] & inside).triu().tril({MAX_ANSWER - 1})",
            "sums = (start[:, None] + end).where(spans, -torch.inf)",
            "first, last = divmod(sums.argmax().item(), len(end))",
            "cut = inputs.token_to_chars",
            *found,
        ]

    def _choice(self, example: Example) -> list[str]:
        asked = (
            "inputs" if self._flexible else "{key: value[None] for key, value in inputs.items()}"
        )
        return [
            *call("choices =", [_json(each) for each in example.choices], brackets=" []"),
            f"context = {_json(example.texts[0])}",
            *self._read(["[context] * len(choices)", "choices", "padding=True"]),
            f"    logits = model(**{asked}).logits",
            "print(choices[logits.argmax().item()])",
        ]

    def _fill(self, example: Example) -> list[str]:
        return [
            *self._read([_json(example.texts[0])]),
            "    logits = model(**inputs).logits[0]",
            *self._own("logits"),
            "place = inputs.input_ids[0].tolist().index(tokenizer.mask_token_id)",
            "print(tokenizer.decode(logits[place].argmax()))",
        ]

    def _embeddings(self, example: Example) -> list[str]:
        return [
            "",
            "def embedding(text):",
            '    """Return the mean of the states at the height that XTREME reads."""',
            '    inputs = tokenizer(text, return_tensors="pt")',
            "    with torch.inference_mode():",
            "        states = model(**inputs, output_hidden_states=True).hidden_states",
            "    layer = round((len(states) - 1) * 14 / 24)",
            "    return states[layer][0, -inputs.input_ids.shape[1] :].mean(0)",
            "",
            "",
            *call("one = embedding", [_json(example.texts[0])]),
            *call("other = embedding", [_json(example.texts[1])]),
            "print(torch.cosine_similarity(one, other, dim=0).item())",
        ]

    def _own(self, name: str) -> list[str]:
        """Return what leaves out the places of a prompt, which stand before the input's own."""
        return [f"{name} = {name}[-inputs.input_ids.shape[1] :]"] if self._found.prompted else []


def _nowhere(base: Base) -> list[str]:
    """Return what has to be said of a backbone that is on no Hub."""
    if base.id not in ("", TOYWORLD):
        return []
    if base.title == TOYWORLD:
        return ["# This backbone comes with the package adapterstilts; it is on no Hub."]
    return [f"# {base.title} is a folder: nobody has said where on the Hub this backbone is."]


def call(function: str, given: Sequence[str], *, brackets: str = "()") -> list[str]:
    """Return a call on one line, or on several where it is too long for one."""
    opening, closing, inner = brackets[:-1], brackets[-1], ", ".join(given)
    if len(line := f"{function}{opening}{inner}{closing}") <= _WIDTH:
        return [line]
    within = [inner] if len(inner) + 4 <= _WIDTH else [f"{each}," for each in given]
    return [f"{function}{opening}", *(f"    {each}" for each in within), closing]


def _json(text: str) -> str:
    """Return a text as a literal of Python, whatever is in it."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def literal(value: Any) -> str:
    """Return a text, a tuple or a list of such as a literal of Python."""
    if isinstance(value, str):
        return _json(value)
    inner = ", ".join(map(literal, value))
    return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
