"""Projection or reality: what a picture keeps of more dimensions, measured once and remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.globe import Band, coloured
from ghviz.app.globe.parts import scene_hash
from ghviz.app.pairs import Comparison, Record
from ghviz.app.scenes import Stage
from ghviz.figures.placement_bands import BANDS, TITLE
from ghviz.metrics import (
    evenness,
    frequency_slope,
    nearest_neighbor_accuracy,
    tail_accuracy,
    tail_gap,
    tail_mean_cosine,
    tail_territory,
    territory_share,
)
from ghviz.projections.quality import PictureQuality, picture_quality
from ghviz.projections.sphere import picture_basis, put_on_sphere

NEIGHBORS: Final = 10
"""Neighbours that a picture should keep; fewer where there are hardly as many points."""
AT_ONCE: Final = 40_000_000
"""Pairs of points, in all snapshots together, that are measured at once: about three seconds."""
Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Reality:
    """One side at one snapshot, in all its dimensions and as it is drawn.

    Attributes:
        quality: of the picture.
        closeness: mean cosine between the centres of tail classes, in all dimensions and as drawn.
        headlines: the headline metrics as drawn.
    """

    quality: PictureQuality
    closeness: tuple[float, float]
    headlines: Mapping[str, float]


def quality_of(embeddings: Array, drawn: Array, labels: Array, *, num_classes: int) -> PictureQuality:
    """The quality of a picture of a snapshot, remembered by content.

    Raises:
        ValueError: for fewer than three points.
    """
    return _quality(content(embeddings, drawn, labels), embeddings, drawn, labels, num_classes)


def reality_at(comparison: Comparison, drawn: Stage, *, step: int) -> dict[str, Reality]:
    """Every drawn side at a step.

    Raises:
        RunFolderError: a snapshot can't be read.
        ValueError: there are fewer than three points.
    """
    points = comparison.any_side.points
    last = {side: record.run.snapshot(record.steps[-1]) for side, record in comparison.shown.items()}
    basis = picture_basis(last, points)
    found = {}
    for side, record in comparison.shown.items():
        i = record.index_at(step)
        snapshot = record.run.snapshot(record.steps[i])
        place = drawn.views[side].coordinates[i]
        test = put_on_sphere(snapshot.test, basis) if len(snapshot.test) else snapshot.test[:, :3]
        counts = np.asarray(record.classes.counts)
        labels = record.points.train_labels
        key = content(snapshot.train, place, test, labels, record.points.test_labels, counts)
        found[side] = _reality(
            key, (snapshot.train, place, test), (labels, record.points.test_labels), counts
        )
    return found


def placed_scene(comparison: Comparison, drawn: Stage, *, step: int) -> bytes:
    """The scene with points in the colour of their placement, at all steps or, if there are too many points,
    at those looked at so far.

    Raises:
        RunFolderError: a snapshot can't be read.
        ValueError: there are fewer than three points.
    """
    known = _known_placements(scene_hash(drawn.scene).hex())
    records = comparison.shown
    pairs = sum(len(record.steps) * len(record.points.train_labels) ** 2 for record in records.values())
    for side, record in records.items():
        steps = record.steps if pairs <= AT_ONCE else (record.steps[record.index_at(step)],)
        placements = known.setdefault(side, {})
        for each in steps:
            if each not in placements:
                placements[each] = _placement(record, drawn, side, each)
    bands = [
        Band(name=band.name, at_least=band.at_least, color_light=band.light, color_dark=band.dark)
        for band in BANDS
    ]
    return coloured(drawn.scene, known, bands, title=TITLE)


def _placement(record: Record, drawn: Stage, side: str, step: int) -> NDArray[np.float64]:
    i = record.index_at(step)
    rows, place = record.run.snapshot(step).train, drawn.views[side].coordinates[i]
    return quality_of(
        rows, place, record.points.train_labels, num_classes=len(record.classes.names)
    ).placement


def content(*arrays: Array) -> str:
    """A name for what arrays hold."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@st.cache_resource(max_entries=8, show_spinner=False)
def _known_placements(scene: str) -> dict[str, dict[int, NDArray[np.float64]]]:
    """By side and step, growing as the visitor looks on."""
    return {}


@st.cache_data(max_entries=400, show_spinner=False)
def _quality(key: str, _rows: Array, _drawn: Array, _labels: Array, num_classes: int) -> PictureQuality:
    neighbors = min(NEIGHBORS, max(1, (len(_rows) - 1) // 2))
    return picture_quality(_rows, _drawn, _labels, neighbors=neighbors, num_classes=num_classes)


@st.cache_data(max_entries=200, show_spinner=False)
def _reality(
    key: str, _rows: tuple[Array, Array, Array], _labels: tuple[Array, Array], _counts: Array
) -> Reality:
    (train, place, test), (labels, test_labels) = _rows, _labels
    num_classes = len(_counts)
    share = territory_share(place, labels, num_classes=num_classes).share
    accuracy = np.full(num_classes, np.nan)
    if len(test):
        accuracy = nearest_neighbor_accuracy(place, labels, test, test_labels, num_classes=num_classes)
    true, shown = (
        tail_mean_cosine(rows, labels, counts=_counts, num_classes=num_classes) for rows in (train, place)
    )
    return Reality(
        quality=quality_of(train, place, labels, num_classes=num_classes),
        closeness=(true, shown),
        headlines={
            "frequency_slope": frequency_slope(share, _counts).slope,
            "tail_gap": tail_gap(place, labels, counts=_counts, num_classes=num_classes),
            "tail_territory": tail_territory(share, counts=_counts),
            "evenness": evenness(share),
            "tail_accuracy": tail_accuracy(accuracy, counts=_counts),
        },
    )
