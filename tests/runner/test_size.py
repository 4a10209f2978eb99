"""The size of a fitted model: what it takes to write it down, without what prediction needs not."""

from __future__ import annotations

import threading
import tracemalloc
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from suite.runner.size import model_bytes, multiply_adds


class Model:
    def __init__(self, held: object) -> None:
        self.held = held


class Raises(Model):
    def __reduce__(self) -> str:
        raise SystemExit


def test_arrays_count_with_their_bytes_once_each() -> None:
    array = np.ones((1_000, 10), np.float32)
    assert 40_000 <= model_bytes(Model([array, array])) < 40_500


def test_code_does_not_count() -> None:
    def held() -> None:
        pass

    assert model_bytes(Model([held, Model, lambda: 0])) < 500


@pytest.mark.parametrize("model", [Model(threading.Lock()), Model(np), Raises(0)])
def test_a_model_that_can_t_be_pickled_has_none(model: Model) -> None:
    assert model_bytes(model) is None


def test_a_model_that_is_as_deep_as_python_goes_has_none() -> None:
    held: list[object] = []
    for _ in range(100_000):
        held = [held]
    assert model_bytes(Model(held)) is None


def test_neighbours_hold_their_training_images() -> None:
    X, y = load_digits(return_X_y=True)
    size = model_bytes(KNeighborsClassifier(algorithm="brute").fit(X, y))
    assert X.nbytes < size < X.nbytes + 3 * y.nbytes


def test_a_forest_counts_all_its_nodes_and_is_not_held_twice() -> None:
    X, y = load_digits(return_X_y=True)
    forest = RandomForestClassifier(300, random_state=0).fit(X, y)
    states = [tree.tree_.__getstate__() for tree in forest.estimators_]
    nodes = sum(state["nodes"].nbytes + state["values"].nbytes for state in states)
    tracemalloc.start()
    try:
        size = model_bytes(forest)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert nodes < size < 1.2 * nodes
    assert peak < nodes / 4


@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_network_counts_with_its_weights_alone() -> None:
    import keras

    network = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, activation="softmax")])
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(np.zeros((10, 784)), np.zeros(10), verbose=0)  # the optimiser has its state now
    assert (
        4 * network.count_params() <= model_bytes(Model(network)) < 4 * network.count_params() + 500
    )


def test_the_record_of_a_run_has_it(run_all) -> None:
    ((record, _),) = run_all("nearest_centroid")
    assert 784 * 10 * 8 < record.model_bytes < 200_000  # centroids of float64


def test_multiply_adds_are_those_of_the_kernels() -> None:
    pytest.importorskip("keras")
    from keras import Input, Sequential, layers
    from keras import Model as Network

    x = images = Input((28, 28, 1))
    x = layers.Conv2D(32, 3, strides=2, padding="same")(x)  # 14 x 14 positions
    x = layers.Add()([x, Sequential([layers.Conv2D(32, 3, padding="same", groups=4)])(x)])
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv2D(8, 3)(x)  # 12 x 12
    x = layers.DepthwiseConv2D(3, depth_multiplier=2)(x)  # 10 x 10 x 16
    x = layers.Dense(4)(x)  # for each of the 10 x 10
    answer = layers.Dense(10)(layers.Flatten()(x))
    model = Model(None)
    model.model = Network(images, answer)  # type: ignore[attr-defined]
    grouped = 14 * 14 * 9 * 32 * 32 // 4
    separable = 12 * 12 * (9 * 32 + 32 * 8)
    dense = 10 * 10 * 16 * 4 + 400 * 10
    expected = 14 * 14 * 9 * 32 + grouped + separable + 10 * 10 * 9 * 16 + dense
    assert multiply_adds(model) == expected
    model.views = 6  # type: ignore[attr-defined]
    assert multiply_adds(model) == 6 * expected
    assert model.model(np.zeros((1, 28, 28, 1))).shape == (1, 10)  # type: ignore[attr-defined]
    assert multiply_adds(Model(RandomForestClassifier())) is None
