"""`adapterstilts show`: what something is before it is used."""

import textwrap
from typing import TYPE_CHECKING

import click

from adapterstilts.cli.options import Command, json_option, offline_option
from adapterstilts.cli.output import Output, columns, count, size
from adapterstilts.modeling.headers import shown

if TYPE_CHECKING:
    from adapterstilts.api.showing.shown import Shown
    from adapterstilts.publishing.card.reading import Card

_KINDS = {
    "adapter": "an adapter",
    "setup": "several modules, and how they are active",
    "fusion": "a fusion layer",
    "head": "a head",
    "peft": "an adapter",
    "model": "a full model",
    "": "nothing that could be used",
}
_ROWS, _FILES = 60, 30
"""Numbers and files that are shown; a document has all."""


@click.command(
    cls=Command,
    examples=[
        "adapterstilts show user/adapter@v1 --backbone FacebookAI/xlm-roberta-base",
        "adapterstilts show runs/train-seq_bn-target-toy-xnli-0123456789abcdef",
    ],
)
@click.argument("what", metavar="WHAT")
@click.option(
    "--backbone",
    default="",
    metavar="NAME",
    help="Embedded name, folder or model id that it is compared with.",
)
@offline_option
@json_option
def show(what: str, backbone: str, offline: bool, as_json: bool) -> int:
    """Show what WHAT is before it is used: user/repo, user/repo@revision, or a folder.

    Of a repository no weights are fetched: its list of files, its configurations, its card. What
    would be refused is shown as far as it can be, with the reason, and the exit code is 1.
    """
    from adapterstilts.api.showing.show import show as act

    found = act(what, backbone=backbone, offline=offline)
    output = Output(as_json=as_json)
    output.document(found)
    if not as_json:
        _show(output, found)
    if found.refused:
        click.echo(f"error: {found.refused}", err=True)
    return 1 if found.refused else 0


def _show(output: Output, found: "Shown") -> None:
    """Show everything that is known, one thing a line."""
    library = f" ({found.library})" if found.library else ""
    what = "an index of others" if found.leads_to and not found.kind else _KINDS[found.kind]
    output.line(f"{found.name}: {what}{library}")
    counted = "" if found.counted or found.numbers is None else "about "
    said = {
        "commit": found.commit,
        "method": found.method,
        "active": found.active,
        "modules": ", ".join(found.modules),
        "backbone": found.backbone or ("" if found.leads_to else "it does not say"),
        "fits": _fit(found),
        "weights": "" if found.numbers is None else f"{counted}{found.numbers:,}",
    }
    for name, value in said.items():
        if value:
            output.line(f"{name:<10}{value}")
    for top in found.heads:
        words = [top.behind or top.kind, shown(", ".join(top.labels))]
        output.line(f"{'head':<10}{': '.join(filter(None, (top.name, *words)))}")
    for name, what in list(found.leads_to.items())[:_ROWS]:
        output.line(f"{'leads to':<10}{name}: {what}")
    if len(found.leads_to) > _ROWS:
        output.line(f"{'':10}and {len(found.leads_to) - _ROWS} more")
    for line in found.trained:
        output.line(f"{'made':<10}{line}")
    for note in found.notes:
        output.line(f"{'note':<10}{note}")
    if found.card is not None:
        _show_card(output, found.card)
    _show_files(output, found)
    if found.uses:
        output.line()
        output.line("to use it:")
    for use in found.uses:
        output.line(f"  {use}")


def _fit(found: "Shown") -> str:
    if not found.on:
        return ""
    return f"{found.on}: no" if found.misfit else f"{found.on}: yes"


def _show_card(output: Output, card: "Card") -> None:
    """Show what the card says."""
    output.line()
    output.line("as its card says, which nobody has checked:")
    said = {
        "licence": card.licence or "it does not say",
        "library": card.library,
        "made from": ", ".join(card.base_models),
        "data": ", ".join(card.datasets),
        "languages": ", ".join(card.languages),
        "tags": ", ".join(card.tags),
    }
    for name, value in said.items():
        if value:
            # Forty languages are more than a line.
            lines = textwrap.wrap(value, max(20, columns() - 12), break_on_hyphens=False)
            output.line(f"  {name:<10}" + f"\n{'':12}".join(lines))
    if not card.claims:
        return
    output.table(
        ("  task", "metric", "language", "value", "interval", "examples"),
        (
            (
                f"  {claim.task}",
                claim.metric,
                claim.language,
                f"{claim.value:.4g}",
                "" if claim.low is None or claim.high is None else _interval(claim.low, claim.high),
                "" if claim.n is None else f"{claim.n:,}",
            )
            for claim in card.claims[:_ROWS]
        ),
        right=("value", "examples"),
    )
    if len(card.claims) > _ROWS:
        output.line(f"  and {count(len(card.claims) - _ROWS, 'number')} more")


def _interval(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}"


def _show_files(output: Output, found: "Shown") -> None:
    output.line()
    used = sum(found.files.get(name, 0) for name in found.used)
    output.line(
        f"{count(len(found.files), 'file')}, {size(sum(found.files.values()))}"
        + (f"; {size(used)} of them are read to use it" if found.used else "")
    )
    names = sorted(found.files, key=lambda name: (name not in found.used, name))
    for name in names[:_FILES]:
        output.line(f"  {size(found.files[name]):>10}  {shown(name)}")
    if len(names) > _FILES:
        output.line(f"  and {count(len(names) - _FILES, 'file')} more")
