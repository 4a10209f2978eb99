"""Layers of networks of today: fused batch normalisation, and augmentation by whole pixels."""

from __future__ import annotations

from typing import Any, Literal

from cnn._backend import load_keras


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


def as_keras_has_it(layer: Any) -> Any:
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
