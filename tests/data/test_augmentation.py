"""The golden numbers of augmentation are those of docs/protocol.md; TypeScript's tests hold the volunteers to them."""

from __future__ import annotations

import json

import numpy as np
from support.augmentation import PATH, golden


def test_golden_numbers_are_what_the_protocol_says() -> None:
    written = json.loads(PATH.read_text("utf-8"))
    for case, made in zip(written, golden(), strict=True):
        np.testing.assert_allclose(case.pop("numbers"), made.pop("numbers"), atol=2e-5)
        assert case == made
