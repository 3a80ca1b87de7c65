"""Models of the plain library beside ours, with modules that do something."""

from typing import Any

import torch
from adapters import AdapterConfig

IDS = torch.tensor([[0, 17, 21, 35, 18, 40, 2], [0, 29, 44, 2, 1, 1, 1]])
MASK = (IDS != 1).long()
INPUTS = {"input_ids": IDS, "attention_mask": MASK}


def add(model: Any, architecture: str, *names: str, **settings: Any) -> None:
    """Add adapters that do something, and one head."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        for name in names:
            model.add_adapter(name, config=AdapterConfig.load(architecture, **settings))
        for key, weight in model.named_parameters():
            if any(f".{name}." in key for name in names):
                weight.add_(torch.randn_like(weight) * 0.3)
        model.add_classification_head("head", num_labels=3)


def said(model: Any, inputs: Any = INPUTS) -> torch.Tensor:
    with torch.inference_mode():
        answer: torch.Tensor = model(**inputs).logits
    return answer


def apart(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Return whether two answers differ by no more than single precision does at their size."""
    return apart(one, other) <= 1e-5 * max(1.0, float(other.abs().max()))


def ours(assembly: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        batch = {"input_ids": ids, "attention_mask": (ids != 1).long()}
        answer: torch.Tensor = assembly.logits(batch)
    return answer


def loud(parts: Any, lab: Any) -> Any:
    """Return an assembly in evaluation mode whose modules do something."""
    assembly = lab.assembly(parts)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(9)
        for weight in assembly.trainable.values():
            weight.add_(torch.randn_like(weight) * 0.3)
    assembly.model.eval()
    return assembly
