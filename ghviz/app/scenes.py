"""From a pair's records to the scene that the globe draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.app.globe import ClassStyle, Side, encode_scene
from ghviz.app.pairs import Comparison, Record
from ghviz.figures.palette import BASE_COLOR, GH_COLOR, class_colors
from ghviz.metrics.catalog import METRICS
from ghviz.projections.camera import Quaternion, camera_hint
from ghviz.projections.centers import class_means
from ghviz.projections.sphere import sphere_view
from ghviz.projections.territory import territory_map, territory_ring
from ghviz.twin import side_title
from ghviz.types import ClassTable, MetricTable, Projection

CAPTION = ("tail_territory", "tail_gap")
"""What is written below each side's title, and changes as time goes on."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A comparison, ready to be drawn.

    Attributes:
        scene: for the globe.
        views: coordinates by side.
        camera: where to look from at first.
        note: how the drawing was made, in a sentence or two.
        remark: the same for a figure's caption; empty where there is nothing to be said.
    """

    scene: bytes
    views: dict[str, Projection]
    camera: Quaternion
    note: str
    remark: str


def stage(comparison: Comparison) -> Stage:
    """Lay both sides out in one drawing, and paint their territory."""
    shown = comparison.shown
    snapshots = {side: record.snapshots() for side, record in shown.items()}
    views = sphere_view(snapshots, comparison.any_side.points)
    classes = comparison.any_side.classes
    sides = [_side(side, shown[side], view, len(classes.names)) for side, view in views.items()]
    last = views.get("gh") or views["base"]
    return Stage(
        scene=encode_scene(
            sides,
            class_styles(classes),
            scene_id=str(comparison.folder),
            thumbnails=comparison.any_side.points.thumbnails,
        ),
        views=views,
        camera=camera_hint(last, comparison.any_side.points.train_labels),
        note=how_drawn(views, comparison.any_side.points.targets.shape[1]),
        remark=remark(views),
    )


def class_styles(classes: ClassTable) -> list[ClassStyle]:
    """Names, counts and colours of the classes, head to tail."""
    light, dark = (class_colors(len(classes.names), dark=dark) for dark in (False, True))
    return [
        ClassStyle(name=name, count=count, color_light=light[i], color_dark=dark[i])
        for i, (name, count) in enumerate(zip(classes.names, classes.counts, strict=True))
    ]


def identity(side: str) -> dict[str, str]:
    """The colours of a side."""
    colors = GH_COLOR if side == "gh" else BASE_COLOR
    return {"color_light": colors["light"], "color_dark": colors["dark"]}


def caption(table: MetricTable) -> str:
    """A side's numbers at one snapshot, in a few words."""
    return " · ".join(
        f"{METRICS[key].inside} {METRICS[key].format(table.summary.get(key))}" for key in CAPTION
    )


def painted(coordinates: NDArray[Any], labels: NDArray[np.int64]) -> Any:
    """Territory of one snapshot: a ring of arcs, or an octahedral map."""
    if coordinates.shape[1] == 2:
        return territory_ring(coordinates, labels)
    return territory_map(coordinates, labels)


def how_drawn(views: Mapping[str, Projection], dimension: int) -> str:
    """Say whether this is the embedding or a projection of it, and what was turned."""
    if dimension > 3:
        known = {side: f"{view.kept:.0%}" for side, view in views.items() if view.kept is not None}
        kept = ", ".join(f"{share} ({side})" if len(views) > 1 else share for side, share in known.items())
        sides = "the same for both sides, " if len(views) > 1 else ""
        return (
            f"A projection of {dimension} dimensions: the three directions that hold most of the class "
            f"centres, {sides}no mean subtracted. It keeps {kept} of the embeddings' "
            "second moment; numbers are measured in all dimensions, painted territory in the projection."
        )
    shape = "circle" if dimension == 2 else "sphere"
    turned = " The GH side is turned as a whole so that its classes meet those of the other side."
    whole = f"This {shape} is the embedding itself, not a projection: every point is where it is."
    return whole + (turned if len(views) > 1 else "")


def remark(views: Mapping[str, Projection]) -> str:
    """What a figure's caption has to say of a projection; nothing of the embedding itself."""
    kept = min(view.kept or 1.0 for view in views.values())
    return "" if kept == 1.0 else f"A projection; it keeps {kept:.0%} of the second moment."


def _side(side: str, record: Record, view: Projection, num_classes: int) -> Side:
    labels = record.points.train_labels
    return Side(
        name=side,
        title=side_title(record.run),
        steps=record.steps,
        coordinates=view.coordinates,
        labels=labels,
        territory=[painted(coordinates, labels) for coordinates in view.coordinates],
        centers=[class_means(coordinates, labels, num_classes) for coordinates in view.coordinates],
        targets=view.targets if side == "gh" else None,
        switches=[(event.step, event.weight) for event in record.switches],
        captions=[caption(table) for table in record.tables],
        **identity(side),
    )
