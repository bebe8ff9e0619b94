"""Behaviour: a run says where it was trained."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

from ghviz import __version__
from ghviz.store import environment
from ghviz.store.environment import _git


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
