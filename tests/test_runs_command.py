"""Behaviour: `runs` lists what was trained and what was imported, each in words that are true of it."""

from __future__ import annotations

import re

import numpy as np

from ghviz.cli import main
from ghviz.embed import save_snapshot
from tests.store.builders import make_run


def test_an_import_is_imported_and_small_runs_have_a_size(tmp_path, capsys):
    np.savez(tmp_path / "e.npz", embeddings=np.eye(4), labels=[0, 0, 1, 1])
    for side in ("base", "gh"):
        out = str(tmp_path / "pair" / side)
        assert main(["import", str(tmp_path / "e.npz"), "--labels", "labels", "--out", out]) == 0
    save_snapshot(tmp_path / "loop", np.eye(4), [0, 0, 1, 1], step=7)
    make_run(tmp_path / "trained")
    make_run(tmp_path / "halted", steps=20, end="stopped")
    capsys.readouterr()
    assert main(["runs", str(tmp_path)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["pair"].endswith("  imported       Imported.")
    assert lines["loop"].endswith("  imported       Imported.")
    assert lines["trained"].endswith("Finished after 40 steps.")
    assert "Was stopped at step 20" in lines["halted"]
    assert all(re.search(r" [1-9]\d* kB  ", line) for line in lines.values())
