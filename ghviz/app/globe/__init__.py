"""The twin spheres (or circles) on a Streamlit page: one camera, one time, drawn in the browser."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ghviz.app.globe.scene import ClassStyle, Side, encode_scene, read_header, with_options

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

__all__ = ["Camera", "ClassStyle", "GlobeState", "Side", "encode_scene", "twin_globe"]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where the viewer stands; orthographic, x right, y up, z towards the viewer: view = R(rotation) p.

    Attributes:
        rotation: unit quaternion (w, x, y, z).
        zoom: 1 shows the whole sphere.
    """

    rotation: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    zoom: float = 1.0


@dataclass(frozen=True, kw_only=True)
class GlobeState:
    """What the globe shows.

    Attributes:
        camera: the camera that both sides share.
        step: optimisation step on the slider.
        following: whether it goes along with the newest snapshot of a live run.
    """

    camera: Camera
    step: int
    following: bool = False


def twin_globe(  # noqa: PLR0913 (the contract of the page)
    scene: bytes,
    *,
    key: str,
    height: int = 560,
    live: bool = False,
    camera: Camera | Sequence[float] | None = None,
    step: int | None = None,
    autoplay: bool = True,
) -> GlobeState:
    """Show a scene and return what the visitor looks at.

    The browser tells its camera and step when a gesture ends, at most twice a second, which reruns the page
    (or the fragment that it is called in). Playing, hovering and filtering never do.

    Args:
        scene: from `encode_scene`.
        key: identity on the page; needed, for the globe keeps its state by it.
        height: of the whole component in pixels on a wide screen; on a narrow one it is as high as it needs.
        live: follow the newest snapshot until the visitor scrubs away.
        camera: where to stand when a scene (by its id) appears: a `Camera`, or a quaternion w, x, y, z.
        step: where the slider rests when a scene appears; None, or `live`: on the last step.
        autoplay: play once from the first snapshot to the last when a scene appears; not if `live` or `step`
            is given, and not for visitors who ask for reduced motion.

    Returns:
        Camera and step; before any gesture the given camera and the given (or last) step.

    Raises:
        ValueError: if `scene` is not from `encode_scene`.
    """
    header = read_header(scene)
    newest = max(side["steps"][-1] for side in header["sides"])
    start = camera if isinstance(camera, Camera) else Camera(rotation=_rotation(camera, Camera().rotation))
    options = {
        "height": height,
        "live": live,
        "camera": {"rotation": list(start.rotation), "zoom": start.zoom},
        "step": step,
        "autoplay": autoplay,
    }
    result = _component()(
        key=key, data=with_options(scene, options), on_view_change=_nothing, width="stretch", height="content"
    )
    return _state(result.get("view"), start, step, newest, live)


@cache
def _component() -> ComponentRenderer:
    """Register the component once; Streamlit itself makes it known to further runtimes of the process."""
    import streamlit as st

    return st.components.v2.component("ghviz.globe", js="globe.js")


def _nothing() -> None:
    """Stand for a callback: a state value exists for Streamlit only if it has one."""


def _state(view: Any, start: Camera, step: int | None, newest: int, live: bool) -> GlobeState:
    """Read what the browser sent; anything odd in it falls back to the start."""
    view = view if isinstance(view, Mapping) else {}
    sent = view.get("camera")
    sent = sent if isinstance(sent, Mapping) else {}
    zoom = sent.get("zoom")
    camera = Camera(
        rotation=_rotation(sent.get("rotation"), start.rotation),
        zoom=float(zoom) if isinstance(zoom, int | float) and 0.1 <= zoom <= 100 else start.zoom,
    )
    # A follower is at the newest step, not at the one that was the newest when it said so; that holds when
    # the run has ended, too.
    if view.get("following", live or step is None) is True:
        return GlobeState(camera=camera, step=newest, following=live)
    chosen = view.get("step")
    if not isinstance(chosen, int) or isinstance(chosen, bool):
        chosen = newest if step is None else step
    return GlobeState(camera=camera, step=min(chosen, newest), following=False)


def _rotation(value: Any, default: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return a unit quaternion from what may be one."""
    try:
        w, x, y, z = (float(part) for part in value)
    except (TypeError, ValueError):
        return default
    norm = math.sqrt(w * w + x * x + y * y + z * z)
    if not math.isfinite(norm) or norm < 1e-6:
        return default
    return (w / norm, x / norm, y / norm, z / norm)
