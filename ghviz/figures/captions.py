"""Captions of paper figures: how to read them. For the file's metadata, and to be copied beneath a figure.

Nothing here loads a plotting library, so that a page can offer the text before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ghviz.figures.series import Curve, Mark

View = Literal["circle", "globe", "atlas"]
_COUNTS = "Classes run from head to tail; in brackets, their numbers of training samples."
_LINES = "Grey, dashed: without GH; orange: with GH."


def twin_caption(
    titles: tuple[str, str], view: View, *, vertices: bool, step: int | None = None, remark: str = ""
) -> str:
    """How to read the twin circles or spheres.

    Args:
        titles: of the two sides.
        view: how they are drawn.
        vertices: whether GH's vertices are shown.
        step: the training step, if it is one.
        remark: what else must be said, such as that it is a projection.

    >>> twin_caption(("SimCLR", "SimCLR + GH"), "atlas", vertices=False, step=2800)[:60]
    'Embeddings of (a) SimCLR and (b) SimCLR + GH at step 2,800. '
    """
    when = "" if step is None else f" at step {step:,}"
    read = {
        "circle": "Ring: class of the nearest embedding. Dots: embeddings, stacked inwards. Spokes: class "
        "means, dashed and hollow in the tail half; length: the mean resultant length (inner circle: 1).",
        "globe": "Small: the far side. Areas: class of the nearest embedding. Dots: embeddings. "
        "Discs: class means.",
        "atlas": "Whole sphere, equal-area. Areas: class of the nearest embedding. Dots: embeddings. "
        "Discs: class means.",
    }[view]
    parts = [f"Embeddings of (a) {titles[0]} and (b) {titles[1]}{when}.", read]
    parts += ["Diamonds: GH's vertices."] * vertices + [_COUNTS] + [remark] * bool(remark)
    return " ".join(parts)


def bars_caption(title: str, *, step: int, even: bool) -> str:
    """How to read bars of a metric for every class.

    Args:
        title: of the metric.
        step: the training step.
        even: whether a line marks an even share.
    """
    line = " Dotted: the same for every class." if even else ""
    return (
        f"{title} of every class at step {step:,}, from head to tail; below the names, their numbers of "
        f"training samples. Grey: without GH; orange: with GH.{line}"
    )


def curves_caption(curves: Sequence[Curve], marks: Sequence[Mark]) -> str:
    """How to read numbers over training.

    Args:
        curves: what is drawn.
        marks: the steps that are pointed out.
    """
    first, *others = (curve.text.title for curve in curves)
    titles = [first, *map(_inside, others)]
    between = "; " if any("," in title for title in titles) else ", "
    said = f"{between.join(titles)} over training steps. {_LINES}"
    if any(not mark.strong for mark in marks):
        said += " Dotted: the end of GH's warm-up."
    if any(mark.strong for mark in marks):
        said += " Upright lines: GH was switched."
    return said


def umap_caption(step: int) -> str:
    """How to read a pair of UMAP layouts of a step."""
    return (
        f"UMAP of the embeddings (a) without GH and (b) with GH at step {step:,}, at one scale. UMAP keeps "
        f"neighbourhoods, not distances, sizes or densities. {_COUNTS}"
    )


def _inside(title: str) -> str:
    """A title within a sentence: "tail gap", but "GH loss"."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
