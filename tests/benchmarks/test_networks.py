"""Operations are counted as by hand, and every network is timed."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("keras")
from benchmarks import networks
from cnn._backend import limit_threads


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    limit_threads(1)


def test_operations_of_each_kind_of_layer():
    from keras import Input, Sequential, layers

    network = Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same"),  # 784 positions, 25 x 1 x 6
            layers.MaxPooling2D(4),
            Sequential([layers.DepthwiseConv2D(3), layers.Flatten()]),  # 25 positions, 9 x 6
            layers.Dense(10),  # 150 x 10
        ]
    )
    first, depthwise, dense = 2 * 784 * 150, 2 * 25 * 54, 2 * 1500
    assert networks.training_operations(network) == 2 * first + 3 * depthwise + 3 * dense


def test_an_input_that_needs_a_gradient_counts():
    from keras import Input, Sequential, layers

    network = Sequential([Input((8,)), layers.BatchNormalization(), layers.Dense(5)])
    assert networks.training_operations(network) == 3 * 2 * 40


def test_the_table_has_a_line_for_each_network_and_precision(monkeypatch, capsys):
    arguments = ["--models", "machine_learning_mastery/default,dummy", "--images", "64"]
    arguments += ["--epochs", "2", "--precision", "float32,bfloat16"]
    monkeypatch.setattr(sys, "argv", ["networks", *arguments])
    monkeypatch.setattr(networks, "MATRIX_SIDE", 64)
    networks.main()
    table = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[4:]]
    assert [row[:2] for row in cells] == [
        ["machine_learning_mastery", "float32"],
        ["machine_learning_mastery", "bfloat16"],
    ]
    # 3 x 3 kernels at 26 x 26 positions forward and back; 5,408 x 100 and 100 x 10 three times.
    operations = 2 * 2 * 676 * 288 + 3 * 2 * (540_800 + 1_000)
    assert cells[0][3] == f"{60_000 * operations / 1e9:,.0f}"
    assert all(float(row[2]) > 0 for row in cells)


def test_augmentation_that_uses_images_again_counts(monkeypatch):
    from suite.selection import select_models

    (selection,) = select_models(["cmasch[augmented_copies=[1]]"])[1]
    (single,) = select_models(["cmasch[augmented_copies=[0]]"])[1]
    data = networks.training_set(50)
    twice, once = (networks.train(s, "float32", data, 2).operations for s in (selection, single))
    assert twice == 2 * once
