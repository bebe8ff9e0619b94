"""The twin figure of a pair of run folders, as the command line draws it and the app exports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from ghviz.metrics.catalog import METRICS
from ghviz.projections.camera import camera_hint
from ghviz.projections.sphere import sphere_view
from ghviz.ssl.registry import METHODS
from ghviz.store import Run, RunFolderError
from ghviz.types import IMPORTED, ClassTable, MetricTable, Points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADLINES: Final = ("frequency_slope", "tail_gap", "tail_territory", "evenness", "tail_accuracy")
"""The numbers that stand for a run, in order; the slope never without the tail gap, which sees merging."""

View = Literal["globe", "atlas"]


def side_title(run: Run) -> str:
    """What a run is, such as "SimCLR + GH"."""
    if run.config.preset == IMPORTED:  # whoever imported it has said what it is
        return run.config.method
    entry = METHODS.get(run.config.method)  # a run of a newer version may have another
    method = run.config.method if entry is None else entry.title
    return f"{method} + GH" if run.config.gh == "on" else method


def twin_figure_of(
    runs: Mapping[str, Run],
    *,
    steps: Mapping[str, int],
    tables: Mapping[str, MetricTable],
    camera: Sequence[float] | None = None,
    view: View = "globe",
) -> Figure:
    """Two runs side by side, drawn from their snapshots.

    Args:
        runs: "base" and "gh".
        steps: the snapshot of each side.
        tables: the metrics of these snapshots.
        camera: rotation as a quaternion (w, x, y, z); None: looks at the tail classes.
        view: spheres as seen from outside, or as an equal-area map.

    Raises:
        RunFolderError: a run has no data yet.
    """
    from ghviz.figures.paper import PaperSide, twin_figure

    points, classes = _data(runs["base"])
    snapshots = {side: [run.snapshot(steps[side])] for side, run in runs.items()}
    views = sphere_view(snapshots, points)
    if camera is None:
        camera = camera_hint(views["gh"], _data(runs["gh"])[0].train_labels)
    sides = {
        side: PaperSide(
            title=side_title(run),
            coordinates=views[side].coordinates[0],
            labels=_data(run)[0].train_labels,
            targets=views[side].targets if run.config.gh == "on" else None,
            numbers={
                METRICS[key].title: METRICS[key].format(tables[side].summary[key]) for key in HEADLINES[:3]
            },
        )
        for side, run in runs.items()
    }
    kept = min(1.0 if view_.kept is None else view_.kept for view_ in views.values())
    dimension = points.targets.shape[1]
    whole = "" if kept == 1.0 else f"A projection of {dimension} dimensions"
    remark = whole and f"{whole}; it keeps {kept:.0%} of the second moment."
    return twin_figure(
        sides["base"],
        sides["gh"],
        classes,
        camera=camera,
        view=view,
        step=max(steps.values()),
        remark=remark,
    )


def _data(run: Run) -> tuple[Points, ClassTable]:
    if run.points is None or run.classes is None:
        raise RunFolderError(f"{run.folder} has no data yet.")
    return run.points, run.classes
