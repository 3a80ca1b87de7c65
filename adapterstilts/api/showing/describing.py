"""What the files of something say of it: its kind, its method, its heads, its card, its records."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from adapterstilts.api import bringing
from adapterstilts.api.showing.shown import FILES, Place, Shown, Top
from adapterstilts.core.errors import StiltsError, UsageError
from adapterstilts.core.hub import Hub
from adapterstilts.core.records import PUBLISHED, RECORD, StageRecord, read_record
from adapterstilts.modeling import filenames, folders, headers, locate
from adapterstilts.modeling.folders import PEFT, Left
from adapterstilts.modeling.foreign import arrangement, looking, meeting
from adapterstilts.modeling.foreign.crowns import Crown, crown_of_adapters
from adapterstilts.modeling.headers import shown
from adapterstilts.modeling.locate import Located
from adapterstilts.modeling.methods import Method
from adapterstilts.modeling.parts import ADAPTER, FUSION, HEAD, MODEL, SETUP
from adapterstilts.modeling.sizes import BYTES, misfit, shape_of, stored_bytes
from adapterstilts.publishing.card import reading
from adapterstilts.publishing.card.reading import Card
from adapterstilts.publishing.folder import history

_ALONE = (MODEL, HEAD)
"""Kinds whose heads are part of what is counted."""
_LIBRARIES = {PEFT: "peft", MODEL: "transformers"}
_PART = "it stands on others in its store, which stilts.load brings along"
_CODE = (".py", ".pyc", ".so", ".sh", ".js", ".ipynb")


def described(place: Place, client: Hub, backbone: str) -> Shown:
    """Return what the files of something say, as far as they can be read."""
    located = bringing.backbone_of(client, backbone, "main") if backbone else None
    if backbone and located is None:
        raise UsageError(f"no backbone '{backbone}' to compare with: give a folder or a model id")
    at, kind = place.found
    found = Shown(name=place.asked, kind=kind, files=place.files)
    notes: list[str] = []
    found = _with_records(replace(found, card=_card(place, notes)), place, notes)
    notes += _beside(place)
    if found.leads_to and not kind:
        return replace(found, notes=tuple(notes))
    try:
        if not kind:
            raise StiltsError(
                f"{place.asked} holds nothing that `adapters`, PEFT or `transformers` has saved"
            )
        found = _of_kind(found, place, place.folder / at, located)
    except StiltsError as error:
        found = replace(found, refused=str(error))
    return replace(found, notes=(*found.notes, *notes))


def _of_kind(found: Shown, place: Place, folder: Path, located: Located | None) -> Shown:
    """Return what is known of something of a known kind, or refuse what cannot be used."""
    if found.kind == FUSION:
        said = headers.document(folder / FILES[found.kind])
        name = shown(said.get("model_name") or "") or found.backbone
        heads = tuple(_heads(place, folder))
        return replace(found, library="adapters", backbone=name, heads=heads)
    left = meeting.announced(folder, asked=place.asked)
    base = left.config if left.kind != SETUP else _first(left).config
    named = base.get("model_name") or base.get("base_model_name_or_path")
    named = named or base.get("_name_or_path") or ""
    found = replace(
        found,
        kind=left.kind,
        library=_LIBRARIES.get(left.kind, "adapters"),
        modules=tuple(map(shown, _modules(left))),
        active=_active(left),
        backbone=shown(named) or found.backbone,
        heads=tuple(_heads(place, folder)) or tuple(_class(left)),
        numbers=_weighed(place),
    )
    try:
        return _judged(found, place, left, located)
    except StiltsError as error:
        return replace(found, refused=str(error))


def _judged(found: Shown, place: Place, left: Left, located: Located | None) -> Shown:
    """Return what is known, with its method and whether it fits, or refuse what cannot be used."""
    method = bringing.method_of(left)
    found = replace(found, method=method.name)
    if located is None and found.backbone in locate.EMBEDDED:
        located = locate.locate(found.backbone, "")
    if located is None:
        meeting.check_said(left, method=method, exact=False, backbone=None)
    else:
        found = _compared(found, left, method, located)
    if place.is_stage and folders.left(str(place.folder)).block is not None:
        return replace(found, notes=(*found.notes, _PART), is_part=True)
    if not place.whole:
        return found
    return _counted(found, place, method, None if found.misfit else located)


def _compared(found: Shown, left: Left, method: Method, located: Located) -> Shown:
    """Return what is known, with whether it fits a backbone by what it says of itself."""
    try:
        meeting.check_said(left, method=method, exact=False, backbone=located)
        shape = shape_of(locate.config(located))
        if complaint := "" if method.whole else misfit(method, shape):
            raise StiltsError(f"{left.asked} does not fit '{located.name}', for {complaint}")
    except StiltsError as error:
        return replace(found, on=located.name, misfit=str(error))
    if left.kind in (ADAPTER, PEFT):
        numbers = stored_bytes(method, shape) // BYTES
        return replace(found, on=located.name, numbers=numbers, counted=True)
    return replace(found, on=located.name)


def _counted(found: Shown, place: Place, method: Method, located: Located | None) -> Shown:
    """Return what is known of a folder whose weights are there, or refuse them."""
    looked = meeting.look(place.folder, asked=place.asked)
    parts = (*looked.members.values(), *looked.layers.values()) or (looked,)
    numbers = sum(
        held.numbers
        for part in parts
        for name, held in part.weights.items()
        if looked.left.kind in _ALONE or not part.crown.has(name)
    )
    at = place.found[0]
    used = (f"{at}{name}" if f"{at}{name}" in place.files else name for name in looked.files)
    found = replace(found, numbers=numbers, counted=True, used=tuple(used))
    if located is not None:
        try:
            meeting.check(looked, method=method, exact=False, backbone=located)
        except StiltsError as error:
            return replace(found, on=located.name, misfit=str(error))
    return found


def _first(left: Left) -> Left:
    name = arrangement.read(left.folder).block.names[0]
    return looking.announced(left.folder / name, asked=f"{left.asked} ({name})")


def _active(left: Left) -> str:
    """Return the block that is made active; that of stacked LoRA adds up what it averages."""
    if left.kind != SETUP:
        return ""
    block = arrangement.read(left.folder).block
    return f"{shown(block)}{', whose outputs are added up' if block.sums else ''}"


def _modules(left: Left) -> Sequence[str]:
    if left.kind == SETUP:
        saved = arrangement.read(left.folder)
        return (*saved.block.names, *(each.layer for each in saved.block.fusions()))
    return (str(left.config["name"]),) if left.kind == ADAPTER else ()


def _heads(place: Place, folder: Path) -> Iterator[Top]:
    """Yield the heads of `adapters` that lie at the place, or in folders of their own."""
    at = folder.relative_to(place.folder).as_posix().removeprefix(".")
    at = f"{at}/" if at else ""
    for name in place.files:
        inner = PurePosixPath(name)
        if inner.name != filenames.HEAD_CONFIG or not name.startswith(at):
            continue
        path = place.folder / name
        left = Left(asked=place.asked, folder=path.parent, kind=HEAD, config={}, record=None)
        yield _top(crown_of_adapters(left, {}), shown(headers.document(path).get("name") or ""))


def _class(left: Left) -> Iterator[Top]:
    """Yield the head that is part of a class: of a full model, or of one under PEFT."""
    if left.kind == PEFT and (kind := filenames.PEFT_TASKS.get(str(left.config.get("task_type")))):
        yield Top(name=str(left.config["task_type"]), kind=kind)
    names, labels = left.config.get("architectures"), left.config.get("id2label")
    if left.kind == MODEL and isinstance(names, list) and names:
        words = labels.values() if isinstance(labels, dict) else ()
        yield Top(name=shown(names[0]), labels=tuple(map(shown, words)))


def _top(crown: Crown, name: str) -> Top:
    if crown.head is None:
        return Top(name=name, behind=crown.behind)
    return Top(name=name, kind=crown.head.kind, labels=tuple(map(shown, crown.head.labels)))


def _weighed(place: Place) -> int | None:
    """Return about how many numbers the modules have, by the size of their files."""
    heads = () if place.found[1] == HEAD else (filenames.HEAD_WEIGHTS,)
    sizes = [
        size
        for name, size in place.files.items()
        if name.endswith(".safetensors") and PurePosixPath(name).name not in heads
    ]
    return sum(sizes) // BYTES if sizes else None


def _card(place: Place, notes: list[str]) -> Card | None:
    """Return what the card says; what is wrong with it is a note, for nothing depends on it."""
    if reading.CARD not in place.files:
        notes += [] if place.is_stage else ["it has no card"]
        return None
    if not place.has(reading.CARD):
        notes.append("its card is not here")
        return None
    try:
        return reading.card(place.folder / reading.CARD)
    except StiltsError as error:
        notes.append(f"its card is not read: {shown(error)}")
        return None


def _with_records(found: Shown, place: Place, notes: list[str]) -> Shown:
    """Return what is known, with what its records say of how it was made."""
    try:
        if place.has(PUBLISHED):
            if index := history.read_index(place.folder / PUBLISHED):
                led = {name: shown(what) for name, what in index.items()}
                return replace(found, leads_to=led)
            said = history.read_records(place.folder / PUBLISHED)
            stages = [said.own, *said.sources, *said.before]
            made = [f"{shown(said.expression)} by {shown(said.way)}"]
            made += [_trained(shown(each.name), each.record) for each in stages]
            tasks = [each.record.identity.get("task") for each in stages]
            base = shown(said.base.get("id") or said.base.get("title") or "")
        elif place.whole and RECORD in place.files:
            record = read_record(place.folder / RECORD)
            made, tasks = [_trained(shown(record.slug), record)], [record.identity.get("task")]
            base = ""
        else:
            return found
    except StiltsError as error:
        notes.append(f"its records are not read: {shown(error)}")
        return found
    known = tuple(dict.fromkeys(shown(task) for task in tasks if isinstance(task, str)))
    return replace(found, trained=tuple(made), tasks=known, backbone=base)


def _trained(name: str, record: StageRecord) -> str:
    """Return what the record of a training says."""
    identity, seconds = record.identity, record.costs.train_seconds
    hyper = identity.get("hyper")
    steps = hyper.get("steps") if isinstance(hyper, dict) else None
    said = [
        f"{shown(record.kind)} of {shown(identity['task'])}" if "task" in identity else "",
        f"seed {shown(identity['seed'])}" if "seed" in identity else "",
        f"{shown(steps)} steps" if steps else "",
        f"{seconds:.0f} s" if isinstance(seconds, int | float) else "",
    ]
    return f"{name}: {', '.join(filter(None, said)) or shown(record.kind)}"


def _beside(place: Place) -> Iterator[str]:
    """Yield what lies beside it that is never read here."""
    for ends, what in (
        (filenames.PICKLES, "pickles, which are never opened here"),
        (_CODE, "code, which is never run here"),
    ):
        names = [name for name in place.files if PurePosixPath(name).suffix in ends]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            yield f"it has {what}: {shown(', '.join(names[:3]))}{more}"
