"""`adapterstilts train`: one training, and what it builds on, without a recipe."""

from typing import Any

import click

from adapterstilts.cli.options import Command, keywords, method_option, on_option, one_off_options
from adapterstilts.cli.output import Output, count, duration, size


@click.command(
    cls=Command,
    examples=[
        "adapterstilts train toy-nli",
        "adapterstilts train toy-xnli --on 'stack(toy-nli)' --set training.default.steps=200",
        "adapterstilts train mnli --backbone FacebookAI/xlm-roberta-base --method lora[r=16]",
        "adapterstilts train 'mix(mnli, squad)' --backbone FacebookAI/xlm-roberta-base",
    ],
)
@click.argument("task")
@on_option
@method_option
@one_off_options
def train(task: str, on: str, method: str, as_json: bool, **options: Any) -> None:
    """Train TASK, and before it whatever EXPRESSION builds on.

    TASK may be a source as well, such as 'mix(mnli, squad)' or 'translated(mnli, de)'. What stands
    in the store already, from a recipe or from another command, is not trained again. A training
    that was stopped goes on where it was: give the same command once more.
    """
    from adapterstilts.api.one_off import Choices, way
    from adapterstilts.api.train import carried_out, training
    from adapterstilts.cli.progress import listening

    choices, running = keywords(options)
    planned = training(task, way(on, method), Choices(**choices))
    with listening() as listener:
        found = carried_out(planned, listener=listener, **running)
    output = Output(as_json=as_json)
    output.table(
        ("seed", "dev", "best step", "trained", "stored", "training"),
        (
            [
                each.record.identity.get("seed"),
                "" if each.dev is None else f"{each.dev:.1f}",
                each.best_step,
                f"{each.record.costs.trainable_parameters or 0:,}",
                size(each.record.costs.stored_bytes),
                duration(each.record.costs.train_seconds),
            ]
            for each in found
        ),
        right=("seed", "dev", "best step", "trained", "stored", "training"),
    )
    stages = found[0].stages
    output.line(f"{count(stages.run, 'stage')} run, {stages.reused} reused")
    for each in found:
        output.line(f"left in: {each.folder}")
    output.document(
        {
            "trainings": [
                {
                    "folder": each.folder,
                    "dev": each.dev,
                    "best_step": each.best_step,
                    "record": each.record,
                }
                for each in found
            ],
            "stages": {"run": stages.run, "reused": stages.reused},
            "seconds": stages.seconds,
        }
    )
