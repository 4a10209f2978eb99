"""Training as networks of today have it: by the step, with averaged weights and several views.

A plugin describes its network as for `cnn._helpers`, and besides it makes an optimiser, knowing how
many steps training has:

    def optimizer(steps):
        from keras.optimizers import SGD
        return SGD(one_cycle(0.4, steps), momentum=0.9, nesterov=True, use_ema=True)

    def build(*, seed, threads, epochs, batch_size):
        return StepwiseClassifier(network, seed=seed, threads=threads, epochs=epochs,
                                  batch_size=batch_size, optimizer=optimizer,
                                  loss=smoothed(0.1), alternating_flips=True,
                                  views=views_of((1, 1), mirrored=True))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cnn._backend import load_keras, use_xla
from cnn._epochs import Batches, epoch_runner
from cnn._estimate import training_seconds
from cnn._helpers import REQUIRES, KerasClassifier, parameters
from cnn._layers import as_keras_has_it, batch_normalization, shifted_and_cut
from cnn._muon import muon
from cnn._rates import by_step, cosine, linear, one_cycle
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
    "training_seconds",
    "views_of",
]


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
        self.model = load_keras().models.clone_model(network, clone_function=as_keras_has_it)
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
