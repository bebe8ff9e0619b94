"""Behaviour: what `figure` draws of a pair folder, of two runs, and says of one."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.cli import main
from tests.test_cli import complaint
from tests.test_house import ROOT

PAIR = ROOT / "pretrained" / "digits"


@pytest.fixture
def imported(tmp_path):
    """A pair that was made by importing twice."""
    labels = np.repeat([0, 1, 2], [30, 12, 6])
    for side in ("base", "gh"):
        given = np.random.default_rng(len(side)).normal(size=(48, 3)) + 2 * np.eye(3)[labels]
        np.savez(tmp_path / f"{side}.npz", embeddings=given, labels=labels)
        out = str(tmp_path / "ip" / side)
        assert main(["import", str(tmp_path / f"{side}.npz"), "--labels", "labels", "--out", out]) == 0
    return tmp_path / "ip"


@pytest.mark.parametrize("given", ["pretrained", "imported"])
def test_a_pair_folder_is_drawn_as_its_two_sides(given, request, tmp_path, capsys):
    pair = PAIR if given == "pretrained" else request.getfixturevalue(given)
    capsys.readouterr()
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert main(["figure", str(pair), "--out", str(one)]) == 0
    said = capsys.readouterr().out
    assert main(["figure", str(pair / "base"), str(pair / "gh"), "--out", str(two)]) == 0
    assert one.read_bytes() == two.read_bytes()
    assert said.replace("one.png", "two.png") == capsys.readouterr().out


def test_what_is_no_pair_is_one_sentence(imported, tmp_path, capsys):
    capsys.readouterr()
    out = ["--out", str(tmp_path / "x.png")]
    alone = complaint(capsys, "figure", str(imported / "gh"), *out)
    assert "gh is a single run, and figure draws two side by side: name a second run" in alone
    assert "there is no folder nowhere" in complaint(capsys, "figure", "nowhere", *out)
    assert "is not a pair" in complaint(capsys, "figure", str(ROOT / "docs"), *out, code=1)
    assert "name that, " in complaint(capsys, "figure", str(tmp_path), *out, code=1)
    assert not (tmp_path / "x.png").exists()
