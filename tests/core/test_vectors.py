"""The golden frames, which TypeScript reads too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from webnn.core.encoding import decode_vector, encode_vector
from webnn.core.frames import decode_frame, encode_frame
from webnn.core.grid import decode_grid, since_version
from webnn.core.messages import decode_client_message

FOLDER = Path(__file__).parent.parent / "vectors"
FRAMES: dict[str, dict[str, Any]] = json.loads((FOLDER / "frames.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FRAMES)
def test_golden_frame_decodes_to_what_is_written_beside_it(name: str) -> None:
    data = (FOLDER / f"{name}.bin").read_bytes()
    frame = decode_frame(data)
    assert frame.header == FRAMES[name]["header"]
    assert len(data) - len(frame.payload) == FRAMES[name]["payload_offset"]
    assert hashlib.sha256(data).hexdigest() == FRAMES[name]["sha256"]


@pytest.mark.parametrize("name", FRAMES)
def test_our_encoder_makes_the_golden_bytes(name: str) -> None:
    data = (FOLDER / f"{name}.bin").read_bytes()
    frame = decode_frame(data)
    assert encode_frame(FRAMES[name]["header"], frame.payload) == data


@pytest.mark.parametrize("name", [name for name in FRAMES if name.startswith("update-")])
def test_golden_payload_holds_its_numbers_exactly(name: str) -> None:
    about = FRAMES[name]
    _, payload = decode_client_message((FOLDER / f"{name}.bin").read_bytes())
    expected = np.array(about["numbers"], np.float32)
    vector = decode_vector(payload, about["encoding"], len(expected))
    np.testing.assert_array_equal(vector.view(np.uint32), expected.view(np.uint32))
    given = np.array(about.get("from", about["numbers"]), np.float32)
    assert bytes(encode_vector(given, about["encoding"])) == bytes(payload)


def test_golden_version_on_its_grid_and_what_changed_since() -> None:
    whole, change = (decode_frame((FOLDER / f"outcome-{name}.bin").read_bytes()) for name in ("grid", "grid-change"))
    numbers = np.array(FRAMES["outcome-grid"]["numbers"], np.float32)
    held = decode_grid(whole.payload, len(numbers))
    np.testing.assert_array_equal(held.vector(), numbers)
    assert bytes(encode_vector(numbers, "grid")) == bytes(whole.payload)
    about = FRAMES["outcome-grid-change"]
    assert since_version(change.payload) == about["since"]
    after = decode_grid(change.payload, len(numbers), {about["since"]: held}.get)
    np.testing.assert_array_equal(after.vector(), np.array(about["changed"], np.float32))


def test_golden_shard_holds_its_examples() -> None:
    about = FRAMES["shard"]
    frame = decode_frame((FOLDER / "shard.bin").read_bytes())
    targets = about["header"]["targets"]
    assert list(frame.payload[:12]) == about["inputs"][0]
    assert np.frombuffer(frame.payload, "<i4", 3, targets["offset"]).tolist() == about["targets"]
