"""The curve on a run's card."""

import re

from webnn.server.sparkline import HEIGHT, WIDTH, draw_sparkline

FIRST, LAST = 0.25, 0.75


def points(*accuracies, loss=1.0):
    return [[float(i), i, i, loss, accuracy, 100, False] for i, accuracy in enumerate(accuracies)]


def places(path):
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_a_curve_goes_from_the_left_to_the_right_and_upwards_with_the_accuracy():
    curve = draw_sparkline(points(FIRST, 0.5, LAST))
    assert curve is not None
    (x0, y0), (x1, y1), (x2, y2) = places(curve.line)
    assert (x0, x1, x2) == (0, WIDTH / 2, WIDTH)
    assert HEIGHT > y0 > y1 > y2 > 0
    assert (curve.first, curve.last, curve.is_accuracy) == (FIRST, LAST, True)
    assert curve.area.startswith(curve.line)


def test_a_run_without_accuracies_shows_its_loss():
    curve = draw_sparkline([[0, 0, 0, 4.0, None, 9, False], [1, 1, 1, 1.0, None, 9, False]])
    assert curve is not None
    assert not curve.is_accuracy
    (_, high), (_, low) = places(curve.line)
    assert low > high


def test_a_long_run_is_drawn_with_few_points_and_its_last_one():
    curve = draw_sparkline(points(*(i / 5000 for i in range(5000))))
    assert curve is not None
    assert len(places(curve.line)) < 100
    assert curve.last == 4999 / 5000


def test_what_was_measured_once_is_no_curve():
    assert draw_sparkline(points(FIRST)) is None
    assert draw_sparkline([]) is None
    assert draw_sparkline(points(None, None, loss=None)) is None
