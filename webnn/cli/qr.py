"""A URL as a QR code for a terminal."""

from __future__ import annotations

BLOCKS = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
"""Two modules, one above the other (True is dark), as one character: light is drawn, for terminals are mostly dark."""


def qr_text(url: str, border: int = 2) -> str:
    """Draw `url` with half-block characters, two rows of modules to a line; `border` modules of light all round."""
    import segno

    code = segno.make(url, error="l", micro=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=border)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(BLOCKS[pair] for pair in zip(above, below, strict=True)) for above, below in pairs)
