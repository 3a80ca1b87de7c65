"""Where and how the work is done: what never changes a result, so never enters an id."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The machine's side of a run."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where tensors live; `auto` takes CUDA where there is some."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of frozen weights and autocast; `auto` is bf16 on a GPU that has it, else fp32."""
    workers: int = 1
    """Processes that work a plan off; 0 takes one for each core.

    Those that a launcher starts train together, one stage after the other, whatever stands here.
    """
    threads: int = 0
    """CPU threads of one stage; 0 takes every core that the process may use."""
    checkpoint_seconds: float = 30.0
    """Seconds between two checkpoints of a training stage; 0 writes one at every step."""
    evaluation_tokens: int = 8192
    """Padded pieces in one batch at evaluation."""
