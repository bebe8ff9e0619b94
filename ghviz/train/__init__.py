"""Training: presets, learning-rate schedules and the engine that yields events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ghviz.train.engine import TrainingDivergedError, fit

__all__ = ["TrainingDivergedError", "fit"]


def __getattr__(name: str) -> Any:
    """`fit` on first use: a reader of presets alone (the app) does not wait for torch."""
    if name in __all__:
        from ghviz.train import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
