"""`adapterstilts card`: the card that a training would be published with, before it is."""

from typing import Any

import click

from adapterstilts.cli.options import Command, published_options
from adapterstilts.cli.output import Output


@click.command(
    cls=Command,
    examples=[
        "adapterstilts card toy-xnli --on 'stack(toy-nli)'",
        "adapterstilts card xnli --on 'stack(mnli)' --like mine.yaml --repo me/xnli > README.md",
    ],
)
@click.argument("expression")
@click.option(
    "--repo",
    default="OWNER/NAME",
    show_default=True,
    metavar="OWNER/NAME",
    help="Repository that it would be the card of.",
)
@published_options
def card(expression: str, repo: str, as_json: bool, **options: Any) -> None:
    """Show the card that EXPRESSION would be published with; nothing is sent and nothing written.

    EXPRESSION and the options say which training is meant, as `adapterstilts publish` takes them.
    In a pipe it is the very text of the file.
    """
    from adapterstilts.api.publishing.gathered import destination
    from adapterstilts.api.publishing.publish import card_of
    from adapterstilts.cli.publish import asked, warn

    repository = destination(repo)
    options |= {"set": options.pop("overrides"), "store": options.pop("store_folder")}
    found = asked(expression, options)
    text = card_of(found, repository, options["licence"])
    if as_json:
        Output(as_json=True).document({"card": text, "warnings": found.warnings})
        return
    warn(found.warnings)
    _show(text)


def _show(text: str) -> None:
    """Show Markdown as it is meant to look on a terminal, and as it is anywhere else."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal or console.is_dumb_terminal:
        click.echo(text, nl=False)
        return
    from rich.markdown import Markdown
    from rich.syntax import Syntax

    _, head, body = text.split("---\n", 2) if text.startswith("---\n") else ("", "", text)
    if head:
        console.print(Syntax(head.rstrip(), "yaml", background_color="default"))
    console.print(Markdown(body))
