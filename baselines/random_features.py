"""Ridge regression onto one-hot labels, on random features that stand for an RBF kernel."""

from __future__ import annotations

from typing import Any

from suite.contract import Params, Plugin, Source

KINDS = ("fourier", "nystroem")


def build(
    *, seed: int, threads: int, kind: str, components: int, gamma: float, alpha: float
) -> Any:
    """A pipeline of scikit-learn's `RBFSampler` or `Nystroem` and a `RidgeClassifier`.

    Params:
        kind: fourier: cosines of random directions; nystroem: the kernel with random images.
        components: Number of features.
        gamma: Width of the kernel, exp(-gamma × squared distance).
        alpha: Weight of the penalty on large coefficients.
    """
    from sklearn.kernel_approximation import Nystroem, RBFSampler
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline

    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}, expected one of {', '.join(KINDS)}")
    settings = {"gamma": gamma, "n_components": components, "random_state": seed}
    features = RBFSampler(**settings) if kind == "fourier" else Nystroem(**settings)
    return make_pipeline(features, RidgeClassifier(alpha=alpha, solver="cholesky"))


def parameters(fitted: Any) -> int:
    """Numbers of the random features, a coefficient a class and feature, an intercept a class.

    Fourier features are a direction and an offset each; those of Nyström an image each, and the
    matrix that turns kernels into features.
    """
    features, ridge = fitted[0], fitted[-1]
    names = ("random_weights_", "random_offset_", "components_", "normalization_")
    drawn = sum(getattr(features, name).size for name in names if hasattr(features, name))
    return int(drawn + ridge.coef_.size + ridge.intercept_.size)


def cost(images: int, params: Params) -> float:
    """Processor seconds: products of images, features and features; Nyström's decomposition."""
    components = params["components"]
    decomposition = 5e-10 * components**3 if params["kind"] == "nystroem" else 0.0
    return float(1.5 + images * components * (784 + components) * 2e-11 + decomposition)


PLUGIN = Plugin(
    title="Ridge on random features",
    family="classic",
    view="flat",
    build=build,
    params={"kind": "fourier", "components": 3_000, "gamma": 0.005, "alpha": 0.1},
    variants={"nystroem": {"kind": "nystroem", "components": 2_000, "gamma": 0.02}},
    presets={"smoke": {"components": 500}, "quick": {"components": 500}},
    parameters=parameters,
    cost_hint=cost,
    requires=("sklearn.kernel_approximation",),
    source=Source(
        name="Random features for large-scale kernel machines",
        url="https://papers.nips.cc/paper/3182-random-features-for-large-scale-kernel-machines",
        changed="The variant nystroem is after Williams and Seeger (2000), as in scikit-learn.",
    ),
)
