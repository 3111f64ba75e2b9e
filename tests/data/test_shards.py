"""Shards are slices of a seeded permutation, named by the SHA-256 of their bytes."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.core.frames import decode_frame
from webnn.data import Dataset, Split
from webnn.data.shards import cut_shards, encode_split


def made(count: int, *, features: int = 3) -> Dataset:
    inputs = np.arange(count * features, dtype=np.float64).reshape(count, features)
    rows = Split((inputs, np.arange(count, dtype=np.uint16)), np.arange(count) // 7)
    return Dataset(train=rows, validation=rows, licence="CC0", source="made up")


def decoded(frame: bytes) -> list[NDArray[Any]]:
    """Return the arrays of a shard frame as a client reads them: inputs, then targets."""
    header, payload = (got := decode_frame(frame)).header, got.payload
    arrays = []
    for place in (*header["inputs"], header["targets"]):
        assert place["offset"] % 8 == 0
        assert place["shape"][0] == header["num_examples"]
        count = int(np.prod(place["shape"]))
        dtype = np.dtype(place["dtype"]).newbyteorder("<")
        arrays.append(np.frombuffer(payload, dtype, count, place["offset"]).reshape(place["shape"]))
    end = place["offset"] + arrays[-1].nbytes
    assert end == len(payload)
    return arrays


@given(count=st.integers(1, 60), target_bytes=st.integers(1, 400), seed=st.integers(0, 2**32 - 1))
def test_every_example_is_in_exactly_one_shard(count: int, target_bytes: int, seed: int) -> None:
    dataset = made(count)
    store = cut_shards(dataset, seed, target_bytes, cache_bytes=0)
    seen = []
    for shard in store.shards:
        frame = store.get(shard.name)
        assert hashlib.sha256(frame).hexdigest() == shard.name
        first, ids, targets = decoded(frame)
        assert len(ids) == shard.num_examples
        assert len(frame) == shard.num_bytes
        np.testing.assert_array_equal(first, dataset.train.arrays[0][ids].astype(np.float32))
        np.testing.assert_array_equal(targets, ids // 7)
        seen += ids.tolist()
    assert sorted(seen) == list(range(count))
    sizes = [shard.num_examples for shard in store.shards]
    assert max(sizes) - min(sizes) <= 1


def test_the_seed_decides_the_shards() -> None:
    names = [[shard.name for shard in cut_shards(made(50), seed, 200).shards] for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2]


def test_a_source_sorted_by_class_makes_mixed_shards() -> None:
    rows = Split(np.arange(1000, dtype=np.int32)[:, np.newaxis], np.arange(1000) // 100)
    store = cut_shards(Dataset(train=rows, validation=rows, licence="CC0", source="made up"), 0, 500)
    assert len(store.shards) == 10
    for shard in store.shards:
        targets = decoded(store.get(shard.name))[-1]
        assert len(set(targets.tolist())) >= 5
        assert len(set(targets[:20].tolist())) >= 3  # and so do parts of one


def test_the_first_validation_examples_are_a_fair_sample() -> None:
    rows = Split(np.arange(1000, dtype=np.int32)[:, np.newaxis], np.arange(1000) // 100)
    frames = list(encode_split(rows, target_bytes=300))
    targets = np.concatenate([decoded(frame)[-1] for frame in frames])
    assert np.bincount(targets).tolist() == [100] * 10
    assert np.bincount(targets[:200], minlength=10).min() > 5
    assert list(encode_split(rows, target_bytes=300)) == frames
    assert sum(decode_frame(frame).header["num_examples"] for frame in encode_split(rows, limit=30)) == 30


def test_gzip_is_offered_only_where_it_pays() -> None:
    dull = Split(np.zeros((100, 50), np.uint8), np.arange(100) % 2)
    store = cut_shards(Dataset(train=dull, validation=dull, licence="CC0", source="made up"), 0)
    packed = store.gzipped(store.shards[0].name)
    assert packed is not None
    assert gzip.decompress(packed) == store.get(store.shards[0].name)
    noise = Split(np.random.default_rng(0).integers(0, 256, (100, 50), np.uint8), np.arange(100) % 2)
    store = cut_shards(Dataset(train=noise, validation=noise, licence="CC0", source="made up"), 0)
    assert store.gzipped(store.shards[0].name) is None


def test_an_unknown_name_is_an_error() -> None:
    store = cut_shards(made(10), 0)
    for ask in (store.get, store.gzipped):
        with pytest.raises(WebNNError) as caught:
            ask("0" * 64)
        assert caught.value.code == "no_such_shard"


def test_frames_beyond_the_cache_are_encoded_again() -> None:
    store = cut_shards(made(40), 3, 100, cache_bytes=300)
    whole = cut_shards(made(40), 3, 100)
    for shard in (*whole.shards, *whole.shards):
        assert store.get(shard.name) == whole.get(shard.name)


def test_memory_maps_are_read_like_arrays(tmp_path: Any) -> None:
    plain = made(30)
    path = tmp_path / "inputs.npy"
    np.save(path, plain.train.arrays[0])
    mapped = Split((np.load(path, mmap_mode="r"), plain.train.arrays[1]), plain.train.targets)
    store = cut_shards(Dataset(train=mapped, validation=mapped, licence="CC0", source="made up"), 5, 100)
    assert [shard.name for shard in store.shards] == [shard.name for shard in cut_shards(plain, 5, 100).shards]
