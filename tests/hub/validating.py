"""What the Hub checks of a card's metadata, in its words where these are known.

The Hub does not publish its rules. Here are those that its documentation states, and those that
people have met and quoted; where the two are silent, the stricter reading.
"""

import importlib.util
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

LICENCES = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0
bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0
cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl
ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl
lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0
odc-by odbl openmdw-1.0 openmdw-1.1 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib
pddl lgpl-lr deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1
llama3.2 llama3.3
llama4 grok2-community gemma unknown other
""".split()
PIPELINES = """
text-classification token-classification table-question-answering question-answering
zero-shot-classification translation summarization feature-extraction text-generation fill-mask
sentence-similarity multiple-choice text-retrieval text-ranking other
""".split()
"""Those of the Hub's tasks that have to do with text."""
RELATIONS = ("adapter", "merge", "quantized", "finetune")
KINDS = ("model", "dataset", "space")
_BLOCK = re.compile(r"^(\s*---[\r\n]+)([\S\s]*?)([\r\n]+---(\r\n|\n|$))")
_ID = re.compile(r"[A-Za-z0-9_](?:[\w.-]*\w)?(?:/\w(?:[\w.-]*\w)?)?", re.ASCII)
_CODE = re.compile(r"[a-z]{2,3}")
_Check = Callable[[str, Any], Sequence[str]]


class Said(NamedTuple):
    """What is wrong with a card, and what could be better."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def validate(content: str, kind: str = "model") -> Said:
    """Return what the Hub says of a card."""
    if kind not in KINDS:
        return Said((f'"repoType" must be one of [{", ".join(KINDS)}]',), ())
    found = _BLOCK.match(content)
    if found is None or not found[2].strip():
        address = "https://huggingface.co/docs/hub/model-cards#model-card-metadata"
        return Said((), (f"empty or missing yaml metadata in repo card ({address})",))
    try:
        value = yaml.safe_load(found[2])
    except yaml.YAMLError as error:
        return Said((f"Invalid YAML: {str(error).splitlines()[0]}",), ())
    if not isinstance(value, dict):
        return Said(('"metadata" must be of type object',), ())
    errors = [word for key, each in value.items() for word in _key(str(key), each, kind)]
    pipeline = value.get("pipeline_tag")
    warned = isinstance(pipeline, str) and pipeline not in PIPELINES
    warning = f'The pipeline tag "{pipeline}" is not in the official list'
    return Said(tuple(errors), (warning,) if warned else ())


def _key(key: str, value: Any, kind: str) -> Sequence[str]:
    """Return what is wrong with one part of the metadata; what is unknown is welcome."""
    if key in ("library_name", "pipeline_tag", "license_name", "license_link", "thumbnail"):
        return _string(key, value)
    if key == "license":
        return _some(key, value, _licence)
    if key == "language":
        return _some(key, value, _language)
    if key in ("tags", "metrics", "language_bcp47"):
        return _every(key, value, _string)
    if key == "datasets":
        return _some(key, value, _dataset)
    if key == "base_model":
        return _some(key, value, _model)
    if key == "base_model_relation" and value not in RELATIONS:
        return [f'"{key}" must be one of [{", ".join(RELATIONS)}]']
    if key == "model-index" and kind == "model":
        return _every(key, value, _indexed)
    return []


def _string(key: str, value: Any) -> Sequence[str]:
    if not isinstance(value, str):
        return [f'"{key}" must be a string']
    return [] if value else [f'"{key}" is not allowed to be empty']


def _some(key: str, value: Any, check: _Check) -> Sequence[str]:
    """Return what is wrong with one value, or with several."""
    return _every(key, value, check) if isinstance(value, list) else check(key, value)


def _every(key: str, value: Any, check: _Check) -> Sequence[str]:
    if not isinstance(value, list):
        return [f'"{key}" must be an array']
    return [word for n, each in enumerate(value) for word in check(f"{key}[{n}]", each)]


def _licence(key: str, value: Any) -> Sequence[str]:
    known = isinstance(value, str) and value in LICENCES
    return [] if known else [f'"{key}" must be one of [{", ".join(LICENCES)}, array]']


def _language(key: str, value: Any) -> Sequence[str]:
    wrong = _string(key, value)
    if wrong:
        return wrong
    if value != value.lower():
        return [f'"{key}" must only contain lowercase characters']
    if value in ("code", "multilingual") or (_CODE.fullmatch(value) and value in _codes(value)):
        return []
    told = "It must be an ISO 639-1, 639-2 or 639-3 code (two/three letters), or a special value "
    told += 'like "code", "multilingual". If you want to use BCP-47 identifiers, you can specify '
    return [f'"{key}" with value "{value}" is not valid. {told}them in language_bcp47.']


@cache
def _list() -> Mapping[str, str]:
    """Return the list of codes that `datasets` has of the Hub, where it is installed with it."""
    spec = importlib.util.find_spec("datasets")
    folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else Path()
    path = folder / "utils" / "resources" / "languages.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _codes(value: str) -> Mapping[str, str]:
    return _list() or {value: value}


def _dataset(key: str, value: Any) -> Sequence[str]:
    wrong = _string(key, value)
    if wrong or _ID.fullmatch(value):
        return wrong
    told = "If possible, use a dataset id from https://hf.co/datasets."
    return [f'"{key}" with value "{value}" is not valid. {told}']


def _model(key: str, value: Any) -> Sequence[str]:
    wrong = _string(key, value)
    if wrong or _ID.fullmatch(value):
        return wrong
    told = "Use a model id from https://hf.co/models."
    return [f'"{key}" with value "{value}" is not valid. {told}']


def _indexed(key: str, value: Any) -> Sequence[str]:
    """Return what is wrong with one model of a model index."""
    errors = _fields(key, value, needed={"name": _string, "results": _anything}, other={})
    if errors:
        return errors
    return _every(f"{key}.results", value["results"], _result)


def _result(key: str, value: Any) -> Sequence[str]:
    needed = {"task": _task, "dataset": _data, "metrics": _metrics}
    return _fields(key, value, needed=needed, other={"source": _source})


def _task(key: str, value: Any) -> Sequence[str]:
    return _fields(key, value, needed={"type": _string}, other={"name": _string})


def _data(key: str, value: Any) -> Sequence[str]:
    named = ("config", "split", "revision")
    needed = {"type": _string, "name": _string}
    return _fields(key, value, needed=needed, other=dict.fromkeys(named, _string))


def _metrics(key: str, value: Any) -> Sequence[str]:
    return _every(key, value, _metric)


def _metric(key: str, value: Any) -> Sequence[str]:
    needed = {"type": _string, "value": _number}
    return _fields(key, value, needed=needed, other={"name": _string, "config": _string})


def _source(key: str, value: Any) -> Sequence[str]:
    return _fields(key, value, needed={"url": _string}, other={"name": _string})


def _anything(key: str, value: Any) -> Sequence[str]:
    return []


def _number(key: str, value: Any) -> Sequence[str]:
    """Return what is wrong with a score: words are allowed, what JSON has no sign for is not."""
    if value is None:
        return [f'"{key}" is required']
    if isinstance(value, float) and not math.isfinite(value):
        return [f'"{key}" must be a finite number']
    return []


def _fields(
    key: str, value: Any, *, needed: Mapping[str, _Check], other: Mapping[str, _Check]
) -> Sequence[str]:
    """Return what is missing or wrong in a mapping."""
    if not isinstance(value, dict):
        return [f'"{key}" must be of type object']
    errors = [f'"{key}.{name}" is required' for name in needed if name not in value]
    for name, check in {**needed, **other}.items():
        if name in value:
            errors += check(f"{key}.{name}", value[name])
    return errors
