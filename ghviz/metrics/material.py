"""What the metrics of one snapshot are made of: parts that several of them share, each computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import ByClass
from ghviz.metrics.class_centers import centers_of_means, class_means
from ghviz.metrics.effective_rank import effective_rank
from ghviz.metrics.inputs import check_level, checked, unit_rows
from ghviz.metrics.nearest_neighbor_accuracy import neighbor_credit
from ghviz.metrics.sample_uniformity import sample_uniformity
from ghviz.metrics.territory_share import TerritoryShare, territory_share
from ghviz.metrics.unbiased_center_cosines import unbiased_center_cosines
from ghviz.metrics.within_class_variability import within_class_variability
from ghviz.types import ClassTable, Points, Snapshot

LEAST_DRAWS: Final = 20
"""Fewest replicates of an interval: its ends would be the extremes of a few draws, or all one number."""


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How intervals are made.

    Attributes:
        draws: bootstrap replicates, at least 20; with 500 the ends of an interval jitter by a tenth of its
            width. 0: no intervals, but the values that intervals would stand beside.
        seed: draws them.
        level: share of the replicates inside the interval.
    """

    draws: int = 500
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        """Raise ValueError for values out of range."""
        if self.draws != 0 and not self.draws >= LEAST_DRAWS:
            raise ValueError(f"draws must be at least {LEAST_DRAWS}, or 0 for no intervals, got {self.draws}")
        check_level(self.level)


@dataclass(frozen=True, kw_only=True)
class Material:
    """The embeddings of a snapshot on which metrics are measured, and what they have in common.

    Attributes:
        snapshot: embeddings of train and test points.
        points: their labels.
        classes: names and training counts.
        embeddings: which of them the geometry is measured on.
        resampling: how intervals are made, and that metrics of class centres are corrected for the scatter
            of small classes' centres; None: neither.
    """

    snapshot: Snapshot
    points: Points
    classes: ClassTable
    embeddings: Literal["train", "test"] = "train"
    resampling: Resampling | None = None

    @property
    def unbiased(self) -> bool:
        """Whether metrics of class centres are the corrected ones."""
        return self.resampling is not None

    @property
    def num_classes(self) -> int:
        """L."""
        return len(self.classes.names)

    @property
    def frequency(self) -> NDArray[np.int64]:
        """(L,) training samples, which say what the tail is."""
        return np.asarray(self.classes.counts, dtype=np.int64)

    @cached_property
    def given(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Unit rows and labels; a snapshot may have no test embeddings at all."""
        rows = self.snapshot.train if self.embeddings == "train" else self.snapshot.test
        labels = self.points.train_labels if self.embeddings == "train" else self.points.test_labels
        if len(rows) == 0:
            return rows.astype(np.float64), labels
        return checked(rows, labels, self.num_classes)[:2]

    @property
    def rows(self) -> NDArray[np.float64]:
        """(N, d) unit embeddings."""
        return self.given[0]

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) their classes."""
        return self.given[1]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(L,) samples of each class among the embeddings."""
        return np.bincount(self.labels, minlength=self.num_classes)

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """(L, d) means of the classes."""
        return class_means(self.rows, self.labels, self.num_classes)

    @cached_property
    def centers(self) -> NDArray[np.float64]:
        """(L, d) class centres on the sphere."""
        return centers_of_means(self.means)

    @cached_property
    def cosines(self) -> NDArray[np.float64]:
        """(L, L) cosines between class centres, corrected for small classes."""
        return unbiased_center_cosines(self.rows, self.labels, num_classes=self.num_classes)

    @cached_property
    def territory(self) -> TerritoryShare:
        """Shares of the sphere."""
        return territory_share(self.rows, self.labels, num_classes=self.num_classes)

    @cached_property
    def uniformity(self) -> ByClass:
        """Sample uniformity."""
        return sample_uniformity(self.rows, self.labels, num_classes=self.num_classes)

    @cached_property
    def variability(self) -> ByClass:
        """Variability within classes, NC1."""
        return within_class_variability(self.rows, self.labels, num_classes=self.num_classes)

    @cached_property
    def rank(self) -> ByClass:
        """Effective rank."""
        return effective_rank(self.rows, self.labels, num_classes=self.num_classes)

    @cached_property
    def wanted(self) -> NDArray[np.int64]:
        """(M,) classes of the test embeddings."""
        return np.asarray(self.points.test_labels, dtype=np.int64)

    @cached_property
    def credit(self) -> NDArray[np.float64]:
        """(M,) whether the training embedding nearest to each test embedding is of its class."""
        rows, labels, _ = checked(self.snapshot.train, self.points.train_labels, self.num_classes)
        return neighbor_credit(rows, labels, unit_rows(self.snapshot.test), self.wanted)

    @cached_property
    def accuracy(self) -> NDArray[np.float64]:
        """(L,) 1-NN accuracy; NaN for a class without test samples."""
        if len(self.snapshot.test) == 0:
            return np.full(self.num_classes, np.nan)
        tested = np.bincount(self.wanted, minlength=self.num_classes).astype(np.float64)
        tested[tested == 0] = np.nan
        return np.bincount(self.wanted, weights=self.credit, minlength=self.num_classes) / tested
