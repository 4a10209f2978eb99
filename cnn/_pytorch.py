"""PyTorch's default initial weights, for networks whose source is written in PyTorch."""

from __future__ import annotations

from typing import Any


def pytorch_weights(fan_in: int) -> dict[str, Any]:
    """Arguments of a Keras layer that draw kernel and bias as PyTorch does by default.

    Both are uniform in ±1/√fan_in (`reset_parameters` of `Conv2d` and `Linear`), while Keras draws
    kernels from a wider range and starts biases at zero.

    Args:
        fan_in: Inputs of each unit: channels times kernel area for a convolution.
    """
    from keras.initializers import RandomUniform

    limit = fan_in**-0.5
    return {
        name: RandomUniform(-limit, limit) for name in ("kernel_initializer", "bias_initializer")
    }
