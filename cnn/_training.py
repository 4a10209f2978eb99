"""Training as networks of today have it: by the step, with averaged weights and several views.

A plugin describes its network as for `cnn._helpers`, and besides it makes an optimiser, knowing how
many steps training has:

    def optimizer(steps):
        from keras.optimizers import SGD
        return SGD(one_cycle(0.4, steps), momentum=0.9, nesterov=True, use_ema=True)

    def build(*, seed, threads, epochs, batch_size):
        return StepwiseClassifier(network, seed=seed, threads=threads, epochs=epochs,
                                  batch_size=batch_size, optimizer=optimizer,
                                  loss=smoothed(0.1), flips="alternate", views=flipped(SHIFTS))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cnn._backend import load_keras, use_xla
from cnn._epochs import Batches, epoch_runner
from cnn._helpers import REQUIRES, KerasClassifier, parameters
from suite.contract import FitContext, derive_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels

__all__ = [
    "REQUIRES",
    "StepwiseClassifier",
    "View",
    "batch_normalization",
    "by_step",
    "cosine",
    "linear",
    "muon",
    "one_cycle",
    "parameters",
    "shifted_and_cut",
    "smoothed",
    "views_of",
]

# Muon's polynomial, whose powers bring all singular values near 1, and how often it is applied.
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 4


# --- Learning rates ---------------------------------------------------------------------------


def by_step(rate: Callable[[Any], Any], name: str) -> Any:
    """A Keras learning-rate schedule out of a function of the step.

    Args:
        rate: Float32 tensor of the step, from 0, to the learning rate, in `keras.ops`.
        name: What the schedule is called.
    """
    keras = load_keras()

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
        def __call__(self, step: Any) -> Any:
            return rate(keras.ops.cast(step, "float32"))

        def get_config(self) -> dict[str, str]:
            return {"name": name}

    return Schedule()


def linear(peak: float, steps: int, *, warmup: float = 0.0) -> Any:
    """Rises linearly from 0 to the peak, then falls linearly to 0; taken in the middle of a step.

    Args:
        peak: Highest learning rate.
        steps: Steps of the whole training.
        warmup: Share of the steps in which it rises.
    """
    ops = load_keras().ops

    def rate(step: Any) -> Any:
        done = (step + 0.5) / steps
        falling = ops.maximum(1 - done, 0.0) / (1 - warmup)
        return peak * (ops.minimum(done / warmup, falling) if warmup else falling)

    return by_step(rate, "linear")


def cosine(peak: float, steps: int, *, warmup: float = 0.0) -> Any:
    """Rises linearly from 0 to the peak, then falls to 0 as half a cosine; mid-step as `linear`.

    Args:
        peak: Highest learning rate.
        steps: Steps of the whole training.
        warmup: Share of the steps in which it rises.
    """
    return _by_parts(peak, steps, warmup, start=0.0, end=0.0, rise=lambda share: share)


def one_cycle(
    peak: float, steps: int, *, warmup: float = 0.25, start: float = 1 / 25, end: float = 1e-5 / 25
) -> Any:
    """Rises and falls as half cosines: the one-cycle policy, with the defaults of fastai.

    Args:
        peak: Highest learning rate.
        steps: Steps of the whole training.
        warmup: Share of the steps in which it rises.
        start: First learning rate, as a fraction of the peak.
        end: Last learning rate, as a fraction of the peak.
    """
    ops = load_keras().ops
    return _by_parts(
        peak, steps, warmup, start, end, rise=lambda share: (1 - ops.cos(math.pi * share)) / 2
    )


def _by_parts(
    peak: float,
    steps: int,
    warmup: float,
    start: float,
    end: float,
    rise: Callable[[Any], Any],
) -> Any:
    """A schedule that rises from `start` to the peak and falls to `end` as half a cosine."""
    ops = load_keras().ops

    def rate(step: Any) -> Any:
        done = (step + 0.5) / steps
        rising = start + (1 - start) * rise(ops.minimum(done / warmup, 1.0)) if warmup else 1.0
        share = ops.clip((done - warmup) / (1 - warmup), 0.0, 1.0)
        falling = end + (1 - end) * (1 + ops.cos(math.pi * share)) / 2
        return peak * ops.where(done < warmup, rising, falling)

    return by_step(rate, "cosine")


# --- Optimiser --------------------------------------------------------------------------------


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


# --- Loss, layers, augmentation ----------------------------------------------------------------


def smoothed(smoothing: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy with label smoothing, of each image: (n,) and (n, 10) to (n,).

    Args:
        smoothing: Share of the label that is spread evenly over all classes.
    """

    def loss(labels: Any, probabilities: Any) -> Any:
        from keras import losses, ops

        one_hot = ops.one_hot(ops.reshape(labels, (-1,)), 10)
        return losses.categorical_crossentropy(one_hot, probabilities, label_smoothing=smoothing)

    return loss


def batch_normalization(**settings: Any) -> Any:
    """Batch normalisation in one operation on TensorFlow, in the data type that comes in.

    Keras's own is several operations and goes by float32. Elsewhere the compiler joins them (JAX),
    or Keras's own is taken as it is (PyTorch). The moving variance is of a sample (divisor n - 1),
    as PyTorch has it. What predicts has Keras's own layer everywhere.

    Args:
        settings: As of `keras.layers.BatchNormalization` over the last axis, of images.
    """
    keras = load_keras()
    if keras.backend.backend() != "tensorflow":
        return keras.layers.BatchNormalization(**settings)
    import tensorflow as tf

    class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc, name-defined]
        def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
            if not training:
                return super().call(inputs, training=training, mask=mask)
            outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=self.gamma if self.scale else tf.ones(inputs.shape[-1]),
                offset=self.beta if self.center else tf.zeros(inputs.shape[-1]),
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                exponential_avg_factor=1 - self.momentum,
                is_training=True,
            )
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
            return outputs

    # Its weights stay in float32, and so does nothing else.
    return FusedBatchNormalization(**settings, autocast=False)


def _as_keras_has_it(layer: Any) -> Any:
    """A copy of a layer; of the fused batch normalisation, one that any Keras can load."""
    keras = load_keras()
    kind = type(layer)
    if isinstance(layer, keras.layers.BatchNormalization):
        kind = keras.layers.BatchNormalization
    return kind.from_config(layer.get_config())


def shifted_and_cut(
    seed: int,
    *,
    shift: int = 0,
    edge: Literal["zeros", "reflect"] = "reflect",
    flip: bool = False,
    cutout: int = 0,
    fill: float = 0.0,
) -> Any:
    """Shifts by whole pixels, flips and Cutout, drawn for each image: no pixel is interpolated.

    Rows and columns are chosen by products with matrices of zeros and ones, which takes about a
    hundredth of a small network's time and, unlike gathering, is fast on every backend.

    Args:
        seed: Seed of all that is drawn.
        shift: Largest shift across and down, in pixels; a random crop after padding by as much.
        edge: What comes in: zeros, or the image mirrored at its outermost pixel.
        flip: Whether every second image is mirrored left to right, at random.
        cutout: Side of a square, in pixels, that is covered; its middle lies anywhere on the image.
        fill: What covers it.

    Returns:
        A Keras layer, (n, side, side, 1) to the same, that does nothing outside training.
    """
    keras = load_keras()
    ops = keras.ops

    class ShiftedAndCut(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(dtype="float32")
            self.generator = keras.random.SeedGenerator(seed)

        def call(self, images: Any, training: bool = False) -> Any:
            if not training:
                return images
            side = images.shape[1]
            shape = (ops.shape(images)[0], 5, 1)
            drawn = keras.random.uniform(shape, dtype="float32", seed=self.generator)
            pixels = ops.arange(side, dtype="int32")
            images = images[..., 0]
            if shift or flip:
                across = _moved(drawn[:, 0], shift) + pixels
                if flip:
                    across = ops.where(drawn[:, 4] < 0.5, across, side - 1 - across)
                down = _moved(drawn[:, 1], shift) + pixels
                images = ops.matmul(_choosing(down, side, edge), images)
                images = ops.matmul(images, ops.transpose(_choosing(across, side, edge), (0, 2, 1)))
            if cutout:
                across, down = (_covered(drawn[:, i], pixels, cutout) for i in (2, 3))
                covered = ops.logical_and(across[:, None, :], down[:, :, None])
                images = ops.where(covered, fill, images)
            return images[..., None]

    return ShiftedAndCut()


def _moved(drawn: Any, shift: int) -> Any:
    """Whole numbers from -shift to shift out of numbers in [0, 1): (n, 1) to (n, 1)."""
    ops = load_keras().ops
    return ops.cast(ops.floor(drawn * (2 * shift + 1)), "int32") - shift


def _choosing(source: Any, side: int, edge: str) -> Any:
    """Matrices (n, side, side) with a one where output pixel i has its source (n, side)."""
    ops = load_keras().ops
    if edge == "reflect":
        source = ops.abs(source)
        source = side - 1 - ops.abs(side - 1 - source)
    return ops.cast(source[:, :, None] == ops.arange(side, dtype="int32"), "float32")


def _covered(drawn: Any, pixels: Any, size: int) -> Any:
    """Which pixels a square covers along one axis: numbers in [0, 1), (n, 1), to (n, side)."""
    ops = load_keras().ops
    start = ops.cast(ops.floor(drawn * pixels.shape[0]), "int32") - size // 2
    return ops.logical_and(pixels >= start, pixels < start + size)


class _AlternatingBatches(Batches):
    """Batches in which each image is mirrored in every second epoch, at random in the first.

    Mirrored images lie behind the others, so that each backend takes them by their index.
    """

    def __post_init__(self) -> None:
        import numpy as np

        self.images = len(self.X)
        self.X = np.concatenate([self.X, self.X[:, :, ::-1]])
        self.y = np.concatenate([self.y, self.y])
        self.mirrored = self.rng.integers(0, 2, self.images)
        super().__post_init__()

    def __len__(self) -> int:
        return -(-self.images * self.passes // self.size)

    def reshuffle(self) -> None:
        order = self.rng.permutation(self.images * self.passes) % self.images
        self.order = order + self.images * self.mirrored[order]
        self.mirrored = 1 - self.mirrored


# --- The classifier -----------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A copy of an image that is predicted, too.

    Attributes:
        down, right: By how many pixels it is shifted; the edge comes in mirrored.
        mirrored: Whether it is mirrored left to right.
    """

    down: int = 0
    right: int = 0
    mirrored: bool = False

    def of(self, X: Images) -> Images:
        """The copies of images, shape (n, side, side, 1)."""
        import numpy as np

        if self.mirrored:
            X = X[:, :, ::-1]
        if not (self.down or self.right):
            return X
        most, side = max(abs(self.down), abs(self.right)), X.shape[1]
        padded = np.pad(X, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
        top, left = most - self.down, most - self.right
        return padded[:, top : top + side, left : left + side]


def views_of(*shifts: tuple[int, int], mirrored: bool) -> tuple[View, ...]:
    """An image as it is, shifted, and all of these mirrored if wanted.

    Args:
        shifts: Pixels down and to the right.
        mirrored: Whether each copy is predicted mirrored, too.
    """
    places = ((0, 0), *shifts)
    return tuple(View(*place, flip) for flip in (False, True)[: 1 + mirrored] for place in places)


class StepwiseClassifier(KerasClassifier):
    """A Keras network whose learning rate changes by the step.

    What predicts is a network of its own, of Keras's layers alone. It gets the trained weights
    after each epoch, or their moving averages where the optimiser keeps them (`use_ema`; moving
    means and variances of batch normalisation are averages already). It is validated, and after
    the last epoch it counts. Seeds and repeats are as of `KerasClassifier`.

    Attributes:
        views: How many copies of an image the network predicts for one answer.
    """

    def __init__(
        self,
        network: Callable[[], Any],
        *,
        seed: int,
        threads: int,
        epochs: int,
        batch_size: int,
        optimizer: Callable[[int], Any],
        loss: Callable[[Any, Any], Any] | None = None,
        augmentation: Callable[[int], Any] | None = None,
        alternating_flips: bool = False,
        views: Sequence[View] = (View(),),
        precision: Literal["float32", "bfloat16"] | None = None,
    ) -> None:
        """Import Keras and hold it to its threads; the network is made by `fit`.

        Args:
            network: Makes the network: input (n, 28, 28, 1), output (n, 10) probabilities.
            seed: The run's seed.
            threads: How many threads the model may use.
            epochs: Number of epochs.
            batch_size: Images in a batch.
            optimizer: Makes the optimiser from the number of steps of the whole training.
            loss: As of `KerasClassifier`.
            augmentation: Makes a layer, from a seed, that changes images in training only.
            alternating_flips: Whether training mirrors each image in every second epoch.
            views: The copies of an image whose probabilities are averaged; validation during
                training takes the first one alone.
            precision: Data type that the network computes with, where it is part of the recipe;
                None for what the run asks for.

        Raises:
            ValueError: A number is below 1, or there is no view.
            RuntimeError: TensorFlow runs already in this process, with more threads.
        """
        if not views:
            raise ValueError("views is empty, expected one View or more")
        super().__init__(
            network,
            seed=seed,
            threads=threads,
            epochs=epochs,
            batch_size=batch_size,
            keep="last",
            loss=loss,
            # Without any a model around the network all the same: what is compiled can't be copied.
            augmentation=augmentation or (lambda seed: load_keras().layers.Identity()),
        )
        self.precision = precision or self.precision
        self.views = len(views)
        self._views = self._views_used = tuple(views)
        self._alternating_flips = alternating_flips
        self._optimizer_of = optimizer

    def fit(self, X: Images, y: Labels, context: FitContext) -> StepwiseClassifier:
        """Train a new network.

        Args:
            X: Training images, float32, shape (n, 28, 28, 1); only read.
            y: Labels 0 to 9, shape (n,).
            context: Validation images, if there are any, and whom to tell of each epoch.

        Raises:
            FloatingPointError: Loss or weights are no longer finite.
        """
        import numpy as np

        rng = np.random.default_rng(derive_seed(self._seed, "shuffling"))
        kind = _AlternatingBatches if self._alternating_flips else Batches
        batches = kind(X, y, self._batch_size, 1, rng)
        self._optimizer = lambda: self._optimizer_of(self._epochs * len(batches))
        network, trained = self._make_models()
        self.model = load_keras().models.clone_model(network, clone_function=_as_keras_has_it)
        if use_xla() is False:
            self.model.jit_compile = False
        self._views_used = self._views[:1]
        run_epoch = epoch_runner(trained, batches)
        for epoch in range(1, self._epochs + 1):
            metrics = run_epoch() | {"learning_rate": float(trained.optimizer.learning_rate)}
            self.model.set_weights(network.get_weights())
            # Nothing, unless the optimiser keeps averages.
            trained.optimizer.finalize_variable_values(self.model.trainable_variables)
            # JAX deletes what it predicted with: that must not be the optimiser's own arrays.
            self.model.set_weights([weight.copy() for weight in self.model.get_weights()])
            metrics |= self._validation(context)
            self._finite_weights(metrics, epoch)
            context.on_epoch(epoch, self._epochs, metrics)
            batches.reshuffle()
        self._views_used = self._views
        return self

    def predict_proba(self, X: Images) -> NDArray[np.float32]:
        """The probability of each class, float32, shape (n, 10): the mean over all views.

        Raises:
            RuntimeError: The model is not trained.
        """
        import numpy as np

        first, *others = self._views_used
        total = super().predict_proba(first.of(X))
        for view in others:
            total += super().predict_proba(view.of(X))
        answer: NDArray[np.float32] = total / np.float32(len(self._views_used))
        return answer
