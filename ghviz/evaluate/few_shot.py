"""How far do a few labelled samples of each class get?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ghviz.evaluate.knn import first_largest
from ghviz.evaluate.result import Accuracy, Labelled, check_integers, checked_pair
from ghviz.metrics.by_class import members_of
from ghviz.metrics.inputs import chunks


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """Accuracy from k labelled samples a class, for several k and many draws of them.

    Attributes:
        shots: (S,) the numbers k.
        per_class: (S, draws, L) accuracy in 0 .. 1; NaN for a class without test samples.
        average: (S,) mean over draws and classes.
        std: (S,) sample standard deviation over draws of the mean over classes; NaN for a single draw.
    """

    shots: tuple[int, ...]
    per_class: NDArray[np.float64]
    average: NDArray[np.float64]
    std: NDArray[np.float64]

    def of(self, shots: int) -> Accuracy:
        """Return the accuracy from k labelled samples a class, mean over the draws.

        Args:
            shots: k, one of `self.shots`.

        Raises:
            ValueError: for another k.
        """
        if shots not in self.shots:
            raise ValueError(f"shots must be one of {self.shots}, got {shots}")
        place = self.shots.index(shots)
        return Accuracy(per_class=self.per_class[place].mean(axis=0), average=float(self.average[place]))


def few_shot(
    train: Labelled,
    test: Labelled,
    *,
    shots: Sequence[int] | int = (1, 5, 10),
    draws: int = 20,
    seed: int = 0,
) -> FewShot:
    """Return how well the mean of k samples of each class tells the test samples' classes.

    Each draw takes k training samples of every class without replacement; a test sample is of the class whose
    mean of unit features has the largest cosine to it (nearest class mean, as prototypical networks classify
    [0]). With k = 1 this is 1-nearest-neighbour. All classes have as much to learn from, so what differs
    between classes is the features' doing. More shots contain the fewer ones of the same draw. Means equally
    near to a test sample (cosines equal as in `knn`): the smaller class number. What is drawn depends on the
    seed and on the order of each class's samples.

    [0] Snell, Swersky and Zemel, Prototypical networks for few-shot learning, NeurIPS 2017,
    https://arxiv.org/abs/1703.05175; there with distances, here on the sphere.

    Args:
        train: features (N, d), none of them zero, and labels (N,); every class with as many samples as the
        largest k.
        test: features (M, d) and labels (M,).
        shots: the numbers k, or one.
        draws: how often samples are drawn.
        seed: draws them.

    Returns:
        Accuracy per k, draw and class, with means.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or a class with too few training samples.

    Example:
        >>> train = np.eye(2)[[0, 0, 1, 1]], np.array([0, 0, 1, 1])
        >>> few_shot(train, train, shots=(1, 2), draws=3).average
        array([1., 1.])
    """
    data = checked_pair(train, test, unit=True)
    rows, queries, wanted = data.train, data.test, data.test_labels
    members = members_of(data.train_labels, data.num_classes)
    shots = (shots,) if isinstance(shots, int) else tuple(shots)
    check_integers(draws=draws, **{f"shots[{i}]": k for i, k in enumerate(shots)})
    if not shots or min(shots) < 1 or draws < 1:
        raise ValueError(f"shots and draws must be at least 1, got {shots} and {draws}")
    least = min(range(data.num_classes), key=lambda c: len(members[c]))
    if len(members[least]) < max(shots):
        raise ValueError(
            f"{max(shots)} shots need {max(shots)} training samples of each class, class {least} has "
            f"{len(members[least])}: give balanced training features or fewer shots"
        )
    generator = np.random.default_rng(seed)
    counts = np.bincount(wanted, minlength=data.num_classes).astype(np.float64)
    counts[counts == 0] = np.nan
    right = np.zeros((len(shots), draws, data.num_classes))
    for draw in range(draws):
        chosen = np.stack([generator.permutation(m)[: max(shots)] for m in members])  # (L, k)
        for s, k in enumerate(shots):
            predicted = _nearest_mean(queries, sum(rows[shot] for shot in chosen[:, :k].T))
            right[s, draw] = np.bincount(wanted[predicted == wanted], minlength=data.num_classes)
    per_class = right / counts
    by_draw = np.nanmean(per_class, axis=2)
    std = by_draw.std(axis=1, ddof=1) if draws > 1 else np.full(len(shots), np.nan)
    return FewShot(shots=shots, per_class=per_class, average=by_draw.mean(axis=1), std=std)


def _nearest_mean(queries: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class (M,) whose mean, of any length, has the largest cosine to each of (M, d) queries."""
    directions = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    parts = chunks(len(queries), len(means))
    return np.concatenate([first_largest(queries[part] @ directions.T) for part in parts])
