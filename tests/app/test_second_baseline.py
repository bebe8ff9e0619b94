"""A pair's second baseline: trained by a command, seen once it has come as far as the first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ghviz.app.pairs import read_comparison
from ghviz.cli import main
from ghviz.embed import save_snapshot
from ghviz.store import open_run
from tests.store.builders import make_pair, make_run

QUICK = ["--preset", "toy-circle", "--epochs", "3", "--snapshots", "2", "--seed", "7", "--pace", "500"]


def test_a_second_baseline_is_the_first_with_another_seed(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "pair"
    assert main(["pair", *QUICK, "--out", str(folder)]) == 0
    assert "base-b" not in read_comparison(folder).sides
    assert main(["baseline", str(folder)]) == 0
    first, second = (open_run(folder / side) for side in ("base", "base-b"))
    assert second.config.seed == 1007
    assert second.config.gh == "off"
    assert second.state().status == "finished"
    assert second.snapshot_steps() == first.snapshot_steps()
    step = second.snapshot_steps()[-1]
    assert not np.allclose(second.snapshot(step).train[:50], first.snapshot(step).train[:50])
    assert "base-b" in read_comparison(folder).sides
    capsys.readouterr()
    assert main(["baseline", str(folder)]) == 1
    assert "has a second baseline already" in capsys.readouterr().err


def test_what_is_no_pair_or_cannot_be_trained_is_refused(tmp_path: Path, capsys) -> None:
    assert main(["baseline", str(make_run(tmp_path / "run"))]) == 2
    assert "is not a pair" in capsys.readouterr().err
    rows, labels = np.eye(3).repeat(4, axis=0), np.repeat([0, 1, 2], 4)
    for side in ("base", "gh"):
        save_snapshot(tmp_path / "mine" / side, rows, labels, step=5)
    assert main(["baseline", str(tmp_path / "mine")]) == 2
    assert "was imported" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["empty", "behind", "broken"])
def test_a_second_baseline_that_is_not_there_yet_hides_nothing(tmp_path: Path, state: str) -> None:
    folder = make_pair(tmp_path / "pair")
    make_run(folder / "base-b", steps=20 if state == "behind" else 40, seed=1005)
    if state == "empty":
        (folder / "base-b" / "classes.json").unlink()
    if state == "broken":
        (folder / "base-b" / "points.safetensors").write_text("garbage")
    assert set(read_comparison(folder).sides) == {"base", "gh"}
