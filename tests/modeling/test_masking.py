from typing import Any

import pytest
import torch

from adapterstilts.modeling.masking import Masker
from adapterstilts.tasks.formats.masked_lm import SALIENT, SHARE


@pytest.fixture(scope="module")
def masked(lab: Any) -> Any:
    """Return input ids, half of them salient, and what became of them."""
    tokenizer = lab.tokenizer
    pieces = [id for id in range(tokenizer.size) if id not in tokenizer.controls]
    generator = torch.Generator().manual_seed(0)
    ids = torch.tensor(pieces)[torch.randint(len(pieces), (400, 100), generator=generator)]
    ids[:, 0], ids[:, 90], ids[:, 91:] = tokenizer.bos, tokenizer.eos, tokenizer.pad
    salient = torch.zeros_like(ids)
    salient[:, 45:] = 1
    hidden, labels = Masker(tokenizer)(ids, salient, 5)
    return tokenizer, ids, salient, hidden, labels


def test_what_is_asked_becomes_mask_noise_or_stays(masked: Any) -> None:
    tokenizer, ids, _, hidden, labels = masked
    asked = labels != -100
    assert torch.equal(labels[asked], ids[asked])
    assert torch.equal(hidden[~asked], ids[~asked])
    count = int(asked.sum())
    became_mask = int((hidden[asked] == tokenizer.mask).sum())
    stayed = int((hidden[asked] == ids[asked]).sum())
    assert became_mask / count == pytest.approx(0.8, abs=0.02)
    assert stayed / count == pytest.approx(0.1, abs=0.02)
    assert (count - became_mask - stayed) / count == pytest.approx(0.1, abs=0.02)


def test_controls_are_never_asked_nor_given_as_noise(masked: Any) -> None:
    tokenizer, ids, _, hidden, labels = masked
    controls = torch.tensor(sorted(tokenizer.controls))
    assert not (torch.isin(ids, controls) & (labels != -100)).any()
    changed = hidden[hidden != ids]
    assert not torch.isin(changed[changed != tokenizer.mask], controls).any()


def test_salient_places_are_asked_more_often(masked: Any) -> None:
    _, _, salient, _, labels = masked
    asked = labels != -100
    plain = asked[:, 1:45].float().mean().item()
    special = asked[:, 45:90].float().mean().item()
    assert plain == pytest.approx(SHARE, abs=0.01)
    assert special == pytest.approx(SALIENT, abs=0.01)
    assert salient[:, 45:].all()


def test_masks_follow_from_the_seed_alone(masked: Any) -> None:
    tokenizer, ids, salient, hidden, labels = masked
    state = torch.get_rng_state()
    again = Masker(tokenizer)(ids, salient, 5)
    assert torch.equal(again[0], hidden)
    assert torch.equal(again[1], labels)
    assert not torch.equal(Masker(tokenizer)(ids, salient, 6)[1], labels)
    assert torch.equal(torch.get_rng_state(), state)


def test_without_salient_places_all_are_asked_alike(masked: Any) -> None:
    tokenizer, ids, _, _, _ = masked
    _, labels = Masker(tokenizer)(ids, None, 5)
    assert (labels[:, 1:90] != -100).float().mean().item() == pytest.approx(SHARE, abs=0.01)
