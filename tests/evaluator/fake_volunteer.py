"""A stand-in for the volunteer program: says what it was told, then ends as its URL says, or waits to be asked to.

Usage: python fake_volunteer.py LIVES URL [OPTIONS]. URL is exit-CODES, such as "exit-1,1,0" (one a life), or "wait".
"""

import json
import sys
from pathlib import Path

lives = Path(sys.argv[1])
with lives.open("ab") as file:
    file.write(b".")
life = lives.stat().st_size
print(json.dumps({"type": "worker", "state": "started", "arguments": sys.argv[3:], "life": life}), flush=True)
print("a line for the log", file=sys.stderr, flush=True)
if sys.argv[2].startswith("exit-"):
    codes = sys.argv[2].removeprefix("exit-").split(",")
    sys.exit(int(codes[min(life, len(codes)) - 1]))
sys.stdin.read()
print(json.dumps({"type": "closed", "code": "stopped", "message": "asked to leave"}), flush=True)
