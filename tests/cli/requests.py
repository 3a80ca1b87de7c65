"""What the tests of commands without a recipe say to train next to nothing."""

QUICK = (
    "--set", "training.default={steps: 2, batch_size: 2, train_examples: 8, max_length: 40}",
    "--set", "runtime.threads=1", "--set", "runtime.workers=1",
)  # fmt: skip
STACK = "stack(toy-nli)"
