"""What the convolutional networks share: training with Keras, counting weights.

A plugin describes its network and how it is trained:

    def network():
        from keras import Input, Sequential, layers
        return Sequential([Input((28, 28, 1)), ..., layers.Dense(10, activation="softmax")])

    def build(*, seed, threads, epochs, batch_size):
        return KerasClassifier(network, seed=seed, threads=threads, epochs=epochs,
                               batch_size=batch_size, keep="last")
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from cnn._augmentation import random_affine
from cnn._backend import (
    answer_in_float32,
    computing_in,
    device,
    limit_threads,
    load_keras,
    precision,
    use_xla,
)
from cnn._epochs import Batches, epoch_runner
from cnn._estimate import training_seconds
from cnn._pytorch import pytorch_weights
from cnn._schedules import History, Schedule, epochs_without_gain, on_plateau, step_decay
from suite.contract import FitContext, ParameterCount, derive_seed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels

__all__ = [
    "REQUIRES",
    "KerasClassifier",
    "on_plateau",
    "parameters",
    "pytorch_weights",
    "random_affine",
    "step_decay",
    "training_seconds",
]

REQUIRES = ("keras", "tensorflow|jax|torch")

# Every prediction is made on batches of exactly this size, the last one filled up with zeros: a
# second size would be compiled again, within the time that is measured, and could change the last
# bits. 6,000 images take 0.51 s of processor time in batches of 250, 0.42 s of 500, 0.45 s of
# 1,000 (Machine Learning Mastery's baseline, TensorFlow 2.21, one core of a 2-core Intel Xeon,
# Sapphire Rapids).
PREDICTION_BATCH = 500

# The smallest probability in a logarithm, as in Keras's cross-entropy.
EPSILON = 1e-7


class KerasClassifier:
    """A Keras network that is trained by epochs.

    Initialisation (with dropout), the order of the images and augmentation each have a seed of
    their own. On one thread of one machine, the same seed gives the same weights to the bit.

    Attributes:
        engine: "keras/" and the backend.
        device: "cpu", or the name of the graphics card.
        precision: Data type that the network computes with; weights and probabilities are
            float32.
        model: The trained Keras model; None before `fit`.
    """

    def __init__(
        self,
        network: Callable[[], Any],
        *,
        seed: int,
        threads: int,
        epochs: int,
        batch_size: int,
        keep: Literal["best", "last"],
        optimizer: Callable[[], Any] | None = None,
        loss: Callable[[Any, Any], Any] | None = None,
        schedule: Schedule | None = None,
        patience: int | None = None,
        augmentation: Callable[[int], Any] | None = None,
        passes: int = 1,
        enlarge: Callable[[Images, Labels, np.random.Generator], tuple[Images, Labels]]
        | None = None,
    ) -> None:
        """Import Keras and hold it to its threads; the network is made by `fit`.

        Args:
            network: Makes the network: input (n, 28, 28, 1), output (n, 10) probabilities.
            seed: The run's seed.
            threads: How many threads the model may use.
            epochs: Number of epochs.
            batch_size: Images in a batch.
            keep: Which weights count: those of the epoch with the lowest validation loss, or of
                the last epoch. Without validation images it is always the last epoch.
            optimizer: Makes the optimiser; None for Adam with Keras's defaults.
            loss: The loss of each image, from labels (n,) and probabilities (n, 10), in
                `keras.ops`; None for sparse categorical cross-entropy. Categorical cross-entropy
                on one-hot labels, as many sources have it, is the same number.
            schedule: What the optimiser's learning rate is multiplied by in the next epoch.
            patience: After how many epochs without a lower validation loss training ends; None
                for never. Without validation images it never does.
            augmentation: Makes a layer, from a seed, that changes images in training only.
            passes: How often an epoch uses each image, where augmentation multiplies the images.
            enlarge: Adds changed copies to the training images, once and before training.

        Raises:
            ValueError: A number is below 1.
            RuntimeError: TensorFlow runs already in this process, with more threads.
        """
        counts = {
            "epochs": epochs,
            "batch_size": batch_size,
            "passes": passes,
            "patience": patience,
        }
        for name, value in counts.items():
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}, expected 1 or more")
        limit_threads(threads)
        self.engine = f"keras/{load_keras().backend.backend()}"
        self.device, self.precision = device(), precision()
        self.model: Any = None
        self._network = network
        self._seed = seed
        self._epochs = epochs
        self._batch_size = batch_size
        self._keep = keep
        self._optimizer = optimizer
        self._loss = loss
        self._schedule = schedule
        self._patience = patience
        self._augmentation = augmentation
        self._passes = passes
        self._enlarge = enlarge

    def fit(self, X: Images, y: Labels, context: FitContext) -> KerasClassifier:
        """Train a new network.

        Args:
            X: Training images, float32, shape (n, 28, 28, 1); only read.
            y: Labels 0 to 9, shape (n,).
            context: Validation images, if there are any, and whom to tell of each epoch.

        Raises:
            FloatingPointError: Loss or weights are no longer finite.
        """
        import numpy as np

        def generator(role: str) -> np.random.Generator:
            return np.random.default_rng(derive_seed(self._seed, role))

        self.model, trained = self._make_models()
        if self._enlarge:
            X, y = self._enlarge(X, y, generator("enlargement"))
        batches = Batches(X, y, self._batch_size, self._passes, generator("shuffling"))
        run_epoch = epoch_runner(trained, batches)
        first_rate = float(trained.optimizer.learning_rate)
        lowest, best = math.inf, None
        history: list[dict[str, float]] = []
        while len(history) < self._epochs and not self._is_over(history):
            rate = self._set_rate(trained.optimizer, first_rate, history)
            metrics = run_epoch() | self._validation(context) | rate
            history.append(metrics)
            weights = self._finite_weights(metrics, len(history))
            context.on_epoch(len(history), self._epochs, metrics)
            if self._keep == "best" and metrics.get("val_loss", math.inf) < lowest:
                lowest, best = metrics["val_loss"], weights
            batches.reshuffle()
        if best is not None:
            self.model.set_weights(best)
        return self

    def predict(self, X: Images) -> NDArray[np.integer[Any]]:
        """The class of each image, shape (n,)."""
        classes: NDArray[np.integer[Any]] = self.predict_proba(X).argmax(axis=1)
        return classes

    def predict_proba(self, X: Images) -> NDArray[np.float32]:
        """The probability of each class, float32, shape (n, 10).

        Raises:
            RuntimeError: The model is not trained.
        """
        import numpy as np

        if self.model is None:
            raise RuntimeError("the model is not trained; call fit before predict")
        answers = [np.empty((0, 10), np.float32)]
        for start in range(0, len(X), PREDICTION_BATCH):
            batch = X[start : start + PREDICTION_BATCH]
            missing = PREDICTION_BATCH - len(batch)
            if missing:
                batch = np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0)))
            answer = self.model.predict_on_batch(batch)
            answers.append(answer[: PREDICTION_BATCH - missing])
        return np.concatenate(answers)

    def _make_models(self) -> tuple[Any, Any]:
        """The network, and the model to train: the network itself or with augmentation before."""
        keras = load_keras()
        keras.utils.set_random_seed(derive_seed(self._seed, "initialisation"))
        with computing_in(self.precision):
            network = trained = self._network()
        answer_in_float32(network)
        if self._augmentation:
            # PyTorch's generators take no seed of 32 bits; images need more than bfloat16's 8.
            seed = derive_seed(self._seed, "augmentation") % 2**31
            with computing_in("float32"):
                layer = self._augmentation(seed)
                trained = keras.Sequential([keras.Input(network.input_shape[1:]), layer, network])
        if use_xla() is False:
            network.jit_compile = False
        trained.compile(
            optimizer=self._optimizer() if self._optimizer else "adam",
            loss=self._loss or "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=use_xla(),
        )
        return network, trained

    def _set_rate(self, optimizer: Any, first: float, history: History) -> dict[str, float]:
        """Set the learning rate of the next epoch; a metric, where there is a schedule."""
        if self._schedule is None:
            return {}
        rate = first * self._schedule(history)
        optimizer.learning_rate = rate
        return {"learning_rate": rate}

    def _is_over(self, history: History) -> bool:
        return self._patience is not None and epochs_without_gain(history) >= self._patience

    def _validation(self, context: FitContext) -> dict[str, float]:
        if context.X_val is None or context.y_val is None:
            return {}
        answer = self.predict_proba(context.X_val)
        hits = answer.argmax(axis=1) == context.y_val
        return {
            "val_loss": self._mean_loss(context.y_val, answer),
            "val_accuracy": float(hits.mean()),
        }

    def _mean_loss(self, labels: Labels, answer: NDArray[np.float32]) -> float:
        import numpy as np

        if self._loss:
            return float(load_keras().ops.mean(self._loss(labels.astype("int32"), answer)))
        right = answer[np.arange(len(answer)), labels].astype(np.float64)
        return float(-np.log(np.maximum(right, EPSILON)).mean())

    def _finite_weights(self, metrics: dict[str, float], epoch: int) -> list[NDArray[Any]]:
        """A copy of the weights after an epoch.

        Keras clips probabilities before the logarithm, which can make a number of NaN: the loss
        alone does not tell that training has diverged.
        """
        import numpy as np

        weights: list[NDArray[Any]] = self.model.get_weights()
        values: list[Any] = [*weights, *metrics.values()]
        if not all(np.isfinite(value).all() for value in values):
            told = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
            raise FloatingPointError(
                f"loss and weights are not all finite after epoch {epoch} of {self._epochs} "
                f"({told}). Lower the learning rate, or look for inputs that are not finite."
            )
        return weights


def parameters(fitted: KerasClassifier) -> ParameterCount:
    """All weights of the network, with those that training changes.

    They differ by the moving means and variances of batch normalisation.
    """
    trainable = sum(math.prod(weight.shape) for weight in fitted.model.trainable_weights)
    total = fitted.model.count_params()
    return ParameterCount(total, trainable if trainable != total else None)
