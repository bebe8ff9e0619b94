"""The twin spheres (or circles) on a Streamlit page: one camera, one time, drawn in the browser."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ghviz.app.globe.parts import part_names, read_header, scene_hash, with_options, without
from ghviz.app.globe.scene import Band, ClassStyle, Side, coloured, encode_scene

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

__all__ = [
    "Band",
    "Camera",
    "ClassStyle",
    "GlobeState",
    "Seek",
    "Side",
    "coloured",
    "encode_scene",
    "twin_globe",
]


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


@dataclass(frozen=True, kw_only=True)
class Seek:
    """A wish to be at another step.

    Attributes:
        step: where to go: the snapshot nearest to it.
        id: of this wish, larger than 0: each is fulfilled once, however often the page runs.
    """

    step: int
    id: int


@dataclass(frozen=True)
class _Sent:
    """What a visitor's browser was sent last: a scene, its parts, and those that the browser had before."""

    digest: bytes
    parts: frozenset[str]
    held: frozenset[str] = frozenset()


def twin_globe(  # noqa: PLR0913 (the contract of the page)
    scene: bytes,
    *,
    key: str,
    height: int = 560,
    live: bool = False,
    camera: Camera | Sequence[float] | None = None,
    step: int | None = None,
    autoplay: bool = True,
    seek: Seek | None = None,
    moments: Sequence[tuple[int, str]] = (),
) -> GlobeState:
    """Show a scene and return what the visitor looks at.

    The browser tells its camera and step when a gesture ends, at most twice a second, which reruns the page
    (or the fragment that it is called in). Playing, hovering and filtering never do.

    Of a scene that grows (the same key, more snapshots) only the new parts travel. A browser that turns out
    to lack one, because Streamlit dropped an update or the globe was taken down and put up again, asks for
    all of it, which is one more rerun.

    Args:
        scene: from `encode_scene`.
        key: identity on the page; needed, for the globe keeps its state by it.
        height: of the whole component in pixels on a wide screen; on a narrow one it is as high as it needs.
        live: follow the newest snapshot until the visitor scrubs away.
        camera: where to stand when a scene (by its id) appears: a `Camera`, or a quaternion w, x, y, z.
        step: where the slider rests when a scene appears; None, or `live`: on the last step.
        autoplay: play once from the first snapshot to the last when a scene appears; not if `live` or `step`
            is given, and not for visitors who ask for reduced motion.
        seek: where to go now, from wherever the visitor is; the new step is told as if the visitor had gone.
        moments: (step, what happened) to be marked on the slider.

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
        "seek": None if seek is None else {"step": seek.step, "id": seek.id},
        "moments": [[step, text] for step, text in moments],
    }
    sending = _next(scene, _sent().get(key))
    result = _component()(
        key=key,
        data=with_options(without(scene, sending.held), options),
        on_view_change=_nothing,
        on_need_change=partial(_forget, key),
        width="stretch",
        height="content",
    )
    _sent()[key] = sending  # not before: Streamlit may stop the page at the call, and then nothing was sent
    return _state(result.get("view"), start, step, newest, live)


@cache
def _component() -> ComponentRenderer:
    """Register the component once; Streamlit itself makes it known to further runtimes of the process."""
    import streamlit as st

    waiting = (Path(__file__).parent / "assets" / "waiting.html").read_text("utf-8")
    return st.components.v2.component("ghviz.globe", html=waiting, js="globe.js")


def _next(scene: bytes, last: _Sent | None) -> _Sent:
    """What to send: the new parts; the very same again where nothing is new, which then costs no traffic."""
    digest = scene_hash(scene)
    if last is None:
        return _Sent(digest, part_names(scene))
    if last.digest == digest:
        return last
    return _Sent(digest, part_names(scene), held=last.parts)


def _sent() -> dict[str, _Sent]:
    """What was sent to this visitor's browser, by key; a reloaded page is a new visitor."""
    import streamlit as st

    found: dict[str, _Sent] = st.session_state.setdefault("ghviz-globe-sent", {})
    return found


def _forget(key: str) -> None:
    """The browser lacks something: the next scene is sent whole."""
    _sent().pop(key, None)


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
