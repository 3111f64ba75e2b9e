import segno

from webnn.cli.qr import qr_text

LIGHT = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}


def read_modules(text: str) -> list[list[bool]]:
    """Undo the drawing: rows of modules, True where dark."""
    rows = []
    for line in text.splitlines():
        halves = [LIGHT[character] for character in line]
        rows.append([not above for above, _ in halves])
        rows.append([not below for _, below in halves])
    return rows


def test_drawing_holds_the_modules_of_the_code():
    url = "http://192.168.1.20:8888/runs/digits/join"
    expected = [
        [bool(module) for module in row] for row in segno.make(url, error="l", micro=False).matrix_iter(border=2)
    ]
    drawn = read_modules(qr_text(url))
    assert drawn[: len(expected)] == expected
    assert not any(any(row) for row in drawn[len(expected) :])


def test_border_is_light_all_round():
    rows = read_modules(qr_text("http://a"))
    assert not any(any(row) for row in (rows[0], rows[1], rows[-1]))
    assert not any(row[0] or row[1] or row[-1] or row[-2] for row in rows)
