"""Projection or reality: what a picture keeps of more dimensions, measured once and remembered."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.corrected import AS_IN_INTERVALS
from ghviz.app.globe import Band, coloured
from ghviz.app.globe.parts import scene_hash
from ghviz.app.pairs import Comparison
from ghviz.app.scenes import Stage
from ghviz.figures.placement_bands import BANDS, TITLE
from ghviz.metrics import SampledWarning, measure, unbiased_center_cosines
from ghviz.metrics.directed import has_direction
from ghviz.metrics.inputs import tail_classes
from ghviz.metrics.reasons import SAMPLES_NEEDED
from ghviz.projections.quality import PictureQuality, picture_quality
from ghviz.projections.sphere import picture_basis, put_on_sphere
from ghviz.twin import HEADLINES
from ghviz.types import ClassTable, MetricTable, Points, Snapshot

NEIGHBORS: Final = 10
"""Neighbours that a picture should keep; fewer where there are hardly as many points."""
AT_ONCE: Final = 40_000_000
"""Pairs of points, in all snapshots together, that are measured at once: about three seconds."""
FLAT: Final = ("knn_purity", "silhouette")
"""Numbers that have a meaning on a plane too, where there is neither territory nor an angle."""
PATCH: Final = 0.02
"""Half the width of a plane that is laid onto the unit sphere: distances change by 0.04 % at most, and points
are told apart that are 1e-4 of it from each other."""
Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One side, all of its snapshots, as they are drawn.

    Attributes:
        points: the fixed points.
        classes: names and counts.
        steps: (s,) of the snapshots; rising.
        snapshot: gives that of a step.
        coordinates: gives where its training points are drawn: (n, 3) on the sphere.
    """

    points: Points
    classes: ClassTable
    steps: tuple[int, ...]
    snapshot: Callable[[int], Snapshot]
    coordinates: Callable[[int], Array]

    def step_at(self, step: int) -> int:
        """The last of the steps at or before one; the first, where there is none before."""
        return max((each for each in self.steps if each <= step), default=self.steps[0])


@dataclass(frozen=True)
class Closeness:
    """How close together the tail classes are: cosines between the centres of each two of them.

    Corrected for the scatter of centres of few samples, in all dimensions and as drawn alike. Classes are
    left out that point nowhere (`has_direction`) in either: where their centres lie is chance.

    Attributes:
        true: (p,) of each pair, in all dimensions.
        shown: (p,) as drawn.
        nowhere: tail classes of three and more samples that are left out.
    """

    true: NDArray[np.float64]
    shown: NDArray[np.float64]
    nowhere: int = 0

    @property
    def error(self) -> float:
        """Mean over the pairs of |as drawn - in all dimensions|; there errors of opposite sign add up."""
        return float(np.abs(self.shown - self.true).mean())


@dataclass(frozen=True, kw_only=True)
class Reality:
    """One side at one snapshot, in all its dimensions and as it is drawn.

    Attributes:
        quality: of the picture.
        closeness: of the tail classes.
        headlines: the headline metrics as drawn.
    """

    quality: PictureQuality
    closeness: Closeness
    headlines: Mapping[str, float]


def drawings(comparison: Comparison, drawn: Stage) -> dict[str, Drawing]:
    """The drawn sides of a comparison."""
    found = {}
    for side, record in comparison.shown.items():
        places = dict(zip(record.steps, drawn.views[side].coordinates, strict=True))
        found[side] = Drawing(
            points=record.points,
            classes=record.classes,
            steps=record.steps,
            snapshot=record.run.snapshot,
            coordinates=places.__getitem__,
        )
    return found


def quality_of(embeddings: Array, drawn: Array, labels: Array, *, num_classes: int) -> PictureQuality:
    """The quality of a picture of a snapshot, remembered by content.

    Raises:
        ValueError: for fewer than three points.
    """
    return _quality(content(embeddings, drawn, labels), embeddings, drawn, labels, num_classes)


def reality_at(sides: Mapping[str, Drawing], *, step: int) -> dict[str, Reality]:
    """Every side at a step, all of them drawn in one basis.

    Raises:
        RunFolderError: a snapshot can't be read.
        ValueError: there are fewer than three points.
    """
    last = {side: each.snapshot(each.steps[-1]) for side, each in sides.items()}
    basis = picture_basis(last, next(iter(sides.values())).points)
    found = {}
    for side, drawing in sides.items():
        at = drawing.step_at(step)
        snapshot, place = drawing.snapshot(at), drawing.coordinates(at)
        test = put_on_sphere(snapshot.test, basis) if len(snapshot.test) else snapshot.test[:, :3]
        shown = Snapshot(step=at, epoch=snapshot.epoch, train=place, test=test)
        points, classes = drawing.points, drawing.classes
        labels = points.train_labels, points.test_labels
        key = content(snapshot.train, place, test, *labels, np.asarray(classes.counts))
        found[side] = _reality(key, snapshot, shown, points, classes)
    return found


def closeness(true: Array, shown: Array, labels: Array, *, counts: Array) -> Closeness:
    """Compare how close together the tail classes are, pair by pair.

    Args:
        true: (n, d) embeddings.
        shown: (n, 3) where they are drawn.
        labels: (n,) their classes.
        counts: (L,) training samples, which say what the tail is.
    """
    tail, enough = tail_classes(counts), SAMPLES_NEEDED["unbiased_center_cosines"]
    tail = tail[np.bincount(labels, minlength=len(counts))[tail] >= enough]
    directed = [has_direction(each, labels, num_classes=len(counts))[tail] for each in (true, shown)]
    known = tail[np.all(directed, axis=0)]
    one, other = (known[each] for each in np.triu_indices(len(known), k=1))
    cosines = (unbiased_center_cosines(each, labels, num_classes=len(counts)) for each in (true, shown))
    in_all, as_drawn = (each[one, other] for each in cosines)
    return Closeness(in_all, as_drawn, nowhere=len(tail) - len(known))


def flat_numbers(
    rows: Array, labels: Array, classes: ClassTable, *, step: int, plane: bool = False
) -> MetricTable:
    """The numbers that have a meaning on a plane too, remembered by content.

    Args:
        rows: (n, d) embeddings, compared by cosine distance; or a picture of them.
        labels: (n,) their classes.
        classes: names and counts.
        step: of the snapshot.
        plane: rows are (n, 2) places on a plane, compared by squared distance: what cosine distance is to
            points that lie close together on a sphere, and computed in this way.
    """
    given = _laid_on_sphere(rows) if plane else rows
    return _flat_numbers(content(given, labels, np.asarray(classes.counts)), given, labels, classes, step)


def placed_scene(scene: bytes, sides: Mapping[str, Drawing], *, step: int, at_once: int = AT_ONCE) -> bytes:
    """The scene with points in the colour of their placement, at all steps or, if there are too many points,
    at those looked at so far.

    Args:
        scene: of these sides.
        sides: as they are drawn.
        step: looked at.
        at_once: pairs of points, in all snapshots together, beyond which there are too many.

    Raises:
        RunFolderError: a snapshot can't be read.
        ValueError: there are fewer than three points.
    """
    known = _known_placements(scene_hash(scene).hex())
    pairs = sum(len(each.steps) * pairs_of(each) for each in sides.values())
    for side, drawing in sides.items():
        steps = drawing.steps if pairs <= at_once else (drawing.step_at(step),)
        placements = known.setdefault(side, {})
        for each in steps:
            if each not in placements:
                placements[each] = _placement(drawing, each)
    bands = [
        Band(name=band.name, at_least=band.at_least, color_light=band.light, color_dark=band.dark)
        for band in BANDS
    ]
    return coloured(scene, known, bands, title=TITLE)


def pairs_of(drawing: Drawing) -> int:
    """Pairs of points in a snapshot, by which the time grows that its picture takes to measure.

    Beyond 10,000 points `picture_quality` asks some of them only, and takes less time than this would say;
    so many are more than any page measures at once in either case.
    """
    return len(drawing.points.train_labels) ** 2


def content(*arrays: Array) -> str:
    """A name for what arrays hold."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _placement(drawing: Drawing, step: int) -> NDArray[np.float64]:
    rows, place, labels = drawing.snapshot(step).train, drawing.coordinates(step), drawing.points.train_labels
    return quality_of(rows, place, labels, num_classes=len(drawing.classes.names)).placement


def _laid_on_sphere(plane: Array) -> NDArray[np.float32]:
    """Points of a plane as directions (n, 3) in a small patch of the sphere, all in the same proportions."""
    places = np.asarray(plane, dtype=np.float64)
    places = places - places.mean(axis=0)
    scale = PATCH / max(float(np.linalg.norm(places, axis=1).max()), np.finfo(np.float64).tiny)
    return np.column_stack([places * scale, np.ones(len(places))]).astype(np.float32)


@st.cache_resource(max_entries=8, show_spinner=False)
def _known_placements(scene: str) -> dict[str, dict[int, NDArray[np.float64]]]:
    """By side and step, growing as the visitor looks on."""
    return {}


@st.cache_data(max_entries=400, show_spinner=False)
def _quality(key: str, _rows: Array, _drawn: Array, _labels: Array, num_classes: int) -> PictureQuality:
    neighbors = min(NEIGHBORS, max(1, (len(_rows) - 1) // 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledWarning)  # the sentence beside the picture says so
        return picture_quality(_rows, _drawn, _labels, neighbors=neighbors, num_classes=num_classes)


@st.cache_data(max_entries=200, show_spinner=False)
def _reality(
    key: str, _snapshot: Snapshot, _shown: Snapshot, _points: Points, _classes: ClassTable
) -> Reality:
    labels, counts = _points.train_labels, np.asarray(_classes.counts)
    numbers = measure(_shown, _points, _classes, metrics=HEADLINES, resampling=AS_IN_INTERVALS)
    return Reality(
        quality=quality_of(_snapshot.train, _shown.train, labels, num_classes=len(counts)),
        closeness=closeness(_snapshot.train, _shown.train, labels, counts=counts),
        headlines=numbers.summary,
    )


@st.cache_data(max_entries=200, show_spinner=False)
def _flat_numbers(key: str, _rows: Array, _labels: Array, _classes: ClassTable, _step: int) -> MetricTable:
    snapshot = Snapshot(step=_step, epoch=0, train=_rows, test=np.empty((0, _rows.shape[1]), np.float32))
    points = Points(
        train_labels=_labels,
        train_indices=np.arange(len(_labels)),
        test_labels=np.empty(0, dtype=np.int64),
        targets=np.empty((0, _rows.shape[1]), dtype=np.float32),
    )
    return measure(snapshot, points, _classes, metrics=FLAT, resampling=AS_IN_INTERVALS)
