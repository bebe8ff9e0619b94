"""An app with runs of its own, and a page of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for runs; there are no pretrained pairs."""
    root = tmp_path / "runs"
    root.mkdir()
    monkeypatch.setenv("GHVIZ_RUNS", str(root))
    monkeypatch.setenv("GHVIZ_PRETRAINED", str(tmp_path / "pretrained"))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    return root


def open_page(name: str, **query: str) -> AppTest:
    """A page after its first run."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.switch_page(f"ghviz/app/pages/{name}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    """Every text on a page."""
    kinds = ("markdown", "html", "error", "warning", "info", "success", "subheader", "caption")
    parts = [str(element.value) for kind in kinds for element in app.get(kind) if hasattr(element, "value")]
    parts += [element.proto.body for element in app.get("html")]
    return "\n".join(parts)


def button(app: AppTest, label: str):
    """The first button of that name."""
    return next(each for each in app.button if each.label == label)
