from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from webnn.core.errors import WebNNError
from webnn.sim.population import Population, Spread, parse_population, read_population


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(1))


def test_a_spread_of_speeds_is_log_uniform() -> None:
    devices = parse_population({"secondsPerIteration": "0.1:10"}).draw(1000, rng())
    seconds = np.array([device.seconds_per_iteration for device in devices])
    assert seconds.min() >= 0.1
    assert seconds.max() <= 10
    assert np.median(seconds) == pytest.approx(1, rel=0.01)


def test_liars_stale_phones_and_late_joiners_are_as_many_as_said() -> None:
    population = parse_population({"liarShare": 0.2, "staleShare": 0.3, "lateShare": 0.5})
    devices = population.draw(10, rng())
    assert sum(device.lie is not None for device in devices) == 2
    assert sum(device.naps is not None for device in devices) == 3
    assert sum(device.joins_at > 0 for device in devices) == 5
    assert not any(device.lie and device.joins_at for device in devices)


def test_a_file_and_settings_make_a_population(tmp_path: Path) -> None:
    file = tmp_path / "phones.json"
    file.write_text('{"latencySeconds": 0.1, "uploadMbit": "1:10"}')
    population = read_population(file, ["latencySeconds=0.2", "returnSeconds=null"])
    assert population.latency_seconds == Spread(0.2, 0.2)
    assert population.upload_mbit == Spread(1, 10)
    assert population.return_seconds is None


def test_a_description_reads_back() -> None:
    population = parse_population({"secondsPerIteration": "0.1:1", "liarShare": 0.25, "lie": "sign"})
    assert parse_population(json.loads(json.dumps(population.describe()))) == population
    assert parse_population(Population().describe()) == Population()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"latencySecond": 1}, "latencySeconds"),
        ({"liarShare": 1.5}, "from 0 to less than 1"),
        ({"secondsPerIteration": "fast"}, "LOW:HIGH"),
        ({"secondsPerIteration": 0}, "LOW:HIGH"),
        ({"uploadMbit": "10:1"}, "LOW:HIGH"),
        ({"lie": "white"}, "noise"),
        ({"firstShard": 1}, "true or false"),
        ({"share": 0}, "above 0, at most 1"),
        ({"share": 1.1}, "above 0, at most 1"),
    ],
)
def test_mistakes_are_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(WebNNError, match=words):
        parse_population(values)
