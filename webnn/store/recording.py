"""An append-only log of frames: `RUN/recording/NUMBER.frames`, one file for each life of a run.

Each entry is its length (uint64, little-endian) and a frame as docs/protocol.md has them. An entry that a crash cut
short, and whatever might follow it, counts for nothing.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from webnn.core.frames import Buffer, Frame, decode_frame
from webnn.store.durable import make_folder, sync_folder

FOLDER = "recording"
_LENGTH = struct.Struct("<Q")
_MAX_HEADER_BYTES = 1 << 30
_MAX_DEPTH = 64

Piece = Buffer


class FrameLog:
    """Appends frames to one file. Blocks; raises `OSError` when the disk refuses, and then nothing was appended."""

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._file = path.open("xb", buffering=0)
        sync_folder(path.parent)
        self._end = 0

    def append(self, frames: Iterable[tuple[Piece, ...]]) -> None:
        """Append frames, each given in pieces; on return they outlive a power cut."""
        try:
            for pieces in frames:
                self._write(_LENGTH.pack(sum(memoryview(piece).nbytes for piece in pieces)))
                for piece in pieces:
                    self._write(piece)
            os.fsync(self._file.fileno())
        except OSError:
            self._file.seek(self._end)
            self._file.truncate()
            raise
        self._end = self._file.tell()

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._file.close()

    def _write(self, piece: Piece) -> None:
        left = memoryview(piece).cast("B")
        while left:
            left = left[self._file.write(left) :]


def recording_path(folder: Path, number: int) -> Path:
    """Name the recording of life `number` of the run in `folder`."""
    return folder / FOLDER / f"{number:05d}.frames"


def recordings(folder: Path) -> list[Path]:
    """List the recordings of the run in `folder`, oldest first."""
    return sorted((folder / FOLDER).glob("*.frames"))


def read_frames(path: Path) -> Iterator[Frame]:
    """Read the frames of one recording, one at a time. Raises `ProtocolError` for an entry that is not one."""
    with path.open("rb") as file:
        while len(prefix := file.read(_LENGTH.size)) == _LENGTH.size:
            (length,) = _LENGTH.unpack(prefix)
            data = file.read(length)
            if len(data) < length:
                return
            yield decode_frame(data, _MAX_HEADER_BYTES, _MAX_DEPTH)
