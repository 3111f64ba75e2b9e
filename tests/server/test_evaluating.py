"""What a live run's network is worth, and what it says of examples: each rule alone, and through the API."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import webnn
from tests.server.many import Background, Preparer
from tests.server.test_hosting import NEVER
from tests.server.test_looks import FakePredictor, built, dataset, snapshot
from tests.server.world import serve
from webnn.core.errors import WebNNError
from webnn.data.dataset import Split
from webnn.data.loading import load_dataset
from webnn.data.preparation import Preparation, Resizing
from webnn.model import load_model
from webnn.paths import bundled_datasets_dir, bundled_models_dir
from webnn.server.evaluating import read_rows
from webnn.server.insight import LEAST_SECONDS, Insight
from webnn.server.keys import RUNS
from webnn.server.prepare import PrepareRequest, prepare_run

RUN = "/api/v1/runs/test-run"
ROWS = np.arange(8, dtype=np.float32).reshape(2, 4)


class Slow(FakePredictor):
    """Takes a second of the clock for each answer, and waits where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.go = asyncio.Event()
        self.go.set()

    async def predict(self, weights: Any, frame: Any) -> np.ndarray[Any, Any]:
        await self.go.wait()
        self.now += 1.0
        return await super().predict(weights, frame)


def looking(predictor: Slow) -> Insight:
    return Insight(built(), dataset(), predictor, lambda: predictor.now)


async def test_evaluation_has_what_the_command_says_of_the_judged_examples() -> None:
    found = await looking(Slow()).evaluation(snapshot(1), "current")
    assert found["split"] == "validation"
    assert found["version"] == 1
    assert found["accuracy"] == 14 / 40
    assert found["confusion"] == [[14, 0, 0], [13, 0, 0], [13, 0, 0]]
    assert found["per_class"][0] == {"label": "a", "precision": 14 / 40, "recall": 1, "f1": 28 / 54, "examples": 14}
    assert found["macro"]["recall"] == pytest.approx(1 / 3)


async def test_one_look_answers_both_questions_and_rests_before_the_next() -> None:
    predictor = Slow()
    insight = looking(predictor)
    await insight.verdict(snapshot(1))
    assert (await insight.evaluation(snapshot(1), "best"))["version"] == 1
    assert (await insight.evaluation(snapshot(2), "current"))["version"] == 1
    assert predictor.calls == 1
    predictor.now += 9.0 + LEAST_SECONDS
    assert (await insight.evaluation(snapshot(2), "current"))["version"] == 2
    await insight.rest()
    assert (await insight.evaluation(snapshot(3), "current"))["version"] == 2
    with pytest.raises(WebNNError, match="nobody looked"):
        await insight.evaluation(snapshot(3), "best")


async def test_values_are_scored_as_values_and_what_is_not_finite_is_null() -> None:
    class Wild(FakePredictor):
        async def predict(self, weights: Any, frame: Any) -> np.ndarray[Any, Any]:
            return np.full((40, 1), np.inf, np.float32)

    split = Split(np.zeros((40, 2), np.float32), np.arange(40, dtype=np.float32).reshape(40, 1))
    values = replace(dataset(), train=split, validation=split, label_names=None)
    insight = Insight(built(), values, Wild(), lambda: 0.0)
    found = await insight.evaluation(snapshot(1), "current")
    assert (found["kind"], found["mse"]) == ("values", None)
    with pytest.raises(WebNNError, match="no classes"):
        await insight.verdict(snapshot(1))


async def test_prediction_names_labels_and_is_prepared_as_the_run_s_data_were() -> None:
    seen = []

    class Noting(FakePredictor):
        async def predict(self, weights: Any, frame: Any) -> np.ndarray[Any, Any]:
            seen.append(frame)
            return await super().predict(weights, frame)

    insight = Insight(built(), dataset(), Noting(), lambda: 0.0, Preparation([(0, Resizing(3, 3))]))
    first, second = await insight.predict(snapshot(1), ROWS)
    assert first == second == {"label": "a", "probability": 1, "probabilities": {"a": 1, "b": 0, "c": 0}}
    assert len(seen[0]) > 2 * 9 * 4
    with pytest.raises(WebNNError, match=r"A row has 3 numbers, but the model takes 4 \(2 x 2 x 1\)"):
        await insight.predict(snapshot(1), ROWS[:, :3])


async def test_predictions_leave_the_evaluator_time() -> None:
    predictor = Slow()
    insight = looking(predictor)
    predictor.go.clear()
    first = asyncio.create_task(insight.predict(snapshot(1), ROWS))
    await asyncio.sleep(0)
    with pytest.raises(WebNNError) as refused:
        await insight.predict(snapshot(1), ROWS)
    assert refused.value.code == "too_many"
    predictor.go.set()
    await first
    with pytest.raises(WebNNError, match="in a moment"):
        await insight.predict(snapshot(1), ROWS)
    predictor.now += 9.0
    await insight.predict(snapshot(1), ROWS)
    await insight.rest()
    with pytest.raises(WebNNError, match="over"):
        await insight.predict(snapshot(1), ROWS)


BODIES = {
    "{": "not JSON",
    "[" * 100_000: "not JSON",
    "[]": "rows",
    '{"row": [[1]]}': "rows",
    '{"rows": [[1]], "weight": "best"}': "weights",
    '{"rows": []}': "a row for each example",
    '{"rows": [[]]}': "a row for each example",
    '{"rows": [1, 2]}': "a row for each example",
    '{"rows": [[1], [1, 2]]}': "differ",
    '{"rows": [["1"]]}': "a row for each example",
    '{"rows": [[null]]}': "a row for each example",
    '{"rows": [[true]]}': "a row for each example",
    '{"rows": [[[1]]]}': "a row for each example",
    '{"rows": [[1e300]]}': "not finite",
    '{"rows": [[NaN]]}': "not JSON",
    '{"rows": [[1%s]]}' % ("0" * 400): "a row for each example",
    json.dumps({"rows": [[1]] * 257}): "Up to 256",
}


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:30])
def test_bodies_of_no_use_are_refused(body: str) -> None:
    with pytest.raises(WebNNError, match=BODIES[body]) as refused:
        read_rows(body.encode())
    assert refused.value.code == "settings"


async def test_addresses_take_up_to_a_mebibyte_and_known_weights(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        assert (await served.get(f"{RUN}/evaluation"))[0].status == 404
        served.task.insight = Insight(built(), dataset(), FakePredictor(), lambda: 0.0)
        assert (await served.get(f"{RUN}/evaluation?weights=x"))[0].status == 400
        address = f"{served.url}{RUN}/predict"
        for size, status in ((200_000, 400), (2 << 20, 413)):
            async with served.http.post(address, data=io.BytesIO(b" " * size)) as answer:
                assert answer.status == status


def test_client_asks_for_both(tmp_path: Path) -> None:
    with Background(tmp_path, Preparer(stop={"small": NEVER})) as server:
        run = server.call(server.many.new())
        server.call(server.many.until(run, "running"))
        task = server.many.server.app[RUNS].get(run)
        task.insight = Insight(built(), dataset(), FakePredictor(), lambda: 0.0)
        client = webnn.Client(server.many.url)
        assert client.evaluation(run)["accuracy"] == 14 / 40
        said = client.predict(run, ROWS.tolist())
        assert [each["label"] for each in said["predictions"]] == ["a", "a"]
        assert (said["run"], said["weights"], said["version"]) == (run, "current", task.current.version)


@pytest.mark.node
async def test_real_network_is_evaluated_and_says_the_same_of_the_same_rows(tmp_path: Path) -> None:
    definition = load_model("digits-mlp", [bundled_models_dir()])
    places = ([bundled_datasets_dir()], tmp_path / "data", tmp_path / "runs")
    prepared = await prepare_run(PrepareRequest(definition, *places, seed=5))
    try:
        task = prepared.make_task()
        insight, current = task.insight, task.current
        assert insight is not None
        found = await insight.evaluation(current, "current")
        validated = await prepared.evaluator.validate(current.weights)
        assert found["accuracy"] == pytest.approx(validated.accuracy, abs=1e-6)
        assert found["num_examples"] == found["held_out"] == validated.num_examples
        split = load_dataset("digits", [bundled_datasets_dir()], {}, tmp_path).dataset.validation
        rows = np.asarray(split.arrays[0][:200], np.float32).reshape(200, -1)
        said = await insight.predict(current, rows)
        right = sum(each["label"] == str(target) for each, target in zip(said, split.targets[:200], strict=True))
        assert sum(said[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert right / 200 == pytest.approx(found["accuracy"], abs=0.1)
    finally:
        await prepared.close()
