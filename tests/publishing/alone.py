"""Loads what is published where nothing but one library is, and says what it answers.

Run by `plain.answers` with the paths to import from, a file of cases and where answers belong.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path


def main() -> None:
    paths, cases, out = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    sys.path = [path for path in sys.path if "-packages" not in path] + paths

    import torch
    from safetensors.torch import save_file

    torch.set_num_threads(1)
    said = {}
    for case in json.loads(cases.read_text(encoding="utf-8")):
        names, printed = {}, io.StringIO()
        with redirect_stdout(printed):
            exec(compile(case["code"], case["name"], "exec"), names)
        exec(case["head"], names)
        asked = zip(case["features"], case["asked"], strict=True)
        answers = [answer(names["model"], ids, places, case) for ids, places in asked]
        save_file(
            {str(number): each.float().contiguous() for number, each in enumerate(answers)},
            out / f"{case['name']}.safetensors",
        )
        said[case["name"]] = printed.getvalue()
    there = sorted({name.partition(".")[0] for name in sys.modules} & {"adapters", "peft"})
    assert "adapterstilts" not in sys.modules
    (out / "said.json").write_text(json.dumps({"printed": said, "there": there}))


def answer(model, ids, places, case):
    """Return what a model says of the features of one example, of equal length or padded."""
    import torch

    longest = max(map(len, ids))
    rows = torch.tensor([[*row, *[1] * (longest - len(row))] for row in ids])
    inputs = {"input_ids": rows, "attention_mask": (rows != 1).long()}
    if case["kind"] == "choice" and not case["flexible"]:
        inputs = {name: tensor[None] for name, tensor in inputs.items()}
    if case["kind"] == "choice" and case["flexible"]:
        heads = (model if hasattr(model, "heads") else model.get_base_model()).heads
        for head in heads.values():  # They only group their answers by it.
            head.config["num_choices"] = len(ids)
    with torch.inference_mode():
        if case["kind"] == "none":
            states = model(**inputs, output_hidden_states=True).hidden_states
            return states[round((len(states) - 1) * 14 / 24)][0, -longest:].mean(0)
        said = model(**inputs)
    if case["kind"] == "span":
        return torch.stack((said.start_logits, said.end_logits), dim=-1)[0, -longest:]
    if case["kind"] == "token":
        return said.logits[0, -longest:]
    if case["kind"] == "lm":
        return said.logits[0][torch.tensor(places)].argmax(-1)
    return said.logits.reshape(-1, 1) if case["kind"] == "choice" else said.logits[0]


main()
