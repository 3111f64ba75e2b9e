"""What the watch page looks into: each part alone, and through the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.server.world import SHARDS, TARGET, serve
from webnn.core.config import StopConditions
from webnn.core.effects import Merged, Settle
from webnn.core.errors import WebNNError
from webnn.core.events import Device, Joined, Left, Stop, Tick
from webnn.core.frames import decode_frame
from webnn.core.leases import Outcome
from webnn.core.metrics import TrainingMetrics
from webnn.data.dataset import Dataset, Split
from webnn.engine.base import Snapshot
from webnn.evaluator.results import BuiltModel, LayerSummary, WeightSpec
from webnn.server.about import describe_stop
from webnn.server.activity import MAX_ENTRIES, Activity
from webnn.server.config import ServerConfig
from webnn.server.gallery import Gallery
from webnn.server.histograms import MAX_MOMENTS, Histograms, describe
from webnn.server.insight import LEAST_SECONDS, Insight, connections
from webnn.server.verdicts import judge_classes

RUN = "/api/v1/runs/test-run"


def dataset(count: int = 40, classes: int = 3) -> Dataset:
    inputs = np.arange(count * 4).astype(np.uint8).reshape(count, 2, 2, 1)
    split = Split(inputs, (np.arange(count) % classes).astype(np.uint8))
    return Dataset(train=split, validation=split, label_names=("a", "b", "c"), licence="none", source="a test")


def built() -> BuiltModel:
    specs = (WeightSpec("dense/kernel", (4, 2), True), WeightSpec("dense/bias", (4,), True))
    layers = (LayerSummary("flatten", "Flatten", (None, 4), 0), LayerSummary("dense", "Dense", (None, 3), 12))
    return BuiltModel({}, specs, 12, 12, layers, {}, np.zeros(12, np.float32))


class FakePredictor:
    """Always says the first class, surely."""

    def __init__(self) -> None:
        self.calls = 0

    async def predict(self, weights: Any, frame: Any) -> np.ndarray[Any, Any]:
        self.calls += 1
        outputs = np.zeros((decode_frame(frame).header["num_examples"], 3), np.float32)
        outputs[:, 0] = 1
        return outputs


def snapshot(version: int) -> Snapshot:
    return Snapshot(version, 0, "", np.zeros(12, np.float32))


def test_stop_conditions_are_said_in_words() -> None:
    said = describe_stop(StopConditions(accuracy=0.98, seconds=900, epochs=20))
    assert said == ["it gets 98 % right", "it has run for 15 minutes", "every example has been used 20 times"]
    assert describe_stop(StopConditions()) == []


def test_confusion_and_the_worst_mistakes() -> None:
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.99, 0.01]], np.float32)
    found = judge_classes(outputs, np.array([0, 1, 1, 1]), ["no", "yes"])
    assert found is not None
    assert found["confusion"] == [[1, 0], [2, 1]]
    assert found["accuracy"] == 0.5
    assert [mistake["place"] for mistake in found["worst"]] == [3, 2]
    assert found["worst"][0]["predicted"] == "no"
    assert found["per_class"][1] == {"right": 1, "of": 3, "recall": 1 / 3, "precision": 1.0}


def test_one_output_stands_for_two_classes_and_other_widths_for_none() -> None:
    outputs = np.array([[0.9], [0.2]], np.float32)
    assert judge_classes(outputs, np.array([1, 0]), ["no", "yes"])["accuracy"] == 1.0  # type: ignore[index]
    assert judge_classes(np.zeros((2, 5), np.float32), np.array([1, 0]), ["no", "yes"]) is None


def test_outputs_that_are_not_finite_are_judged_too() -> None:
    assert judge_classes(np.full((2, 2), np.nan, np.float32), np.array([0, 1]), ["no", "yes"]) is not None


def test_histograms_count_every_number_and_say_what_changed() -> None:
    histograms = Histograms(built().weights)
    histograms.add(0.0, 1, np.zeros(12, np.float32))
    histograms.add(1.0, 2, np.arange(12, dtype=np.float32))
    first, second = histograms.as_dict()["moments"]
    assert first["updates"] is None
    assert sum(second["weights"][0]["counts"]) == 8
    assert second["updates"][1]["high"] == 11.0
    assert histograms.as_dict()["names"] == ["dense/kernel", "dense/bias"]


def test_histograms_of_numbers_that_are_not_finite_leave_them_out() -> None:
    described = describe(np.array([np.nan, 1.0, np.inf, 3.0], np.float32))
    assert (described["low"], described["high"], sum(described["counts"])) == (1.0, 3.0, 2)
    assert sum(describe(np.array([np.nan], np.float32))["counts"]) == 0


def test_histograms_stay_bounded_and_cover_the_whole_run() -> None:
    histograms = Histograms(built().weights)
    for moment in range(1000):
        histograms.add(float(moment), moment + 1, np.full(12, moment, np.float32))
    moments = histograms.as_dict()["moments"]
    assert len(moments) <= MAX_MOMENTS
    assert moments[0]["seconds"] == 0.0
    assert moments[-1]["seconds"] > 900


def test_gallery_may_be_told_to_rest_twice_and_shows_what_it_showed() -> None:
    gallery = Gallery(dataset())
    samples = gallery.samples()
    for _ in range(2):  # a server that is interrupted closes its run once more
        gallery.rest()
        assert gallery.samples() == samples
        assert len(gallery.dataset.train) == 1


def test_gallery_shows_the_same_examples_with_their_labels() -> None:
    gallery = Gallery(dataset())
    samples = gallery.samples()
    assert samples == Gallery(dataset()).samples()
    assert len(samples["examples"]) == 24
    assert samples["examples"][0]["label"] in "abc"
    assert samples["label_counts"]["labels"] == ["a", "b", "c"]
    assert sum(samples["label_counts"]["train"]) == 40
    assert gallery.judged_targets[0] == samples["examples"][0]["target"]


def test_a_large_split_is_judged_in_parts_and_up_to_ten_thousand_of_it() -> None:
    gallery = Gallery(dataset(12_000))
    sizes = [decode_frame(frame).header["num_examples"] for frame in gallery.judged_frames()]
    assert sizes == [2500] * 4
    assert len(gallery.judged_targets) == 10_000
    assert len(Gallery(dataset()).judged_targets) == 40


def test_layers_of_a_graph_name_their_inputs() -> None:
    layers = [
        {"name": "in", "inbound_nodes": []},
        {"name": "a", "inbound_nodes": [[["in", 0, 0, {}]]]},
        {"name": "sum", "inbound_nodes": [[["in", 0, 0, {}], ["a", 0, 0, {}]]]},
    ]
    found = connections({"config": {"layers": layers}}, ["in", "a", "sum"])
    assert found == {"in": [], "a": ["in"], "sum": ["in", "a"]}
    assert connections({}, ["x", "y"]) == {"x": [], "y": ["x"]}


async def test_looking_again_at_once_costs_no_prediction() -> None:
    predictor, now = FakePredictor(), 100.0
    insight = Insight(built(), dataset(), predictor, lambda: now)
    first = await insight.verdict(snapshot(1))
    assert await insight.verdict(snapshot(2)) is first
    now += LEAST_SECONDS
    second = await insight.verdict(snapshot(2))
    assert (first["version"], second["version"], predictor.calls) == (1, 2, 2)
    assert len(second["worst"]) == 12
    assert second["worst"][0]["label"] in "bc"


def joined(number: int) -> Joined:
    return Joined(f"secret-id-{number}", Device("browser", "Firefox on Linux"))


def test_accounts_show_labels_and_never_ids() -> None:
    activity = Activity()
    activity.saw(joined(1), [], 1.0)
    activity.saw(joined(2), [], 2.0)
    merged = Merged(2, "a", "secret-id-2", 5, 50, 3, TrainingMetrics())
    settled = [
        Settle("secret-id-2", "a", Outcome.MERGED, False, None),
        Settle("secret-id-1", "b", Outcome.INVALID, False, "not finite"),
    ]
    activity.saw(Tick(), [merged, *settled], 3.0)
    activity.saw(Left("secret-id-1", "bye", for_good=True), [], 4.0)

    class FakeRun:
        volunteers = ()

    rows = activity.volunteers(FakeRun())  # type: ignore[arg-type]
    shown = [(row["label"], row["standing"], row["examples"]) for row in rows]
    assert shown == [
        ("#2", "good", 50),
        ("#1", "refused", 0),
    ]
    assert "secret" not in str(rows) + str(activity.log())
    assert [entry[1] for entry in activity.log()["events"]] == ["joined", "joined", "invalid", "left"]
    assert len(activity.log(since=3)["events"]) == 1
    assert activity.find("#2") == "secret-id-2"


def test_log_is_bounded() -> None:
    activity = Activity()
    for number in range(MAX_ENTRIES + 10):
        activity.saw(joined(number), [], 0.0)
    assert activity.log()["count"] == MAX_ENTRIES + 10
    assert len(activity.log()["events"]) == MAX_ENTRIES


@pytest.mark.parametrize("path", ["samples", "predictions", "network", "histograms"])
async def test_run_without_insight_says_so(tmp_path: Path, path: str) -> None:
    async with serve(tmp_path) as served:
        response, _ = await served.get(f"{RUN}/{path}")
        assert response.status == 404


async def test_json_twins(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        served.task.insight = Insight(built(), dataset(), FakePredictor(), lambda: 0.0)
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"
        (row,) = (await served.json(f"{RUN}/volunteers"))["volunteers"]
        assert row["here"]
        assert row["outcomes"] == {"merged": 1}
        assert (await served.json(f"{RUN}/events"))["count"] >= 2
        assert (await served.json(f"{RUN}/server"))["volunteers"] == 1
        assert (await served.json(f"{RUN}/network"))["layers"][1]["inputs"] == ["flatten"]
        assert (await served.json(f"{RUN}/predictions"))["num_examples"] == 40
        assert len((await served.json(f"{RUN}/samples"))["examples"]) == 24
        assert (await served.json(f"{RUN}/histograms"))["names"]
        response, body = await served.get(f"{RUN}/weights/latest?encoding=f16")
        assert response.status == 200
        assert response.url.path.endswith(served.task.current.hash)
        assert len(body) == 24
        assert (await served.get(f"{RUN}/events?since=x"))[0].status == 400
        assert len(SHARDS) == 3


async def test_pages_can_be_passed_on(tmp_path: Path) -> None:
    async with serve(tmp_path, prefix="/lab") as served:
        response, body = await served.get("/join/test-run/qr.svg")
        assert response.content_type == "image/svg+xml"
        assert body.startswith(b"<svg")
        manifest = await served.json("/manifest.webmanifest")
        assert manifest["start_url"] == "/lab/"


async def test_whoever_helps_wherever_needed_is_sent_to_a_run_that_goes_on(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        response, _ = await served.get("/join")
        assert response.url.path == "/join/test-run"
        await served.task.ask(Stop("The owner stopped the run."))
        assert (await served.get("/join"))[0].status == 404


@pytest.mark.parametrize(
    "origin", ["https://a.example/", "a.example", "https://a.example; script-src *", "javascript:x"]
)
def test_only_an_origin_may_embed(tmp_path: Path, origin: str) -> None:
    with pytest.raises(WebNNError, match="embed"):
        ServerConfig(tmp_path, embed_origins=(origin,))


async def test_only_the_frame_may_be_framed(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        framed = (await served.get("/embed/test-run"))[0].headers["Content-Security-Policy"]
        assert framed.endswith("frame-ancestors 'self'")
        assert "unsafe-inline" not in framed
        script = (await served.get("/embed.js"))[0]
        assert script.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Origin" not in (await served.get("/client.js"))[0].headers
