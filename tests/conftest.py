"""For all tests: one thread each, and the main module as it was."""

from __future__ import annotations

import os
import sys

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # pytest-xdist keeps every core busy already


@pytest.fixture(autouse=True)
def same_main_module():
    """Streamlit's AppTest leaves its script as `__main__`, which processes started later would then run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
