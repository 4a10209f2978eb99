"""Training: which weights count, what is reported, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn._backend import limit_threads
from cnn._epochs import Batches
from cnn._helpers import KerasClassifier

Make = Callable[..., KerasClassifier]


def log_loss(classifier: KerasClassifier, X: Any, y: Any) -> float:
    proba = classifier.predict_proba(X).astype(np.float64)
    return float(-np.log(proba[np.arange(len(y)), y]).mean())


@pytest.mark.parametrize(("keep", "counts"), [("best", 0), ("last", -1)])
def test_the_weights_that_count(
    keep: str, counts: int, make: Make, digits: Any, listener: Any
) -> None:
    # Labels that contradict the training set: what is learnt makes validation worse.
    wrong = (digits.y_val + 1) % 10
    classifier = make(keep=keep, epochs=3)
    classifier.fit(digits.X, digits.y, listener.context(digits.X_val, wrong))
    losses = listener.values("val_loss")
    assert losses == sorted(set(losses))
    assert log_loss(classifier, digits.X_val, wrong) == pytest.approx(losses[counts], rel=1e-6)


def test_the_last_epoch_counts_without_validation(make: Make, digits: Any, listener: Any) -> None:
    answers = []
    for keep in ("best", "last"):
        classifier = make(keep=keep).fit(digits.X, digits.y, listener.context())
        answers.append(classifier.predict_proba(digits.X_test))
    assert np.array_equal(*answers)
    assert all(set(metrics) == {"loss", "accuracy"} for _, _, metrics in listener.heard)


def test_validation_does_not_change_what_is_learnt(make: Make, digits: Any, listener: Any) -> None:
    contexts = (listener.context(), listener.context(digits.X_val, digits.y_val))
    answers = [
        make().fit(digits.X, digits.y, context).predict_proba(digits.X_test) for context in contexts
    ]
    assert np.array_equal(*answers)


def test_each_epoch_is_reported(make: Make, digits: Any, listener: Any) -> None:
    classifier = make(epochs=4)
    classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
    assert [news[:2] for news in listener.heard] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    for _, _, metrics in listener.heard:
        assert tuple(metrics) == names
        assert all(type(value) is float for value in metrics.values())
    assert listener.values("loss")[-1] < listener.values("loss")[0]
    hits = np.mean(classifier.predict(digits.X_val) == digits.y_val)
    assert listener.values("val_accuracy")[-1] == pytest.approx(hits)


def test_the_seed_decides(make: Make, digits: Any, listener: Any) -> None:
    first, again, other = (
        make(seed=seed).fit(digits.X, digits.y, listener.context()).predict_proba(digits.X_test)
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_fitting_again_starts_anew(make: Make, digits: Any, listener: Any) -> None:
    classifier = make()
    first, again = (
        classifier.fit(digits.X, digits.y, listener.context()).predict_proba(digits.X_test)
        for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_the_training_data_stay_as_they_were(make: Make, digits: Any, listener: Any) -> None:
    X, y = digits.X.copy(), digits.y.copy()
    make(epochs=1).fit(X, y, listener.context(digits.X_val, digits.y_val))
    assert np.array_equal(X, digits.X)
    assert np.array_equal(y, digits.y)
    assert not digits.X.flags.writeable  # what all other tests train on


def too_fast() -> Any:
    from keras.optimizers import SGD

    return SGD(learning_rate=1e38)


def no_numbers(X: Any) -> Any:
    X = X.copy()
    X[7] = np.nan
    return X


@pytest.mark.parametrize(("cause", "validates"), [("learning rate", False), ("inputs", True)])
def test_training_that_diverges_is_an_error(
    cause: str, validates: bool, make: Make, digits: Any, listener: Any
) -> None:
    classifier = make(optimizer=too_fast if cause == "learning rate" else None)
    X = no_numbers(digits.X) if cause == "inputs" else digits.X
    context = listener.context(*((digits.X_val, digits.y_val) if validates else ()))
    with pytest.raises(FloatingPointError, match=r"finite after epoch 1 of 2 \(loss .*Lower the"):
        classifier.fit(X, digits.y, context)
    assert listener.heard == []


def test_an_image_is_predicted_alone_as_among_others(
    make: Make, digits: Any, listener: Any
) -> None:
    classifier = make(epochs=1).fit(digits.X, digits.y, listener.context())
    X = digits.X[:501]  # one more than a batch of predictions
    together = classifier.predict_proba(X)
    assert together.shape == (501, 10)
    assert together.dtype == np.float32
    for row in (0, 499, 500):
        assert np.array_equal(classifier.predict_proba(X[row : row + 1])[0], together[row])
    assert classifier.predict_proba(X[:0]).shape == (0, 10)
    assert np.array_equal(classifier.predict(X), together.argmax(axis=1))


def test_prediction_needs_training(make: Make, digits: Any) -> None:
    with pytest.raises(RuntimeError, match="call fit before predict"):
        make().predict(digits.X_test)


def test_training_ends_when_validation_gets_no_better(
    make: Make, digits: Any, listener: Any
) -> None:
    wrong = (digits.y_val + 1) % 10  # so that the first epoch is the best one
    context = listener.context(digits.X_val, wrong)
    classifier = make(epochs=9, patience=2, keep="best").fit(digits.X, digits.y, context)
    assert [news[:2] for news in listener.heard] == [(1, 9), (2, 9), (3, 9)]
    first = listener.values("val_loss")[0]
    assert log_loss(classifier, digits.X_val, wrong) == pytest.approx(first, rel=1e-6)


def test_patience_waits_for_validation_images(make: Make, digits: Any, listener: Any) -> None:
    make(epochs=4, patience=1).fit(digits.X[:64], digits.y[:64], listener.context())
    assert len(listener.heard) == 4


def linear_network() -> Any:
    """Without averages that change although nothing is learnt."""
    from keras import Input, Sequential, layers

    return Sequential([Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, "softmax")])


def test_a_schedule_sets_the_rate_of_each_epoch(make: Make, digits: Any, listener: Any) -> None:
    def schedule(history: Any) -> float:
        assert [row["loss"] for row in history] == listener.values("loss")
        return [1.0, 0.5, 0.0][len(history)]

    settings = {"network": linear_network, "schedule": schedule, "optimizer": quick}
    answers = []
    for epochs in (1, 2, 3):
        listener.heard.clear()
        classifier = make(epochs=epochs, **settings)
        answers.append(classifier.fit(digits.X, digits.y, listener.context()).predict_proba(
            digits.X_test
        ))  # fmt: skip
    assert listener.values("learning_rate") == pytest.approx([0.1, 0.05, 0.0])
    assert not np.allclose(answers[0], answers[1])
    assert np.array_equal(answers[1], answers[2])


def quick() -> Any:
    from keras.optimizers import SGD

    return SGD(learning_rate=0.1)


def test_another_loss_is_minimised_and_reported(make: Make, digits: Any, listener: Any) -> None:
    def confusing(labels: Any, probabilities: Any) -> Any:
        """Lowest where each image is taken for the next class."""
        from keras import losses, ops

        return losses.sparse_categorical_crossentropy((ops.cast(labels, "int32") + 1) % 10,
                                                      probabilities)  # fmt: skip

    classifier = make(loss=confusing, epochs=5)
    classifier.fit(digits.X, digits.y, listener.context(digits.X_val, digits.y_val))
    next_class = (digits.y_val + 1) % 10
    assert np.mean(classifier.predict(digits.X_val) == next_class) > 0.5
    assert listener.values("val_loss")[-1] == pytest.approx(
        log_loss(classifier, digits.X_val, next_class), rel=1e-5
    )
    assert listener.values("val_accuracy")[-1] < 0.1


@pytest.mark.parametrize("name", ["epochs", "batch_size", "passes", "patience"])
def test_numbers_below_one_are_refused(name: str, make: Make) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0, expected 1 or more"):
        make(**{name: 0})


def test_more_threads_than_the_process_has_are_no_error(
    make: Make, digits: Any, listener: Any
) -> None:
    make(epochs=1).fit(digits.X[:32], digits.y[:32], listener.context())
    limit_threads(1)
    limit_threads(2)


@given(
    images=st.integers(1, 50),
    size=st.integers(1, 60),
    passes=st.integers(1, 3),
    seed=st.integers(0),
)
def test_an_epoch_uses_each_image_as_often_as_it_should(
    images: int, size: int, passes: int, seed: int
) -> None:
    X = np.arange(images, dtype=np.float32)[:, None, None, None]
    batches = Batches(
        X, (X.ravel() % 10).astype(np.uint8), size, passes, np.random.default_rng(seed)
    )
    for _ in range(2):
        parts = [batches[step] for step in range(len(batches))]
        assert all(0 < len(X_batch) <= size for X_batch, _ in parts)
        used = np.concatenate([X_batch.ravel() for X_batch, _ in parts])
        labels = np.concatenate([y_batch for _, y_batch in parts])
        assert np.array_equal(np.bincount(used.astype(int)), np.full(images, passes))
        assert np.array_equal(labels, used % 10)
        batches.reshuffle()


def test_each_epoch_has_an_order_of_its_own(digits: Any) -> None:
    batches = Batches(digits.X, digits.y, 32, 1, np.random.default_rng(0))
    before = batches.order.copy()
    batches.reshuffle()
    assert not np.array_equal(before, batches.order)


def test_training_takes_the_images_in_that_order(
    make: Make, digits: Any, listener: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Any] = []

    class Recording(Batches):
        def __getitem__(self, step: int) -> Any:
            taken.append((step, self.order[step * self.size : (step + 1) * self.size]))
            return super().__getitem__(step)

    monkeypatch.setattr("cnn._helpers.Batches", Recording)
    make(epochs=2, batch_size=300).fit(digits.X, digits.y, listener.context())
    assert [step for step, _ in taken] == [0, 1, 2, 3] * 2
    first, second = (
        np.concatenate([images for _, images in part]) for part in (taken[:4], taken[4:])
    )
    assert not np.array_equal(first, second)
    assert np.array_equal(np.sort(first), np.arange(1_000))
    assert np.array_equal(np.sort(second), np.arange(1_000))
