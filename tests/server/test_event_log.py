"""Every event that there is can be recorded and read back as it was."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from tests.server.world import CONFIG
from webnn.core import events as ev
from webnn.core.frames import decode_frame
from webnn.core.metrics import Validation, Verdict
from webnn.server.event_log import Life, decode_event, decode_life, encode_event, encode_life
from webnn.store.journal import Incarnation

KINDS = get_args(ev.Event)
PAYLOAD = np.array([1.5, -2.0], np.float32)


EXAMPLES: Mapping[Any, Any] = {
    str: "words",
    int: 7,
    float: math.inf,
    bool: True,
    ev.Vector: PAYLOAD,
    Sequence[float]: [0.5, 2.0],
}


def example(hint: Any, *, full: bool) -> Any:
    """A value of a field's type; of `X | None`, X where it is to be `full`."""
    if get_origin(hint) in (Union, types.UnionType):
        return example(get_args(hint)[0], full=full) if full else None
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return {"learningRate": 0.5, "merge": {"average": {}}, "notes": None}
    if dataclasses.is_dataclass(hint):
        return hint(**{name: example(each, full=full) for name, each in get_type_hints(hint).items()})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return EXAMPLES[hint]


def recorded(event: ev.Event) -> Any:
    frame = b"".join(bytes(piece) for piece in encode_event(event, 1.5, "abc"))
    found = decode_event(decode_frame(frame, 1 << 20, 64))
    assert (found.now, found.hash) == (1.5, "abc")
    return found.event


@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_event_comes_back_as_it_was(kind: type, full: bool) -> None:
    event = example(kind, full=full)
    again = recorded(event)
    assert type(again) is kind
    for field in dataclasses.fields(event):
        before, after = getattr(event, field.name), getattr(again, field.name)
        if field.name == "payload":
            np.testing.assert_array_equal(after, before)
        else:
            assert after == before


def test_sketch_comes_back_number_for_number() -> None:
    sketch = np.random.default_rng(1).standard_normal(8).astype(np.float32)
    again = recorded(ev.Judged("0-1", Verdict(True, 1.0, 1.0, sketch))).verdict.sketch
    np.testing.assert_array_equal(np.asarray(again, np.float32), sketch)


def test_numbers_that_are_not_finite_come_back() -> None:
    verdict = recorded(ev.Judged("0-1", Verdict(finite=False, norm=math.nan))).verdict
    assert math.isnan(verdict.norm)
    assert recorded(ev.Validated(3, True, Validation(math.inf, None, 10))).result.loss == math.inf


def test_what_a_life_begins_from_comes_back() -> None:
    life = Life(CONFIG, np.ones(CONFIG.num_weights, np.float32), Incarnation(2, 300, 7.5))
    (frame,) = encode_life(life)
    head = decode_frame(b"".join(bytes(piece) for piece in frame), 1 << 20, 64)
    again = decode_life(head, [], CONFIG.schedule)
    assert again.config == CONFIG
    assert again.incarnation == life.incarnation
