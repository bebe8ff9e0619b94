"""What each metric is called, how it is written and what it means."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

TRAIN: Final[tuple[Literal["train", "test"], ...]] = ("train",)
TEST: Final[tuple[Literal["train", "test"], ...]] = ("test",)
BOTH: Final[tuple[Literal["train", "test"], ...]] = ("train", "test")
RESAMPLED: Final = "95 %, by resampling the samples of each class, of which it takes four"
HALVED: Final = "95 %, by random halves of the samples of each class, of which it takes four"
COUNTED: Final = (
    "95 %, Wilson's: other test samples would give other values; the training samples are as they are"
)


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """A metric as a person meets it.

    Attributes:
        key: name in a MetricTable.
        title: short name for a heading.
        unit: unit of the values in a MetricTable: "°" or none.
        percent: the values are shares in 0 .. 1, which sentences and tables show in per cent.
        better: which way is good; "zero": nearer to 0; "neither" for numbers that explain, not judge.
        formula: definition in one line.
        source: where it comes from.
        digits: digits after the point of the values in a MetricTable (two fewer when shown in per cent).
        text: what it says, in one or two sentences.
        values: the values that it can have, in words.
        interval: how its interval is made, and where it has none.
        embeddings: where it means something: "train" for the long-tailed training embeddings, "test" for the
            balanced test embeddings.
    """

    key: str
    title: str
    better: Literal["higher", "lower", "zero", "neither"]
    formula: str
    source: str
    digits: int
    text: str
    values: str
    unit: Literal["°", ""] = ""
    percent: bool = False
    interval: str = RESAMPLED
    embeddings: tuple[Literal["train", "test"], ...] = BOTH

    def format(self, value: float | None, *, signed: bool = False) -> str:
        """Return the value as a sentence or table shows it, with its unit; "–" where there is none.

        Args:
            value: as a MetricTable holds it.
            signed: for differences: with a sign; shares then differ by points.

        Example:
            >>> METRICS["tail_territory"].format(0.334), METRICS["tail_territory"].format(0.16, signed=True)
            ('33 %', '+16 pts')
            >>> METRICS["tail_gap"].format(15.08), METRICS["frequency_slope"].format(-0.307, signed=True)
            ('15.1°', '−0.31')
        """
        if value is None or not math.isfinite(value):
            return "–"
        digits = self.digits - 2 if self.percent else self.digits
        shown = rounded(value * 100 if self.percent else value, digits)
        number = f"{shown:{'+' if signed and shown else ''}.{digits}f}".replace("-", "−")
        if self.percent:
            return number + (" pts" if signed else " %")
        return number + self.unit

    @property
    def inside(self) -> str:
        """The title inside a sentence.

        Example:
            >>> METRICS["tail_accuracy"].inside, METRICS["accuracy"].inside
            ('tail 1-NN accuracy', '1-NN accuracy')
        """
        return self.title[0].lower() + self.title[1:]

    def gain(self, before: float, after: float) -> float:
        """Return what is good or bad about a change, negative where it is bad; NaN where a number is missing.

        Of a metric that is better the nearer it is to 0, from 0.4 to -0.4 nothing is gained. Of one that
        explains and does not judge ("neither") it is the change.

        Example:
            >>> METRICS["tail_gap"].gain(4.0, 7.0), METRICS["frequency_slope"].gain(0.5, -0.25)
            (3.0, 0.25)
        """
        if self.better == "zero":
            return abs(before) - abs(after)
        return before - after if self.better == "lower" else after - before

    def fine_enough(
        self, numbers: Iterable[float], *, apart: Iterable[tuple[float, float]] = (), most: int = 2
    ) -> MetricInfo:
        """Return the metric with more digits, if one of these numbers would look like 0 or like another.

        Args:
            numbers: as a MetricTable holds them; those that are 0 or not finite ask for nothing.
            apart: pairs of numbers that must not look alike, unless they are.
            most: digits more, at most.

        Example:
            >>> METRICS["frequency_slope"].fine_enough([-0.004]).format(-0.004, signed=True)
            '−0.004'
            >>> METRICS["tail_gap"].fine_enough([], apart=[(4.21, 4.18)]).format(4.18)
            '4.18°'
        """
        unlike = [(each, 0.0) for each in numbers] + list(apart)
        unlike = [(a, b) for a, b in unlike if math.isfinite(a) and math.isfinite(b) and a != b]
        more = 0
        while more < most and any(
            round(a, self.digits + more) == round(b, self.digits + more) for a, b in unlike
        ):
            more += 1
        return replace(self, digits=self.digits + more)


def rounded(value: float, digits: int) -> float:
    """Return a number as tables write it: never minus zero, and the same however it was computed.

    What is half a last digit up to the rounding of float64 counts as half of it.

    Example:
        >>> rounded(100 * 0.7915, 1), rounded(79.14999999999999, 1)
        (79.2, 79.2)
    """
    return round(round(value, digits + 8), digits) + 0.0


GH_PAPER = "Zhou et al., Geometric Harmonization, NeurIPS 2023, arXiv 2310.17622"
COLLAPSE_PAPER = "Papyan, Han and Donoho, Neural collapse, PNAS 2020, arXiv 2008.08186"
TSC_PAPER = "Li et al., Targeted supervised contrastive learning, CVPR 2022, arXiv 2111.13998"

_INFOS = (
    MetricInfo(
        key="frequency_slope",
        title="Frequency slope",
        better="zero",
        formula="b of log share = a + b log n, least squares over classes",
        source=f"this project, after {GH_PAPER}",
        digits=2,
        text="1: classes hold the sphere in proportion to how often they occur; 0: evenly. "
        "Read it beside the tail gap: it can look good while tail classes merge.",
        values="any number; 1 in proportion, 0 even",
        interval=HALVED,
        embeddings=TRAIN,
    ),
    MetricInfo(
        key="tail_gap",
        title="Tail gap",
        unit="°",
        better="higher",
        formula="mean over the rarer half of the classes of the angle to the nearest other class centre",
        source=f"this project, after the lemma on merging tail means in {GH_PAPER}",
        digits=1,
        text="Of the rarer half of the classes: how far a class keeps from its nearest neighbour. "
        "Small: rare classes have merged with others.",
        values="0° to 180°",
    ),
    MetricInfo(
        key="tail_territory",
        title="Tail territory",
        percent=True,
        better="higher",
        formula="sum of the territory of the rarer half of the classes",
        source=f"this project, after {GH_PAPER}",
        digits=2,
        text="What the rarer half of the classes holds of the sphere; about half of it if all hold the same.",
        values="0 to 100 %",
        interval=HALVED,
        embeddings=TRAIN,
    ),
    MetricInfo(
        key="evenness",
        title="Evenness",
        better="higher",
        formula="H(share) / log L",
        source="Pielou 1966 (entropy over its maximum), applied to territory",
        digits=3,
        text="1: every class holds the same share of the sphere; 0: one class holds all of it. "
        "Less noisy than the slope.",
        values="0 to 1",
        interval=HALVED,
        embeddings=TRAIN,
    ),
    MetricInfo(
        key="tail_accuracy",
        title="Tail 1-NN accuracy",
        percent=True,
        better="higher",
        formula="mean over the rarest third of the classes of the 1-nearest-neighbour accuracy",
        source="Cover and Hart 1967 (1-nearest-neighbour rule), cosine similarity",
        digits=2,
        text="Of the rarest third of the classes: how often a held-out sample lies next to a training sample "
        "of its own class.",
        values="0 to 100 %",
        interval=COUNTED,
        embeddings=TEST,
    ),
    MetricInfo(
        key="accuracy",
        title="1-NN accuracy",
        percent=True,
        better="higher",
        formula="mean over classes of the 1-nearest-neighbour accuracy",
        source="Cover and Hart 1967 (1-nearest-neighbour rule), cosine similarity",
        digits=2,
        text="How often a held-out sample lies next to a training sample of its own class; "
        "all classes weigh the same.",
        values="0 to 100 %",
        interval=COUNTED,
        embeddings=TEST,
    ),
    MetricInfo(
        key="head_resultant_length",
        title="Head concentration",
        better="neither",
        formula="mean resultant length of the most frequent class, unbiased",
        source="Mardia and Jupp, Directional Statistics, 2000",
        digits=2,
        text="1: the head class is a point, 0: it is spread all over. When it rises, "
        "the head contracts and leaves room: that is how the tail gets territory.",
        values="0 to 1",
    ),
    MetricInfo(
        key="territory_share",
        title="Territory",
        percent=True,
        better="neither",
        formula="P(the embedding nearest to a uniformly random direction is of the class)",
        source=f"this project, after {GH_PAPER}",
        digits=3,
        text="The part of the sphere that is nearer to this class's embeddings than to any other's. "
        "More for rare classes and less for frequent ones is more even.",
        values="0 to 100 %, 100 % in all",
        interval=HALVED,
        embeddings=TRAIN,
    ),
    MetricInfo(
        key="mean_resultant_length",
        title="Concentration",
        better="neither",
        formula="R² = (n ‖m‖² − 1) / (n − 1), m the mean of the class's unit embeddings",
        source="Mardia and Jupp, Directional Statistics, 2000; corrected for small n",
        digits=2,
        text="1: the class is a point, 0: it is spread all over the sphere. Needs two samples.",
        values="0 to 1",
    ),
    MetricInfo(
        key="class_uniformity",
        title="Distance to other centres",
        better="higher",
        formula="mean over the other classes of ‖c − c′‖",
        source=TSC_PAPER,
        digits=2,
        text="Mean distance of the class centre to the other centres; 2 is the far side of the sphere.",
        values="0 to 2",
    ),
    MetricInfo(
        key="class_alignment",
        title="Distance within the class",
        better="lower",
        formula="mean of ‖f − f′‖ over pairs of different samples of the class",
        source=f"{TSC_PAPER} (there pairs of a sample with itself are included)",
        digits=2,
        text="Mean distance of two samples of the class; small: the class is tight. Needs two samples.",
        values="0 to 2",
    ),
    MetricInfo(
        key="nearest_neighbor_accuracy",
        title="1-NN accuracy",
        percent=True,
        better="higher",
        formula="share of the class's held-out samples whose nearest training embedding is of the class",
        source="Cover and Hart 1967 (1-nearest-neighbour rule), cosine similarity",
        digits=2,
        text="How often a held-out sample of the class lies next to a training sample of its own class.",
        values="0 to 100 %",
        interval=COUNTED,
        embeddings=TEST,
    ),
    MetricInfo(
        key="nearest_center_angle",
        title="Angle to the nearest centre",
        unit="°",
        better="higher",
        formula="smallest angle between the class's centre and another one",
        source=f"this project, after {GH_PAPER}",
        digits=1,
        text="How far the class keeps from its nearest neighbour; 0: it has merged with another class.",
        values="0° to 180°",
    ),
    MetricInfo(
        key="simplex_distance",
        title="Distance from a simplex",
        better="lower",
        formula="root mean square over pairs of classes of c · c′ + 1 / (L − 1)",
        source=f"this project, after {COLLAPSE_PAPER}",
        digits=3,
        text="0: the class centres are a simplex, all at one angle and as far apart as L classes can be, "
        "which takes L − 1 dimensions or more; near 1: they are one.",
        values="0 to L / (L − 1)",
    ),
    MetricInfo(
        key="tail_mean_cosine",
        title="Cosine of tail centres",
        better="lower",
        formula="mean over pairs of classes of the rarer half of c · c′",
        source=f"after the lemma on merging tail means in {GH_PAPER}",
        digits=3,
        text="1: the rare classes have collapsed into one place; −1 / (L − 1) is the best that all can have, "
        "in L − 1 dimensions or more.",
        values="−1 to 1",
    ),
    MetricInfo(
        key="neighborhood_uniformity",
        title="Distance to near centres",
        better="higher",
        formula="mean over the three nearest other class centres of ‖c − c′‖",
        source=TSC_PAPER,
        digits=2,
        text="Mean distance of the class centre to its three nearest others; small: neighbours crowd it.",
        values="0 to 2",
    ),
    MetricInfo(
        key="sample_uniformity",
        title="Sample uniformity",
        better="neither",
        formula="log of the mean over pairs of samples of exp(−2 ‖f − f′‖²)",
        source="Wang and Isola, ICML 2020, arXiv 2005.10242",
        digits=2,
        text="0: all samples at one place; the lower, the more evenly they cover the sphere. Of one class: "
        "the lower, the wider it is spread.",
        values="−8 to 0",
    ),
    MetricInfo(
        key="vmf_concentration",
        title="Concentration κ",
        better="neither",
        formula="κ with I_{d/2}(κ) / I_{d/2−1}(κ) = R, the unbiased mean resultant length",
        source="Mardia and Jupp, Directional Statistics, 2000 (section 10.3.1)",
        digits=1,
        text="How concentrated the class is, as the parameter of the von Mises-Fisher distribution: 0 is "
        "spread all over. Comparable between numbers of dimensions no more than variances are.",
        values="0 to infinity",
    ),
    MetricInfo(
        key="within_class_variability",
        title="Variability within (NC1)",
        better="lower",
        formula="trace of the class's covariance times the pseudo-inverse of that between classes, / L",
        source=COLLAPSE_PAPER,
        digits=3,
        text="How large the class is beside the distances between classes; small: collapsed to a point. "
        "Needs three samples.",
        values="0 to infinity",
    ),
    MetricInfo(
        key="effective_rank",
        title="Effective rank",
        better="neither",
        formula="exp of the entropy of the normalised singular values",
        source="Roy and Vetterli, The effective rank, EUSIPCO 2007",
        digits=2,
        text="How many dimensions the embeddings use; it grows with the number of samples, so compare the "
        "same class on both sides, not classes with each other.",
        values="1 to the smaller of n and d",
        interval="of all samples 95 %, by resampling, from four samples a dimension on; "
        "of a class no interval: a sample that is drawn twice adds no dimension, so resampling shrinks it",
    ),
    MetricInfo(
        key="silhouette",
        title="Silhouette",
        better="higher",
        formula="mean of (b − a) / max(a, b), a the mean cosine distance to the class, b to the next one",
        source="Rousseeuw, Silhouettes, J. Comput. Appl. Math. 1987",
        digits=2,
        text="1: the class lies apart from all others, 0: it overlaps one, below: it lies inside another.",
        values="−1 to 1",
    ),
    MetricInfo(
        key="knn_purity",
        title="Purity of neighbours",
        percent=True,
        better="higher",
        formula="mean share of the k nearest other samples that are of the class, k = min(5, n − 1)",
        source="Manning et al., Introduction to Information Retrieval, 2008 (section 16.3)",
        digits=2,
        text="How many of the nearest samples around a sample are of its own class.",
        values="0 to 100 %",
        interval=HALVED,
    ),
)

METRICS: dict[str, MetricInfo] = {info.key: info for info in _INFOS}
"""Every metric of a MetricTable by name: summaries first, then values per class."""
