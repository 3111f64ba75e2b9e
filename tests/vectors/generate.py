"""Write the golden frames that Python and TypeScript tests read: `python tests/vectors/generate.py`.

Each frame is NAME.bin; frames.json says what it holds: its header, and where there is a payload, the offset at which it
starts, its encoding and its numbers (exact in that encoding; `from` is what was encoded, where that lost something).
The frames are put together here byte by byte, apart from msgpack itself, so that they check the codec and not only
repeat it.
"""

from __future__ import annotations

import hashlib
import json
import math
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
OUTCOME = {
    "type": "outcome",
    "lease_id": "0-7",
    "outcome": "merged",
    "version": 12,
    "hash": "9f86d081",
    "iterations": 480,
    "whole": False,
    "detail": None,
    "encoding": "grid",
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
MOVES = {0: 1, 5: -1, 6: 3, 100: -2, 257: 1, 260: -4, 299: 1}  # of numbers on a grid, from one version to the next
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


def int4() -> tuple[bytes, list[float], list[float]]:
    """The same with sixteen steps, of which 15 are used."""
    steps = [(i * 5) % 15 - 7 for i in range(301)]
    steps[3], steps[258] = 7, -7
    given = [SCALES[i // 256] * (step + ROUNDED.get(i, 0)) for i, step in enumerate(steps)]
    rounded = [round(step + ROUNDED.get(i, 0)) for i, step in enumerate(steps)]
    back = [SCALES[i // 256] * step for i, step in enumerate(rounded)]
    codes = [step & 15 for step in rounded] + [0]
    packed = bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))
    return struct.pack("<2f", *SCALES) + packed, given, back


def int2() -> tuple[bytes, list[float], list[float]]:
    """The same with four middles: the mean square of each block is that of its scale."""
    numbers = [*[0.5, -0.5, 1.5, -1.5, 0.0] * 51, 1.0, *[0.0, -1.5, 1.5, 0.5, -0.5] * 9]
    given = [SCALES[i // 256] * number for i, number in enumerate(numbers)]
    codes = [max(-2, min(1, math.floor(number))) + 2 for number in numbers]
    back = [SCALES[i // 256] * (code - 1.5) for i, code in enumerate(codes)]
    codes += [0] * (-len(codes) % 4)
    packed = bytes(
        sum(code << 2 * place for place, code in enumerate(codes[i : i + 4])) for i in range(0, len(codes), 4)
    )
    return struct.pack("<2f", *SCALES) + packed, given, back


def grid() -> tuple[bytes, list[float], bytes, list[float]]:
    """A whole version on its grid and what it holds; the next version as what changed, and what that holds."""
    before = [(i * 37) % 255 - 127 for i in range(300)]
    before[3], before[258] = 127, 127
    guess = before[:256] + [round(code / 2) for code in before[256:]]  # the second block's step doubles; ties to even
    moves = [MOVES.get(i, 0) for i in range(300)]
    after = [code + move for code, move in zip(guess, moves, strict=True)]
    whole = rice(before, [-3, -10], [7, 7], 0)
    change = rice(moves, [-3, -9], [0, 2], 12)
    return whole, _numbers(before, [-3, -10]), change, _numbers(after, [-3, -9])


def _numbers(codes: list[int], exponents: list[int]) -> list[float]:
    return [code * 2.0 ** exponents[i // 256] for i, code in enumerate(codes)]


def rice(changes: list[int], exponents: list[int], planes: list[int], since: int) -> bytes:
    """Write whole numbers by Rice's code, bit by bit."""
    folded = [2 * change if change >= 0 else -2 * change - 1 for change in changes]
    bits = [number >> plane & 1 for plane in range(14) for i, number in enumerate(folded) if planes[i // 256] > plane]
    for i, number in enumerate(folded):
        bits += [0] * (number >> planes[i // 256]) + [1]
    bits += [0] * (-len(bits) % 8)
    packed = bytes(sum(bit << place for place, bit in enumerate(bits[i : i + 8])) for i in range(0, len(bits), 8))
    return struct.pack("<2I2b2B", since, len(packed), *exponents, *planes) + packed


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
    bytes4, given4, back4 = int4()
    bytes2, given2, back2 = int2()
    bytes_k, given_k, back_k = topk()
    whole, numbers, change, changed = grid()
    plan = {
        "hello": (HELLO, b"", {}),
        "update-f32": (UPDATE, f32, {"encoding": "f32", "numbers": NUMBERS}),
        "update-f16": (half, f16, {"encoding": "f16", "numbers": NUMBERS}),
        "update-int8": ({**UPDATE, "encoding": "int8"}, bytes8, {"encoding": "int8", "numbers": back8, "from": given8}),
        "update-int4": ({**UPDATE, "encoding": "int4"}, bytes4, {"encoding": "int4", "numbers": back4, "from": given4}),
        "update-int2": ({**UPDATE, "encoding": "int2"}, bytes2, {"encoding": "int2", "numbers": back2, "from": given2}),
        "update-topk": (
            {**UPDATE, "encoding": "topk"},
            bytes_k,
            {"encoding": "topk", "numbers": back_k, "from": given_k},
        ),
        "outcome-grid": (OUTCOME, whole, {"encoding": "grid", "numbers": numbers}),
        "outcome-grid-change": ({**OUTCOME, "version": 13}, change, {"since": 12, "changed": changed}),
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
