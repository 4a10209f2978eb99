"""How long training is expected to take."""

from __future__ import annotations


def training_seconds(images: int, epochs: int, per_epoch: float) -> float:
    """An estimate of the processor seconds of a run, for a plugin's `cost_hint`.

    Args:
        images: Training images of an epoch.
        epochs: Number of epochs.
        per_epoch: Processor seconds for an epoch of 60,000 images, validated on 15,000.

    Returns:
        Seconds to make and trace the network, to train it, and to predict 10,000 images, which
        takes a thirtieth of `per_epoch` (measured on all networks here; TensorFlow 2.21, one core
        of a 2-core Intel Xeon, Sapphire Rapids).
    """
    return 1.5 + per_epoch * (epochs * images / 60_000 + 1 / 30)
