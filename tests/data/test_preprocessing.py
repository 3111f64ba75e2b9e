"""Preprocessing: the numbers that the model sees, checked against computations that are done another way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data import Dataset, Preparation, Split, dtypes
from webnn.data.preprocessing import moments, preprocess


def made(shape: tuple[int, ...] = (6, 6, 3), **changes: Any) -> Dataset:
    rng = np.random.default_rng(5)

    def part(count: int) -> Split:
        noise = rng.integers(0, 200, (count, *shape))
        smooth = noise + np.roll(noise, 1, axis=1) // 4 + np.arange(shape[-1]) * 5
        return Split(smooth.astype(np.uint8), np.arange(count) % 3)

    return Dataset(
        train=part(150), validation=part(40), test=part(30), scale=1 / 255, licence="CC0", source="made up", **changes
    )


def seen(dataset: Dataset, name: str = "train") -> NDArray[np.float64]:
    """What a client computes: `x * scale + shift`."""
    scale, shift = dataset.scale[0], dataset.shift[0]  # type: ignore[index]
    return np.asarray(dataset.splits[name].arrays[0][:], np.float64) * np.array(scale) + np.array(shift)


def test_scale_is_laid_over_the_dataset_s_own() -> None:
    before = made()
    after = preprocess(before, [{"scale": {"factor": 2, "offset": -1}}]).dataset
    np.testing.assert_allclose(seen(after), 2 * seen(before) - 1, atol=1e-9)
    assert after.train.arrays[0] is before.train.arrays[0]


def test_scale_to_a_range_takes_it_from_the_training_split() -> None:
    after = preprocess(made(), [{"scale": {"to": [-1, 1]}}]).dataset
    assert (seen(after).min(), seen(after).max()) == pytest.approx((-1, 1))


@pytest.mark.parametrize("shape", [(6, 6, 3), (7,)])
def test_standardise_makes_each_channel_of_the_training_split_standard(shape: tuple[int, ...]) -> None:
    after = preprocess(made(shape), ["standardise"]).dataset
    flat = seen(after).reshape(-1, shape[-1])
    np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(flat.std(axis=0), 1, atol=1e-9)
    assert abs(seen(after, "validation").mean()) > 1e-6  # not fitted on it


def test_standardise_over_all_and_a_feature_that_never_changes() -> None:
    after = preprocess(made(), [{"standardise": {"per": "all"}}]).dataset
    assert isinstance(after.scale[0], float)  # type: ignore[index]
    assert (seen(after).mean(), seen(after).std()) == pytest.approx((0, 1))
    flat = Split(np.ones((5, 2)), np.zeros(5))
    still = preprocess(Dataset(train=flat, validation=flat, licence="CC0", source="x"), ["standardise"]).dataset
    assert seen(still).tolist() == [[0, 0]] * 5


@given(st.integers(1, 300), st.floats(-1e6, 1e6), st.integers(1, 4))
def test_moments_are_numpys_whatever_the_pieces(count: int, middle: float, width: int) -> None:
    array = np.random.default_rng(count).normal(middle, 1, (count, width))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dtypes, "_CHUNK_BYTES", 64 * width)
        mean, deviation = moments(array, per_channel=True)
        whole = moments(array, per_channel=False)
    np.testing.assert_allclose(mean, array.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(deviation, array.std(axis=0), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(whole, (array.mean(), array.std()), rtol=1e-6, atol=1e-8)


def by_svd(train: NDArray[Any], other: NDArray[Any], epsilon: float) -> NDArray[np.float64]:
    """ZCA whitening out of the singular values of the centred examples, without a covariance matrix."""
    rows = train.reshape(len(train), -1)
    mean = rows.mean(axis=0)
    _, values, turned = np.linalg.svd(rows - mean, full_matrices=True)
    spread = np.zeros(rows.shape[1])
    spread[: len(values)] = values**2 / len(rows)
    matrix = turned.T @ np.diag(1 / np.sqrt(spread + epsilon)) @ turned
    whitened: NDArray[np.float64] = ((other.reshape(len(other), -1) - mean) @ matrix).reshape(other.shape)
    return whitened


@pytest.mark.parametrize("epsilon", [0.1, 0.001])
def test_zca_whitening_matches_the_singular_values(epsilon: float) -> None:
    before = made()
    after = preprocess(before, [{"zcaWhitening": {"epsilon": epsilon}}]).dataset
    assert after.train.arrays[0].dtype == np.float32
    for name in ("train", "validation", "test"):
        expected = by_svd(seen(before), seen(before, name), epsilon)
        np.testing.assert_allclose(seen(after, name), expected, atol=2e-4)


def test_zca_whitening_decorrelates_and_comes_after_what_comes_before_it() -> None:
    before = made((8,))
    after = preprocess(before, ["standardise", {"zcaWhitening": {"epsilon": 1e-9}}]).dataset
    np.testing.assert_allclose(np.cov(seen(after).T, bias=True), np.eye(8), atol=1e-4)
    standard = preprocess(before, ["standardise"]).dataset
    np.testing.assert_allclose(seen(after), by_svd(seen(standard), seen(standard), 1e-9), atol=1e-3)


def test_zca_whitening_is_fitted_on_the_training_split_only() -> None:
    before = made()
    other = replace(before, validation=Split(before.validation.arrays[0] // 2, before.validation.targets))
    first, second = (preprocess(dataset, ["zcaWhitening"]) for dataset in (before, other))
    matrices = [prepared.preparation.steps[0][1].state()["matrix"] for prepared in (first, second)]
    np.testing.assert_array_equal(*matrices)


def test_too_large_examples_are_not_whitened() -> None:
    with pytest.raises(WebNNError, match=r"preprocessing\[0\].zcaWhitening: an example has 4,800 numbers"):
        preprocess(made((40, 40, 3)), ["zcaWhitening"])


def test_resize_scales_pictures_in_their_own_format() -> None:
    pytest.importorskip("PIL")
    after = preprocess(made(), [{"resize": {"height": 3, "width": 12}}]).dataset
    assert (after.train.arrays[0].shape, after.train.arrays[0].dtype) == ((150, 3, 12, 3), np.uint8)
    flat = Split(np.full((4, 6, 6, 2), -2.5, np.float32), np.arange(4))
    same = Dataset(train=flat, validation=flat, licence="CC0", source="x")
    np.testing.assert_allclose(preprocess(same, [{"resize": {"height": 9, "width": 2}}]).dataset.train.arrays[0], -2.5)


def test_one_hot_targets_are_rows() -> None:
    after = preprocess(made(label_names=("a", "b", "c")), ["oneHot"]).dataset
    assert after.num_classes is None
    assert after.train.targets[:4].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert after.label_names == ("a", "b", "c")
    assert preprocess(made(), [{"oneHot": {"classes": 5}}]).dataset.train.targets.shape == (150, 5)


def test_augmentation_is_described_and_changes_nothing_here() -> None:
    before = made()
    prepared = preprocess(before, ["flip", {"crop": {"padding": 2}}, {"rotate": {"degrees": 5}}])
    assert prepared.dataset is before
    assert prepared.augmentation == [
        {"flip": {"horizontal": True, "vertical": False, "input": 0}},
        {"crop": {"padding": 2, "fill": 0, "input": 0}},
        {"rotate": {"degrees": 5, "fill": 0, "input": 0}},
    ]


@pytest.mark.parametrize(
    ("shape", "step", "words"),
    [
        ((5,), "flip", r"takes pictures \[height, width, channels\], and the examples have the shape \[5\]"),
        ((5,), {"resize": {"height": 2, "width": 2}}, "takes pictures"),
        ((5,), {"scale": {"input": 3}}, "there is no input 3"),
        ((5,), {"oneHot": {"classes": 2}}, "3 classes, more than 2"),
    ],
)
def test_a_step_that_does_not_fit_is_named(shape: tuple[int, ...], step: Any, words: str) -> None:
    with pytest.raises(WebNNError, match=words) as caught:
        preprocess(made(shape), ["standardise", step])
    assert str(caught.value).startswith("preprocessing[1].")


def test_what_the_server_did_can_be_done_again(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    before = made()
    prepared = preprocess(before, [{"resize": {"height": 4, "width": 4}}, "standardise", "zcaWhitening"])
    prepared.preparation.save(tmp_path)
    again = Preparation.load(tmp_path)
    assert again.names(0) == ["resize", "zcaWhitening"]
    (inputs,) = again.apply(before.validation.arrays)
    np.testing.assert_array_equal(inputs, prepared.dataset.validation.arrays[0])
    assert Preparation.load(tmp_path / "nowhere").steps == []
    Preparation().save(tmp_path / "nowhere")
    (tmp_path / "preprocessing.npz").write_bytes(b"x")
    with pytest.raises(WebNNError, match="cannot be read"):
        Preparation.load(tmp_path)
