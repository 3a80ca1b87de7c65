"""The command group: it knows every command by name and loads the one that is asked for."""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from adapterstilts.cli.options import write_examples

if TYPE_CHECKING:
    from adapterstilts.core.launch import Launch

COMMANDS = {
    "run": ("adapterstilts.cli.run:run", "Run what a recipe asks for, and report it."),
    "plan": ("adapterstilts.cli.plan:plan", "Show the stages of a recipe without running them."),
    "fetch": (
        "adapterstilts.cli.fetch:fetch",
        "Fetch what something takes from the Hub, to run it offline.",
    ),
    "translate": (
        "adapterstilts.cli.translate:translate",
        "Translate a source into other languages with a model.",
    ),
    "status": ("adapterstilts.cli.status:status", "Show what a store holds, and what is missing."),
    "scores": ("adapterstilts.cli.scores:scores", "Show the scores that a store holds."),
    "report": ("adapterstilts.cli.report:report", "Write the report of a recipe again."),
    "show": ("adapterstilts.cli.show:show", "Show what something is before it is used."),
    "train": ("adapterstilts.cli.train:train", "Train one task, without a recipe."),
    "evaluate": (
        "adapterstilts.cli.evaluate:evaluate",
        "Evaluate tasks or a suite, without a recipe.",
    ),
    "compare": ("adapterstilts.cli.compare:compare", "Compare ways on the same examples."),
    "predict": (
        "adapterstilts.cli.predict:predict",
        "Write what models answer, as JSON lines or a submission.",
    ),
    "score": ("adapterstilts.cli.score:score", "Score a submission in XTREME's layout."),
    "tasks": ("adapterstilts.cli.catalogue:tasks", "List the sources and targets."),
    "methods": ("adapterstilts.cli.catalogue:methods", "List the ways of training."),
    "compositions": (
        "adapterstilts.cli.catalogue:compositions",
        "List the ways in which source and target meet.",
    ),
    "card": (
        "adapterstilts.cli.card:card",
        "Show the card that a training would be published with.",
    ),
    "publish": (
        "adapterstilts.cli.publish:publish",
        "Publish what was trained on the Hugging Face Hub.",
    ),
    "gc": ("adapterstilts.cli.gc:gc", "Remove what no given recipe reaches from a store."),
}
"""Command to where it lives and what it does, so that `--help` imports none of them."""

_DEFERENCE = 3.0
"""Seconds that a process waits for the first one to say what went wrong."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), function)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant, or suggest the nearest."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from adapterstilts.core.errors import suggest

            ctx.fail(f"unknown command '{args[0]}'{suggest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example below the commands."""
        write_examples(formatter, ["adapterstilts run recipes/quickstart.yaml"])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from adapterstilts.core.extras import version

        click.echo(f"adapterstilts {version()}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def group() -> None:
    """Compare English intermediate training with adapters, zero-shot, in many languages."""


def invoke(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; errors go to standard error."""
    try:
        result = group.main(
            args=None if arguments is None else list(arguments),
            prog_name="adapterstilts",
            standalone_mode=False,
        )
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except BrokenPipeError:
        _hush()
        return 1
    except click.ClickException as error:
        return _refuse(error)
    except (click.Abort, KeyboardInterrupt):
        if _launch().leads:
            _say("interrupted; the same command goes on from here")
        return 130
    except Exception as error:
        from adapterstilts.core.errors import StiltsError
        from adapterstilts.core.failures import explain

        _say(f"error: {explain(error)}")
        return error.exit_code if isinstance(error, StiltsError) else 1


def main() -> None:
    """Run the command line of this process and end it; of several the first one speaks."""
    if not _launch().leads:
        _hush()
    sys.exit(invoke())


def _refuse(error: click.ClickException) -> int:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    where = f" (see '{context.command_path} --help')" if context else ""
    _say(f"error: {message[:1].lower()}{message[1:]}{where}")
    return error.exit_code


def _say(message: str) -> None:
    if not (launch := _launch()).leads:
        # The first process has stumbled over the same, as a rule; the launcher ends this one then.
        time.sleep(_DEFERENCE)
        message = f"{launch.word}: {message}"
    with contextlib.suppress(OSError):
        click.echo(message, err=True)


def _launch() -> "Launch":
    """Return which process this is of those that were started together."""
    from adapterstilts.core.launch import launched

    return launched()


def _hush() -> None:
    """Let standard output go nowhere, since nobody reads it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
