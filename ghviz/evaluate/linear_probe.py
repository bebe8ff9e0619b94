"""The field's standard question: can one linear layer tell the classes from frozen features?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.evaluate.result import Checked, Evaluation, Labelled, check_integers, checked_pair, evaluation
from ghviz.metrics.inputs import chunks


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How the layer is trained; the defaults are those of the reference implementation for CIFAR-LT.

    Attributes:
        epochs: passes over the training features.
        batch_size: samples a step; the last batch of an epoch may be smaller.
        first_rate: learning rate of the first epoch.
        last_rate: of the last epoch; exponential between.
        weight_decay: added to the gradient, as Adam's L2 penalty.
        seed: draws the weights at the start and the order of samples.
    """

    epochs: int = 500
    batch_size: int = 1_000
    first_rate: float = 1e-2
    last_rate: float = 1e-6
    weight_decay: float = 5e-6
    seed: int = 0


PAPER = Protocol()


def linear_probe(train: Labelled, test: Labelled, *, protocol: Protocol = PAPER) -> Evaluation:
    """Return how well a linear layer on frozen features tells the classes of the test samples.

    One linear layer with bias, cross-entropy, Adam [0] with the learning rate falling exponentially from 1e-2
    to 1e-6, weight decay 5e-6, batches of 1,000, 500 epochs: the protocol of GH's reference implementation,
    step by step, on features in memory. Balanced training features make this a question about the features,
    not about the frequency of classes.

    [0] Kingma and Ba, Adam, ICLR 2015, https://arxiv.org/abs/1412.6980 (Algorithm 1; beta 0.9 and 0.999).

    Args:
        train: features (N, d) of the backbone, as they are, and labels (N,); usually a balanced set.
        test: features (M, d) and labels (M,). Of a class without training samples the layer learns nothing
            but that it does not occur: its accuracy is 0, which counts in the average.
        protocol: how to train; `epochs` is what costs time.

    Returns:
        Predictions, accuracy per class and average.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> data = np.eye(3)[[0, 1, 2, 0, 1, 2]], np.array([0, 1, 2, 0, 1, 2])
        >>> linear_probe(data, data).per_class
        array([1., 1., 1.])
    """
    check_integers(epochs=protocol.epochs, batch_size=protocol.batch_size)
    rates = protocol.first_rate, protocol.last_rate
    if not all(0 < rate < float("inf") for rate in rates) or not 0 <= protocol.weight_decay < float("inf"):
        raise ValueError(
            f"learning rates must be positive and weight_decay at least 0, got {rates[0]}, {rates[1]} and "
            f"{protocol.weight_decay}"
        )
    if protocol.epochs < 1 or protocol.batch_size < 1:
        raise ValueError(
            f"epochs and batch_size must be at least 1, got {protocol.epochs} and {protocol.batch_size}"
        )
    data = checked_pair(train, test, unit=False)
    layer = fitted_layer(data, protocol)
    parts = chunks(len(data.test), data.num_classes)  # twice, in single precision
    predicted = [(data.test[part] @ layer[:-1] + layer[-1]).argmax(axis=1) for part in parts]
    return evaluation(np.concatenate(predicted), data.test_labels, data.num_classes)


def fitted_layer(data: Checked, protocol: Protocol) -> NDArray[Any]:
    """Return the trained weights (d + 1, L), the bias as the last row."""
    generator = np.random.default_rng(protocol.seed)
    size, dimension = data.train.shape
    bound = 1 / np.sqrt(dimension)
    layer = generator.uniform(-bound, bound, (dimension + 1, data.num_classes)).astype(np.float32)
    adam = Adam(layer, protocol.weight_decay)
    rates = np.geomspace(protocol.first_rate, protocol.last_rate, protocol.epochs)
    for rate in rates.tolist():  # Python's floats leave single precision single
        order = generator.permutation(size)
        for start in range(0, size, protocol.batch_size):
            batch = order[start : start + protocol.batch_size]
            adam.step(gradient(layer, data.train[batch], data.train_labels[batch]), rate)
    return layer


def gradient(layer: NDArray[Any], rows: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[Any]:
    """Return the gradient (d + 1, L) of the mean cross-entropy of a linear layer on a batch (n, d)."""
    logits = rows @ layer[:-1]
    logits += layer[-1]
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    logits[np.arange(len(rows)), labels] -= 1
    logits /= len(rows)
    return np.concatenate([rows.T @ logits, logits.sum(axis=0, keepdims=True)])


class Adam:
    """The optimiser, on one array that it changes in place."""

    def __init__(self, parameters: NDArray[Any], weight_decay: float) -> None:
        """Begin with moments of zero."""
        self.parameters = parameters
        self.weight_decay = weight_decay
        self.first, self.second = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps = 0

    def step(self, gradient: NDArray[Any], rate: float) -> None:
        """Change the parameters by one step along the gradient."""
        self.steps += 1
        gradient += self.weight_decay * self.parameters
        self.first += 0.1 * (gradient - self.first)
        self.second += 0.001 * (np.square(gradient) - self.second)
        root = np.sqrt(self.second / (1 - 0.999**self.steps)) + 1e-8
        self.parameters -= (rate / (1 - 0.9**self.steps)) * self.first / root
