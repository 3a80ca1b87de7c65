"""What a model answers to words: the way of the predict stage, with no files in between.

The model is read as it is at that moment: on its device, with its active adapters and its active
head, so that a caller may move it, train it or change its setup between two questions.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch

from adapterstilts.core.errors import UsageError
from adapterstilts.modeling import heads, inference, peft_models
from adapterstilts.modeling.assembly import Assembly
from adapterstilts.modeling.composition import COMPOSITIONS
from adapterstilts.modeling.device import Device
from adapterstilts.modeling.embedding import depth, embeddings
from adapterstilts.modeling.filenames import HEAD_TYPES
from adapterstilts.modeling.heads import WHOLE_MODELS
from adapterstilts.modeling.locate import Located, config
from adapterstilts.modeling.methods import METHODS, NONE
from adapterstilts.modeling.parts import NO_HEAD, Head, Parts
from adapterstilts.modeling.reading import Pooling
from adapterstilts.modeling.runtime import Runtime
from adapterstilts.modeling.sizes import height, shape_of
from adapterstilts.tasks import wording
from adapterstilts.tasks.formats.format import IGNORED, Encoded
from adapterstilts.tasks.neighbours import directions, nearest
from adapterstilts.tasks.ragged import Ragged
from adapterstilts.tasks.registry import FORMATS
from adapterstilts.tasks.task import Task
from adapterstilts.tasks.tokenizing import Tokenizer

_SHORTEST = 8
_UNNAMED = "LABEL_"
"""How labels begin that nobody has named."""


def pieces_of(backbone: Located) -> int:
    """Return the longest input that a backbone has positions for; two of its own are kept free."""
    return shape_of(config(backbone)).positions - 2


def head_of(model: Any, name: str = "") -> Head | None:
    """Return a head, or the one that answers now, as its library's configuration describes it."""
    plain = peft_models.inside(model)
    if not hasattr(plain, "heads"):
        return _whole_head(plain)
    name = name or plain.active_head
    if not isinstance(name, str) or name not in plain.heads:
        return None
    said = plain.heads[name].config
    kind = HEAD_TYPES.get(said["head_type"])
    if kind is None:
        return None
    names = {index: label for label, index in (said.get("label2id") or {}).items()}
    outputs = said.get("num_choices" if kind == "choice" else "num_labels") or 0
    return Head(name=name, kind=kind, outputs=outputs, labels=_labels(kind, names))


def in_model(name: str) -> str:
    """Return what a head or a module of a name is called in a model, where no dot can be."""
    return name.replace(".", "-")


def _whole_head(model: Any) -> Head | None:
    """Return the head of a model of `transformers`, which is part of its class."""
    for kind, auto in WHOLE_MODELS.items():
        # Not among all its values: to list them imports every architecture, which takes seconds.
        if kind != "none" and auto._model_mapping.get(type(model.config), None) is type(model):
            outputs = model.config.num_labels if kind in ("sequence", "token", "span") else 0
            labels = _labels(kind, model.config.id2label)
            return Head(name="head", kind=kind, outputs=outputs, labels=labels)
    return None


def _labels(kind: str, names: Any) -> tuple[str, ...]:
    """Return the labels of a head where somebody has named them."""
    found = tuple(str(names[index]) for index in sorted(names))
    named = kind in ("sequence", "token") and not any(each.startswith(_UNNAMED) for each in found)
    return found if named else ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Asking:
    """A model that can be asked in words."""

    model: Any
    """The model of its library, PEFT's around it where there is one."""
    backbone: Located
    """What it stands on."""
    words: Tokenizer
    """What reads the words."""
    max_length: int
    """Longest input in pieces, where the question names none."""
    mixed: tuple[str, ...] = ()
    """Heads of a mix, each of which answers for its own task."""

    def predict(
        self,
        task: str,
        inputs: Sequence[Any],
        *,
        candidates: Sequence[str] = (),
        max_length: int = 0,
        layer: int | None = None,
        pooling: Pooling = "mean",
    ) -> list[Any]:
        """Return one answer an input, in words.

        Of `classification` the label, of `tagging` a list of tags, of `span_qa` the answer's text,
        of `multiple_choice` the choice, of `retrieval` the nearest candidate, of `masked_lm` a list
        with what fills each mask. Weights, gradients and modes of the model stay as they are.

        Args:
            task: Name of a task, or of a format where the head names the labels.
            inputs: Texts, or tuples in the order of `(first, second)`, `(question, context)` or
                `(context, question, choices)`; lists of words for tagging. Dictionaries will do.
            candidates: What is looked up, for retrieval.
            max_length: Longest input in pieces; 0 for what the model was trained on.
            layer: Layer that retrieval reads; None for XTREME's height.
            pooling: How retrieval makes one vector of positions.
        """
        asked = wording.asked(task, inputs)
        form = FORMATS.get(asked.format)
        if form.head != "none" and candidates:
            raise UsageError(f"'{task}' is {asked.format}, which looks nothing up: no candidates")
        found = wording.rows(asked, inputs)
        if not found:
            return []
        length = max_length or self.max_length
        longest = pieces_of(self.backbone) - peft_models.virtual(self.model)
        if not _SHORTEST <= length <= longest:
            raise UsageError(
                f"max_length {length}: the backbone reads {_SHORTEST} to {longest} pieces"
            )
        with _reading(self.model):
            if form.head == "none":
                texts = [str(row["query"]) for row in found]
                return self._nearest(texts, candidates, length, layer, pooling)
            head = self._head(asked, form.head)
            if form.head == "lm":
                return self._fills([row["text"] for row in found], head, length)
            asked = wording.labelled(asked, head.labels)
            self._check_outputs(asked, head, form.outputs(asked))
            head = replace(head, outputs=form.outputs(asked))
            encoded = form.encode(asked, found, self.words, split="test", max_length=length)
            answers = form.decode(asked, encoded, self._outputs(encoded, head))
        if form.head == "choice":
            return [row["choices"][answer] for row, answer in zip(found, answers, strict=True)]
        return answers

    def _head(self, task: Task, kind: str) -> Head:
        """Return the active head, or that of a task where it is one of a mix, or refuse."""
        head = head_of(self.model)
        if head is not None and head.name in self.mixed:
            own = in_model(task.name)
            every = [head_of(self.model, name) for name in (own,) if name in self.mixed]
            every += [head, *(head_of(self.model, name) for name in self.mixed)]
            head = next((each for each in every if each is not None and each.kind == kind), head)
        if head is None or head.kind != kind:
            has = f"the active head is for '{head.kind}'" if head else "no head is active"
            instead = "; load the backbone with task='masked_lm' to fill masks" * (kind == "lm")
            raise UsageError(
                f"{has}, and '{task.name}' asks for one for '{kind}': load what was trained on such"
                f" a task{instead}"
            )
        return head

    def _check_outputs(self, task: Task, head: Head, wanted: int) -> None:
        if head.kind in ("sequence", "token") and not task.labels:
            raise UsageError(
                f"the head names no labels, so '{task.name}' cannot be answered in words: ask for a"
                " task that declares them"
            )
        if head.kind in ("sequence", "token") and head.outputs != wanted:
            raise UsageError(
                f"the head has {head.outputs} labels, and '{task.name}' {wanted}: ask for the task"
                " that it was trained on"
            )

    def _outputs(self, encoded: Encoded, head: Head) -> list[Any]:
        device, tokens = self._device(), Runtime.evaluation_tokens
        assembly = self._assembly(head)
        with _choosing(assembly.model, head):
            return inference.outputs(
                assembly, encoded, pad=self.words.pad, device=device, tokens=tokens
            )

    def _fills(self, texts: Sequence[str], head: Head, max_length: int) -> list[list[str]]:
        """Return what fills each mask of each text."""
        tokenizer = self.words
        for number, ids in enumerate(tokenizer.ids(texts)):
            if ids[max_length - 2 :].count(tokenizer.mask):
                raise UsageError(
                    f"input {number} is longer than {max_length} pieces, and a {wording.MASK} is"
                    " cut off: shorten it, or raise max_length"
                )
        inputs = tokenizer.singles(texts, max_length=max_length)
        labels = Ragged.of(
            [id if id == tokenizer.mask else IGNORED for id in row] for row in inputs
        )
        encoded = Encoded(
            examples=[{} for _ in texts],
            features={"input_ids": inputs, "labels": labels},
            owner=list(range(len(texts))),
        )
        return [
            [tokenizer.backend.decode([int(best)]).strip() for best in output[:, 0]]
            for output in self._outputs(encoded, head)
        ]

    def _nearest(
        self,
        queries: Sequence[str],
        candidates: Sequence[str],
        max_length: int,
        layer: int | None,
        pooling: Pooling,
    ) -> list[str]:
        """Return the candidate whose embedding is nearest to that of each query."""
        if peft_models.virtual(self.model):
            raise UsageError(
                "PEFT puts a prompt before what a head answers, and retrieval reads none: load"
                " another adapter, or the backbone alone"
            )
        if not candidates:
            raise UsageError("retrieval looks queries up among candidates: give some")
        assembly, every = self._assembly(NO_HEAD), [*queries, *candidates]
        encoded = Encoded(
            examples=[{} for _ in every],
            features={"input_ids": self.words.singles(every, max_length=max_length)},
            owner=list(range(len(every))),
        )
        read = height(depth(assembly)) if layer is None else layer
        if not 0 <= read <= depth(assembly):
            raise UsageError(f"layer {read}: the backbone has 0 to {depth(assembly)}")
        found = embeddings(
            assembly,
            encoded,
            layers=[read],
            pooling=pooling,
            pad=self.words.pad,
            device=self._device(),
            tokens=Runtime.evaluation_tokens,
        )[0]
        vectors = directions(found)
        best = nearest(vectors[: len(queries)], vectors[len(queries) :], k=1)
        return [candidates[index] for index in best.indices[:, 0].tolist()]

    def _device(self) -> Device:
        """Return where the model is; its weights are as its owner has them."""
        return Device(device=next(self.model.parameters()).device, precision="fp32")

    def _assembly(self, head: Head) -> Assembly:
        """Return the model as inference reads it, whose method and composition are the caller's."""
        return Assembly(
            model=peft_models.running(self.model),
            outer=self.model,
            parts=Parts(
                backbone=self.backbone,
                method=METHODS.get(NONE),
                composition=COMPOSITIONS.get("target"),
                head=head,
            ),
            trainable={},
        )


@contextmanager
def _reading(model: torch.nn.Module) -> Iterator[None]:
    """Have a model in evaluation mode, and leave every module in the mode in which it was."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def _choosing(model: Any, head: Head) -> Iterator[None]:
    """Have a multiple-choice head of `adapters` answer as many choices as are asked."""
    if head.kind != "choice" or not hasattr(model, "heads"):
        yield
        return
    before = model.heads[head.name].config["num_choices"]
    heads.fit(model, head)
    try:
        yield
    finally:
        heads.fit(model, replace(head, outputs=before))
