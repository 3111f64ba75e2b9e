"""ZCA whitening: inputs turned so that their numbers are uncorrelated and of variance 1, yet look like themselves.

Bell and Sejnowski (1997), "The 'independent components' of natural scenes are edge filters"; with `epsilon` as in
Krizhevsky (2009), "Learning multiple layers of features from tiny images", appendix A.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webnn.core.errors import WebNNError
from webnn.data.dtypes import chunks
from webnn.data.preparation import WIDE, Whitening

MAX_NUMBERS = 4096
"""In an example: the matrix has their square, and its eigenvalues take their cube."""


def fit_whitening(array: NDArray[Any], scale: NDArray[Any], shift: NDArray[Any], epsilon: float) -> Whitening:
    """Fit W = U diag(1 / sqrt(lambda + epsilon)) U' to the covariance U diag(lambda) U' of the examples of `array`,
    seen as `x * scale + shift` and flattened. Read in pieces, twice.

    Raises `WebNNError("invalid_dataset")` for examples of more than `MAX_NUMBERS` numbers.
    """
    size = math.prod(array.shape[1:])
    if size > MAX_NUMBERS:
        raise WebNNError(
            "invalid_dataset",
            f"an example has {size:,} numbers, and at most {MAX_NUMBERS:,} can be whitened: resize first.",
        )
    whitening = Whitening(scale, shift, np.zeros(size), np.eye(size))
    mean = sum(whitening.flat(piece).sum(axis=0) for piece in chunks(array, WIDE)) / len(array)
    covariance = np.zeros((size, size))
    for piece in chunks(array, WIDE):
        centred = whitening.flat(piece) - mean
        covariance += centred.T @ centred
    values, vectors = np.linalg.eigh(covariance / len(array))
    matrix = (vectors / np.sqrt(np.maximum(values, 0) + epsilon)) @ vectors.T
    return Whitening(scale, shift, mean, matrix)
