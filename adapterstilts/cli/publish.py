"""`adapterstilts publish`: what was trained becomes a repository on the Hugging Face Hub."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from adapterstilts.cli.options import Command, published_options
from adapterstilts.cli.output import Output, count, size
from adapterstilts.core.errors import StiltsError, UsageError

if TYPE_CHECKING:
    from adapterstilts.api.publishing.gathered import Gathered
    from adapterstilts.api.publishing.publish_all import PublishedAll
    from adapterstilts.api.publishing.sending import Manner, Published

_ONE = ("on", "like", "backbone")
"""Options that say which one is published."""
_COMMIT = 12


@click.command(
    cls=Command,
    examples=[
        "adapterstilts publish toy-xnli --on 'stack(toy-nli)' --repo me/toy-xnli --dry-run out",
        "adapterstilts publish xnli --on 'stack(mnli)' --like mine.yaml --repo me/xnli --private",
        "adapterstilts publish --all recipes/quickstart.yaml --repo me/quickstart",
    ],
)
@click.argument("expression", required=False)
@click.option(
    "--repo",
    required=True,
    metavar="OWNER/NAME",
    help="Repository, which is made where it is not; with --all that of the index, with whose name"
    " the others begin.",
)
@click.option(
    "--all",
    "recipe",
    type=click.Path(path_type=Path),
    metavar="RECIPE",
    help="Publish all that a recipe has trained, with a collection and an index, in place of"
    " EXPRESSION.",
)
@click.option(
    "--only",
    type=click.Choice(["sources", "targets"]),
    default=None,
    help="With --all, no more than its sources, or what was trained on its targets; --method leaves"
    " those of one method.",
)
@click.option(
    "--dry-run",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the very same folder there, or one for each repository, and ask nobody.",
)
@click.option(
    "--private/--public",
    default=None,
    help="What a repository is that is made; with --all as the recipe says.  [default: public]",
)
@click.option(
    "--revision",
    default="main",
    show_default=True,
    metavar="BRANCH",
    help="Branch, which is made where it is not.",
)
@click.option(
    "--collection",
    default="",
    metavar="TITLE",
    help="Title or slug of a collection to put it in; with --all the name of the index without.",
)
@click.option(
    "--pull-request",
    is_flag=True,
    help="Propose the change, or bring an open proposal of yours up to date.",
)
@published_options
def publish(
    expression: str | None,
    recipe: Path | None,
    only: str | None,
    as_json: bool,
    dry_run: Path | None,
    private: bool | None,
    pull_request: bool,
    collection: str,
    **options: Any,
) -> None:
    """Publish what was trained as EXPRESSION with its card, its scores and where it comes from.

    EXPRESSION and the options below say which training is meant, as `adapterstilts train` takes
    them. Nothing is trained here. A repository becomes what was trained in one commit; what is the
    same there is not sent, so that the same command goes on after an interruption.
    """
    from adapterstilts.api.publishing.sending import Manner

    if recipe is None and expression and expression.endswith((".yaml", ".yml")):
        raise UsageError(f"'{expression}' is a recipe: publish all of it with --all {expression}")
    if (recipe is None) == (expression is None):
        raise UsageError("name what is published: EXPRESSION, or --all RECIPE, and not both")
    output = Output(as_json=as_json)
    options |= {"set": options.pop("overrides"), "store": options.pop("store_folder")}
    manner = Manner(private=private, pull_request=pull_request)
    if expression is not None:
        if only:
            raise UsageError("--only goes with --all RECIPE, which publishes more than one")
        _one(output, expression, manner, dry_run, collection, options)
        return
    source = click.get_current_context().get_parameter_source
    if said := [name for name in _ONE if source(name) is not ParameterSource.DEFAULT]:
        raise UsageError(
            f"--{said[0]} goes with EXPRESSION; --all takes everything from its recipe"
        )
    whole = {name: value for name, value in options.items() if name not in _ONE}
    if source("method") is ParameterSource.DEFAULT:
        whole["method"] = ""
    _all(output, recipe, manner, dry_run, collection, {**whole, "only": only or ""})


def _one(
    output: Output,
    expression: str,
    manner: "Manner",
    dry_run: Path | None,
    collection: str,
    options: Mapping[str, Any],
) -> None:
    """Publish one training, or write its folder."""
    from adapterstilts.api.publishing import dry_run as folders
    from adapterstilts.api.publishing.gathered import destination
    from adapterstilts.api.publishing.publish import dry, publication, send
    from adapterstilts.cli.sending import sending

    repository = destination(options["repo"], options["revision"])
    if dry_run is not None:
        folders.check(dry_run)
    found = asked(expression, options)
    warn(found.warnings)
    whole = publication(found, repository, options["licence"])
    if dry_run is not None:
        done = dry(whole, dry_run)
    else:
        with sending(whole.size) as listener:
            done = send(
                found,
                repository,
                manner,
                collection=collection,
                licence=options["licence"],
                listener=listener,
            )
    _show(output, [done], done.repository, done.collection)
    if not done.pull_request:
        what = str(done.folder) if done.folder else repository.expression
        output.line(f"as others see it: adapterstilts show {shlex.quote(what)}")
    output.document(_document(done))


def asked(expression: str, options: Mapping[str, Any]) -> "Gathered":
    """Return what is to be published, from the options of a command."""
    from adapterstilts.api.one_off import Choices, way
    from adapterstilts.api.publishing.gathered import requested

    seed = options["seed"]
    choices = Choices(
        seeds=() if seed is None else (seed,),
        **{name: options[name] for name in ("like", "backbone", "set", "data", "store")},
    )
    return requested(
        expression,
        way(options["on"], options["method"]),
        choices,
        base_model=options["base_model"],
        licence=options["licence"],
    )


def _all(
    output: Output,
    recipe: Path | None,
    manner: "Manner",
    dry_run: Path | None,
    collection: str,
    options: Mapping[str, Any],
) -> None:
    """Publish all of a recipe, or write their folders."""
    from adapterstilts.api.publishing import dry_run as folders
    from adapterstilts.api.publishing.publish_all import dry_all, send_all
    from adapterstilts.api.publishing.series import series
    from adapterstilts.cli.sending import sending

    if dry_run is not None:
        folders.check_all(dry_run)
    found = series(recipe or Path(), **options)
    warn(found.warnings)
    if dry_run is not None:
        done = dry_all(found, dry_run)
    else:
        output.line(f"{count(len(found.things), 'thing')} and an index, {size(found.size)}")
        with sending(found.size) as listener:
            done = send_all(found, manner, collection=collection, listener=listener)
    _show(output, done.published, options["repo"], done.collection)
    output.document(
        {
            "published": [_document(each) for each in done.published],
            "failed": done.failed,
            "left": done.left,
            "collection": done.collection,
            "warnings": done.warnings,
        }
    )
    if done.failed:
        raise StiltsError(_failures(done))


def warn(warnings: Sequence[str]) -> None:
    """Say what is to be looked at, on standard error."""
    for each in warnings:
        click.echo(f"warning: {each}", err=True)


def _show(output: Output, done: "Sequence[Published]", main: str, collection: str) -> None:
    """Show what came of each, and where the main one is, if it is among them."""
    output.table(
        ("repository", "what", "state", "commit", "files", "size", "sent"),
        (
            [
                each.repository,
                each.title,
                each.state,
                each.commit[:_COMMIT],
                len(each.files),
                size(each.bytes),
                "" if each.state == "written" else size(each.sent),
            ]
            for each in done
        ),
        right=("files", "size", "sent"),
    )
    for each in (each for each in done if each.repository == main):
        output.line(_where(each))
    if collection:
        output.line(f"collection: {collection}")


def _where(done: "Published") -> str:
    """Return where it is, in words."""
    if done.folder:
        return f"written to: {done.folder}"
    if done.pull_request:
        return f"proposed at: {done.pull_request}"
    return f"published at: {done.url}"


def _document(done: "Published") -> dict[str, Any]:
    return {
        "repository": done.repository,
        "what": done.title,
        "state": done.state,
        "url": done.url,
        "commit": done.commit,
        "pull_request": done.pull_request,
        "collection": done.collection,
        "folder": done.folder,
        "library": done.layout.library if done.layout else "",
        "files": done.files,
        "bytes": done.bytes,
        "sent": done.sent,
        "warnings": done.warnings,
    }


def _failures(done: "PublishedAll") -> str:
    lines = [f"{each.repository} was not published: {each.message}" for each in done.failed]
    if done.left:
        lines.append(f"{len(done.left)} more were not tried: the same command goes on from there")
    return "\n".join(lines)
