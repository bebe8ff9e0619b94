"""The pure JavaScript modules, by `node --test` where Node is found."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ghviz.app.globe.parts import part_names, with_options, without
from tests.globe.samples import twins

HERE = Path(__file__).parent


def test_modules(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node found: the JavaScript modules were not tested alone")
    for name, dimension in (("circle", 2), ("sphere", 3)):
        options = {"height": 500, "live": False, "step": None}
        (tmp_path / f"{name}.bin").write_bytes(with_options(twins(dimension), options))
        longer = twins(dimension, steps=(0, 10, 20, 30))
        news = without(longer, part_names(twins(dimension)))
        (tmp_path / f"{name}-news.bin").write_bytes(with_options(news, options))
    files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    done = subprocess.run(
        [node, "--test", *files],
        env={"GHVIZ_SCENES": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert files
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
