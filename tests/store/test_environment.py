"""Behaviour: a run says where it was trained."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

import pytest

from ghviz import __version__
from ghviz.store import changes_since_start, environment, open_run
from ghviz.store.environment import _git
from tests.store.builders import make_run


def test_the_environment_is_json_and_names_versions_and_hardware():
    found = json.loads(json.dumps(environment()))
    assert found["ghviz"] == __version__
    assert found["python"] == sys.version.split()[0]
    assert found["packages"]["numpy"] == version("numpy")
    assert found["cores"] >= 1
    assert found["processor"]


def test_the_commit_of_a_checkout(tmp_path):
    assert _git(tmp_path) is None
    (tmp_path / "ghviz").mkdir()
    (tmp_path / "ghviz" / "a.py").write_text("1")
    git = [
        "git",
        "-C",
        str(tmp_path),
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@y",
        "-c",
        "commit.gpgsign=false",
    ]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    found = _git(tmp_path)
    assert len(found["commit"]) == 40
    assert found["changed"] is False
    (tmp_path / "ghviz" / "a.py").write_text("2")
    assert _git(tmp_path)["changed"] is True


def began(tmp_path, environment, **changes):
    """A stopped run that recorded this environment."""
    folder = make_run(tmp_path / "run", steps=20, end="stopped")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    (folder / "environment.json").write_text(json.dumps(environment))
    return open_run(folder)


HERE = {"packages": {"torch": "2.1", "numpy": "2.0"}, "processor": "A", "cores": 4, "git": None}
THERE = {"packages": {"torch": "2.2", "numpy": "2.0"}, "processor": "B", "cores": 9, "git": {"commit": "x"}}


@pytest.mark.parametrize(
    ("threads", "said"),
    [
        (1, ["torch 2.1 → 2.2", "processor A → B"]),
        (0, ["torch 2.1 → 2.2", "processor A → B", "threads 3 → 8"]),
    ],
)
def test_what_changed_since_the_start(tmp_path, threads, said):
    run = began(tmp_path, HERE, threads=threads)
    assert changes_since_start(run, THERE) == said
    assert changes_since_start(run, HERE) == []


def test_a_run_that_starts_anew_has_no_start_elsewhere(tmp_path):
    run = began(tmp_path, HERE)
    (run.folder / "checkpoint" / "latest.json").unlink()
    assert changes_since_start(run, THERE) == []


@pytest.mark.parametrize("recorded", [None, [], {}, {"packages": None}, {"packages": [], "processor": 3}, 7])
def test_a_record_without_what_is_needed_says_nothing(tmp_path, recorded):
    assert changes_since_start(began(tmp_path, recorded, threads=0), environment()) == []
