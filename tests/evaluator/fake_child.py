"""A child that speaks frames as the evaluator does, and dies, hangs or babbles when it is asked to.

python fake_child.py LIVES    LIVES: a file with the number of processes started so far, one byte for each
"""

import sys
import time
from pathlib import Path

from webnn.core.frames import decode_frame, encode_frame


def main(lives: Path) -> None:
    with lives.open("ab") as file:
        file.write(b".")
    life = lives.stat().st_size
    print(f"life {life}", file=sys.stderr, flush=True)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    remembered = None
    while len(prefix := stdin.read(4)) == 4:
        frame = decode_frame(stdin.read(int.from_bytes(prefix, "little")))
        header = {"type": "reply", "id": frame.header["id"], "life": life, "remembered": remembered}
        payload = None
        match frame.header["type"]:
            case "echo":
                payload = bytes(frame.payload)
            case "remember":
                remembered = frame.header["value"]
            case "refuse":
                header = {"type": "error", "id": frame.header["id"], "code": "invalid_model", "message": "No."}
            case "die":
                sys.exit(3)
            case "die_once":
                if life == 1:
                    sys.exit(3)
            case "hang_once":
                if life == 1:
                    time.sleep(600)
            case "babble":
                stdout.write(b"\x08\x00\x00\x00 no frame")
                stdout.flush()
        reply = encode_frame(header, payload)
        stdout.write(len(reply).to_bytes(4, "little") + reply)
        stdout.flush()


main(Path(sys.argv[1]))
