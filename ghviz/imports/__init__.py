"""Embeddings that were computed anywhere become a run folder: the app opens it, and it is measured."""

from __future__ import annotations

from ghviz.imports.folder import record, save_snapshot
from ghviz.imports.labels import ByFrequency, by_frequency
from ghviz.imports.prepared import MOST_POINTS, Prepared, prepare

__all__ = ["MOST_POINTS", "ByFrequency", "Prepared", "by_frequency", "prepare", "record", "save_snapshot"]
