"""Behaviour: a pretrained pair is what was published, or one sentence says that it is not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ghviz import pretrained
from ghviz.pretrained import PretrainedPair, open_pair, pairs, write_manifest
from ghviz.store import RunFolderError, open_run
from tests.store.builders import make_pair, one_sentence


@pytest.fixture
def described():
    return PretrainedPair(
        name="circle",
        title="Circle",
        text="The tail gets its arc.",
        preset="circle",
        seed=3,
        command="python -m ghviz pair --preset circle --seed 3 --out pretrained/circle",
    )


@pytest.fixture
def folder(tmp_path, monkeypatch, described):
    """A folder of pretrained pairs with one in it."""
    monkeypatch.setenv(pretrained.ENVIRONMENT_VARIABLE, str(tmp_path))
    pair = make_pair(tmp_path / "circle", steps=20)
    (pair / "layouts.safetensors").write_text("layouts")
    (pair / "trainer.log").write_text("noise")
    write_manifest([described])
    return tmp_path


def test_a_pair_opens(folder, described):
    (pair,) = pairs()
    assert replace(pair, files={}) == described
    assert pair.folder == folder / "circle"
    assert "layouts.safetensors" in pair.files
    assert "gh/snapshots/00000010.safetensors" in pair.files
    assert not {"trainer.log", "base/lock", "gh/lock"} & set(pair.files)
    assert open_pair("circle") == folder / "circle"
    assert open_run(open_pair("circle") / "gh").state().status == "finished"


def test_each_file_is_hashed_once(folder, monkeypatch):
    hashed = []
    real = pretrained._sha256
    monkeypatch.setattr(pretrained, "_sha256", lambda path: hashed.append(path) or real(path))
    open_pair("circle")
    assert len(hashed) == len(pairs()[0].files)
    open_pair("circle")
    assert len(hashed) == len(pairs()[0].files)


@pytest.mark.parametrize(
    "name", ["base/config.json", "gh/snapshots/00000010.safetensors", "layouts.safetensors"]
)
def test_a_changed_file_is_refused(folder, name):
    path = folder / "circle" / name
    open_pair("circle")
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(RunFolderError, match="not the file that was published") as caught:
        open_pair("circle")
    assert one_sentence(caught.value)
    path.unlink()
    with pytest.raises(RunFolderError, match="missing") as caught:
        open_pair("circle")
    assert one_sentence(caught.value)
    path.write_bytes(content)
    open_pair("circle")


def test_an_unknown_pair(folder):
    with pytest.raises(RunFolderError, match=r"no pretrained pair '\.\./x'; there are: circle"):
        open_pair("../x")


def test_without_a_list_there_are_no_pairs(tmp_path, monkeypatch):
    monkeypatch.setenv(pretrained.ENVIRONMENT_VARIABLE, str(tmp_path))
    assert pairs() == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"pairs": {"x": {}}}', b'{"pairs": 3}', b"\xff", b"[" * 99_999]
)
def test_a_broken_list_gives_one_sentence(folder, content):
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(RunFolderError, match=r"manifest\.json is broken") as caught:
        pairs()
    assert one_sentence(caught.value)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x", "c:/x", "a/../../x", ""])
def test_a_list_cannot_lead_out_of_its_folder(folder, name):
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in (
        {"circle": manifest["pairs"]["circle"] | {"files": {name: "0"}}},
        {name: manifest["pairs"]["circle"]},
    ):
        (folder / "manifest.json").write_text(json.dumps({"pairs": entry}))
        with pytest.raises(RunFolderError, match="leads out of its folder"):
            pairs()


def test_only_pairs_are_listed(folder, described):
    with pytest.raises(RunFolderError, match="not a pair"):
        write_manifest([replace(described, name="missing")])


def test_the_shipped_pairs_are_whole():
    for pair in pairs():
        open_pair(pair.name)
    assert len({pair.name for pair in pairs()}) == len(pairs())
