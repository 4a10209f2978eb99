"""XGBoost's classifier with progress and early stopping on the validation images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import FitContext, Images, Labels


class Boosted:
    """An `XGBClassifier` that tells its progress and may stop on the validation images."""

    engine = "xgboost"

    def __init__(self, estimator: Any, early_stopping_rounds: int) -> None:
        self.estimator = estimator
        self.early_stopping_rounds = early_stopping_rounds

    def fit(self, X: Images, y: Labels, context: FitContext) -> Boosted:
        """Fit to X, float32 (n, 784), and y, uint8 (n,); without validation, for all rounds."""
        from xgboost.callback import EarlyStopping

        watched = [] if context.X_val is None else [(context.X_val, context.y_val)]
        callbacks = [_progress(context, self.estimator.n_estimators)]
        if watched and self.early_stopping_rounds:
            callbacks.append(EarlyStopping(rounds=self.early_stopping_rounds, save_best=True))
        self.estimator.set_params(callbacks=callbacks)
        self.estimator.fit(X, y, eval_set=watched, verbose=False)
        self.estimator.set_params(callbacks=None)  # the context goes with the run
        return self

    def predict(self, X: Images) -> NDArray[np.integer[Any]]:
        """The most probable class of each image: integers, (n,)."""
        classes: NDArray[np.integer[Any]] = self.estimator.predict(X)
        return classes

    def predict_proba(self, X: Images) -> NDArray[np.float32]:
        """The probability of each class: float32, (n, 10)."""
        probabilities: NDArray[np.float32] = self.estimator.predict_proba(X)
        return probabilities


def _progress(context: FitContext, rounds: int) -> Any:
    from xgboost.callback import TrainingCallback

    class Progress(TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            validation = evals_log.get("validation_0")
            metrics = {"val_accuracy": 1 - validation["merror"][-1]} if validation else {}
            context.on_epoch(epoch + 1, rounds, metrics)
            return False

    return Progress()
