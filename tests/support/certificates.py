"""A certificate that nobody vouches for, as an owner makes one with openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

COMMAND = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=training.example"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for a name that is not this computer's, and its key (PEM). Skips where openssl is absent."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = [*COMMAND.split(), "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key
