"""Muon, an optimiser that makes the updates of whole kernels orthogonal."""

from __future__ import annotations

import math
from typing import Any

from cnn._backend import load_keras

# Muon's polynomial, whose powers bring all singular values near 1, and how often it is applied.
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 4


def muon(
    rate: Any,
    *,
    momentum: float = 0.9,
    others: float = 0.125,
    betas: tuple[float, float] = (0.9, 0.99),
    epsilon: float = 1e-6,
    **settings: Any,
) -> Any:
    """Muon for the kernels of convolutions with more than one input channel, Adam for all else.

    A kernel counts as a matrix of a row for each output. Its Nesterov momentum is made orthogonal
    by Newton-Schulz steps, and before each update it is scaled to a norm of the root of its number
    of outputs, as batch normalisation makes its scale meaningless. Keras's own Muon orthogonalises
    the matrix at each tap of a kernel by itself.

    Args:
        rate: Muon's learning rate: a number or a schedule.
        momentum: Share of the momentum that stays from one step to the next.
        others: Adam's learning rate, as a multiple of Muon's.
        betas: Adam's shares of both moments that stay.
        epsilon: Adam's addend to the root.
        settings: As of any Keras optimiser, such as `use_ema` and `ema_momentum`.

    Returns:
        A Keras optimiser.
    """
    keras = load_keras()
    ops = keras.ops

    class Muon(keras.optimizers.Optimizer):  # type: ignore[misc, name-defined]
        def build(self, variables: list[Any]) -> None:
            if self.built:
                return
            super().build(variables)
            self.momenta = self.add_optimizer_variables(variables, "momentum")
            self.squares = self.add_optimizer_variables(
                [v for v in variables if not _is_kernel(v)], "square"
            )
            self.square_of = {
                self._get_variable_index(variable): square
                for variable, square in zip(
                    [v for v in variables if not _is_kernel(v)], self.squares, strict=True
                )
            }

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            index = self._get_variable_index(variable)
            kept = self.momenta[index]
            if index in self.square_of:
                self._adam(gradient, variable, kept, self.square_of[index], learning_rate * others)
                return
            self.assign(kept, momentum * kept + gradient)
            update = orthogonal(_as_rows(gradient + momentum * kept))
            update = ops.reshape(ops.transpose(update), variable.shape)
            norm = ops.sqrt(ops.sum(ops.square(variable)))
            scale = math.sqrt(variable.shape[-1]) / norm
            self.assign(variable, variable * scale - learning_rate * update)

        def _adam(self, gradient: Any, variable: Any, mean: Any, square: Any, rate: Any) -> None:
            step = ops.cast(self.iterations + 1, "float32")
            first, second = betas
            self.assign(mean, first * mean + (1 - first) * gradient)
            self.assign(square, second * square + (1 - second) * ops.square(gradient))
            mean = mean / (1 - first**step)
            root = ops.sqrt(square / (1 - second**step))
            self.assign_sub(variable, rate * mean / (root + epsilon))

    return Muon(rate, name="muon", **settings)


def _is_kernel(variable: Any) -> bool:
    """Whether a weight is the kernel of a convolution with more than one input channel."""
    return len(variable.shape) == 4 and variable.shape[2] > 1


def _as_rows(kernel: Any) -> Any:
    """A kernel (height, width, in, out) as a matrix (out, height × width × in)."""
    ops = load_keras().ops
    return ops.transpose(ops.reshape(kernel, (-1, kernel.shape[-1])))


def orthogonal(matrix: Any) -> Any:
    """A matrix (m, n) with the same singular vectors, and singular values near 1."""
    ops = load_keras().ops
    a, b, c = NEWTON_SCHULZ
    if matrix.shape[0] > matrix.shape[1]:
        return ops.transpose(orthogonal(ops.transpose(matrix)))
    matrix = matrix / (ops.sqrt(ops.sum(ops.square(matrix))) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        square = ops.matmul(matrix, ops.transpose(matrix))
        matrix = a * matrix + ops.matmul(b * square + c * ops.matmul(square, square), matrix)
    return matrix
