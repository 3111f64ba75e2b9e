"""Write the golden frames that Python and TypeScript tests read: `python tests/vectors/generate.py`.

Each frame is NAME.bin; frames.json says what it holds: its header, and where there is a payload, the offset at which it
starts, its encoding and its numbers (exact in that encoding; `from` is what was encoded, where that lost something).
The frames are put together here byte by byte, apart from msgpack itself, so that they check the codec and not only
repeat it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import msgpack

FOLDER = Path(__file__).parent

HELLO = {
    "type": "hello",
    "protocol": 1,
    "build": "0123abcd",
    "role": "volunteer",
    "volunteer_id": None,
    "secret": None,
    "device": {"kind": "browser", "name": "Zoë's phone"},
    "encodings": {"up": ["f16", "f32"], "down": ["f32"]},
}
UPDATE = {
    "type": "update",
    "lease_id": "0-7",
    "base_version": 12,
    "iterations": 40,
    "num_examples": 2560,
    "seconds": 2.75,
    "encoding": "f32",
    "loss": 0.5,
    "accuracy": None,
}
LEASE = {
    "type": "lease",
    "lease_id": "0-7",
    "version": 12,
    "hash": "9f86d081",
    "parts": [["a" * 64, 0, 1280], ["b" * 64, 320, 1600]],
    "num_examples": 2560,
    "iterations": 40,
    "batch_size": 64,
    "seed": 4294967295,
    "learning_rate": 0.2,
    "optimizer": "model",
    "wants": "weights",
    "carry": False,
    "keep": None,
    "soon": None,
    "encoding": "f16",
    "seconds": 30.0,
}
SHARD = {
    "type": "shard",
    "num_examples": 3,
    "inputs": [{"dtype": "uint8", "shape": [3, 2, 2, 1], "offset": 0}],
    "targets": {"dtype": "int32", "shape": [3], "offset": 16},
}
NUMBERS = [0.0, -0.0, 1.0, -2.5, 65504.0, 6.103515625e-05, 0.333251953125]
PIXELS = [0, 1, 2, 3, 127, 128, 254, 255, 10, 20, 30, 40]
LABELS = [9, 0, 5]


STEPS = [(i * 37) % 255 - 127 for i in range(300)]  # of 0.5 in the first block of 256, of 2^-10 in the second
STEPS[3], STEPS[258] = 127, -127
SCALES = [0.5, 2.0**-10]
ROUNDED = {0: 0.5, 1: -0.5, 2: 0.25, 4: 0.25}  # of a step: ties go to even
KEPT = {5: 127, 100: -64, 299: 20}  # the hundredth of 300 numbers, in steps of 0.5


def int8() -> tuple[bytes, list[float], list[float]]:
    """Payload, what is encoded, and what comes back."""
    steps = [SCALES[i // 256] * step for i, step in enumerate(STEPS)]
    given = [number + SCALES[0] * ROUNDED.get(i, 0) for i, number in enumerate(steps)]
    rounded = [round(STEPS[i] + ROUNDED.get(i, 0)) for i in range(300)]  # Python rounds ties to even
    back = [SCALES[i // 256] * step for i, step in enumerate(rounded)]
    return struct.pack("<2f", *SCALES) + struct.pack("<300b", *rounded), given, back


def topk() -> tuple[bytes, list[float], list[float]]:
    """The same for the largest numbers alone."""
    given = [0.5 * KEPT[i] if i in KEPT else ((i * 7) % 19 - 9) / 2 for i in range(300)]
    back = [0.5 * KEPT.get(i, 0) for i in range(300)]
    return struct.pack("<If3I3b", len(KEPT), 0.5, *KEPT, *KEPT.values()), given, back


def frame(header: dict[str, Any], payload: bytes = b"") -> tuple[bytes, int]:
    """Put a frame together; also where its payload starts."""
    packed = msgpack.packb(header)
    start = struct.pack("<I", len(packed)) + packed
    start += b"\0" * (-len(start) % 8)
    return start + payload, len(start)


def frames() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """Name each frame's bytes and what is expected of them."""
    f32 = struct.pack(f"<{len(NUMBERS)}f", *NUMBERS)
    f16 = struct.pack(f"<{len(NUMBERS)}e", *NUMBERS)
    shard = bytes(PIXELS) + bytes(4) + struct.pack("<3i", *LABELS)
    half = {**UPDATE, "encoding": "f16"}
    bytes8, given8, back8 = int8()
    bytes_k, given_k, back_k = topk()
    plan = {
        "hello": (HELLO, b"", {}),
        "update-f32": (UPDATE, f32, {"encoding": "f32", "numbers": NUMBERS}),
        "update-f16": (half, f16, {"encoding": "f16", "numbers": NUMBERS}),
        "update-int8": ({**UPDATE, "encoding": "int8"}, bytes8, {"encoding": "int8", "numbers": back8, "from": given8}),
        "update-topk": (
            {**UPDATE, "encoding": "topk"},
            bytes_k,
            {"encoding": "topk", "numbers": back_k, "from": given_k},
        ),
        "lease": (LEASE, b"", {}),
        "shard": (SHARD, shard, {"inputs": [PIXELS], "targets": LABELS}),
    }
    made = {}
    for name, (header, payload, expected) in plan.items():
        data, offset = frame(header, payload)
        about = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "payload_offset": offset}
        made[name] = (data, {"header": header, **about, **expected})
    return made


def main() -> None:
    made = frames()
    for name, (data, _) in made.items():
        (FOLDER / f"{name}.bin").write_bytes(data)
    described = {name: about for name, (_, about) in made.items()}
    (FOLDER / "frames.json").write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
