"""The pages, run without a browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ghviz.app import launch, settings
from ghviz.app.pairs import folder_of
from ghviz.app.settings_data import DATA_SETS
from ghviz.embed import save_snapshot
from ghviz.pretrained import PretrainedPair, write_manifest
from ghviz.ssl.registry import METHODS
from ghviz.store import RunWriter, read_control
from ghviz.train.presets import PRESETS
from tests.app.conftest import ROOT, button, open_page, said
from tests.store.builders import make_pair, make_run


def test_every_page_names_all_of_them(runs: Path) -> None:
    for name in ("compare", "measure", "train", "sweep", "runs"):
        links = open_page(name).get("page_link")
        assert [link.proto.label for link in links][:5] == ["Compare", "Measure", "Train", "Sweep", "Runs"]


def test_compare_without_any_pair_shows_the_way_on(runs: Path) -> None:
    app = open_page("compare")
    assert not app.exception
    assert "There is no pair to look at yet" in said(app)


def test_compare_opens_the_newest_own_pair(runs: Path) -> None:
    make_pair(runs / "mine", switch=20)
    app = open_page("compare")
    assert not app.exception
    assert "At step 40, the last, the rarest class holds" in said(app)
    assert "Numbers at step 40, the last." in said(app)
    assert "At step 40, the last. The part of the circle" in said(app)
    assert "Frequency slope" in said(app)
    assert [each.label for each in app.tabs] == ["Circles", "UMAP"]


def test_compare_opens_what_the_address_names(runs: Path) -> None:
    make_pair(runs / "one")
    make_pair(runs / "two")
    app = open_page("compare", pair=str(runs / "one"))
    assert app.selectbox(key="pair").value == str(runs / "one")
    app.selectbox(key="pair").select(str(runs / "two")).run()
    assert app.query_params["pair"] == str(runs / "two")
    assert app.selectbox(key="pair").value == str(runs / "two")


def test_the_pair_stays_open_from_page_to_page(runs: Path) -> None:
    """Another page opened from the top has no address of its own: it must not show another pair's numbers."""
    make_pair(runs / "one")
    make_pair(runs / "two")

    def go(app: AppTest, name: str, **query: str) -> None:
        """As the browser does on a click on the link at the top, or with an address of one's own."""
        link = next(each.proto for each in app.get("page_link") if each.proto.label.lower() == name)
        app.switch_page(f"ghviz/app/pages/{name}.py")
        app.query_params.clear()
        for key, value in query.items() or parse_qsl(link.query_string):
            app.query_params[key] = value
        app.run()

    for chosen in ("one", "two"):
        app = open_page("compare", pair=str(runs / chosen))
        for name in ("runs", "measure", "train", "compare"):
            go(app, name)
            if name in ("measure", "compare"):
                assert app.selectbox(key="pair").value == str(runs / chosen)
                assert app.query_params["pair"] == str(runs / chosen)
    go(app, "train", run=str(runs / "one"))
    app.run()
    go(app, "measure")
    assert app.selectbox(key="pair").value == str(runs / "one"), "the pair that was just watched"


def test_compare_plays_a_pair_once_a_session(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ghviz.app import globe

    plays: list[bool] = []
    real = globe.twin_globe
    monkeypatch.setattr(
        globe, "twin_globe", lambda *args, **named: plays.append(named["autoplay"]) or real(*args, **named)
    )
    for name in ("one", "two", "newest"):  # the newest is there at once
        make_pair(runs / name)
    app = open_page("compare", pair=str(runs / "one"))
    app.run()
    assert plays[-1], "as long as it stays: the browser may have missed the first run of the page"
    for name, once in (("newest", False), ("one", False), ("two", True)):
        app.selectbox(key="pair").select(str(runs / name)).run()
        assert plays[-1] == once, name
    app.switch_page("ghviz/app/pages/runs.py").run()
    app.switch_page("ghviz/app/pages/compare.py")
    app.query_params["pair"] = str(runs / "two")
    app.run()
    assert not plays[-1]
    assert not app.exception


def test_compare_of_a_name_that_is_not_there(runs: Path) -> None:
    make_pair(runs / "one")
    app = open_page("compare", pair="no such pair", bars="nonsense")
    assert not app.exception
    assert "There is no pair “no such pair” here" in app.warning[0].value


def test_compare_of_a_single_run(runs: Path) -> None:
    make_run(runs / "alone")
    app = open_page("compare", pair=str(runs / "alone"))
    assert not app.exception
    assert "without a twin" in said(app)


def test_compare_opens_a_pretrained_pair_first_and_refuses_a_changed_one(runs: Path, tmp_path: Path) -> None:
    make_pair(runs / "mine")
    folder = make_pair(tmp_path / "pretrained" / "shown")
    pair = PretrainedPair(
        name="shown",
        title="A <fine> pair",
        text="What it shows.",
        preset="digits",
        seed=1,
        command="python x",
    )
    write_manifest([pair])
    app = open_page("compare")
    assert app.selectbox(key="pair").value == "shown"
    assert "What it shows." in said(app)
    assert folder_of("shown") == folder
    (folder / "base" / "classes.json").write_text("{}")
    changed = open_page("compare")
    assert not changed.exception
    assert "SHA-256 differs" in changed.error[0].value
    assert not any("Traceback" in error.value for error in changed.error)


def test_a_broken_list_of_pretrained_pairs_hides_no_own_pair(runs: Path, tmp_path: Path) -> None:
    folder = make_pair(runs / "mine")
    (tmp_path / "pretrained").mkdir()
    (tmp_path / "pretrained" / "manifest.json").write_text("{")
    app = open_page("compare", pair=str(folder))
    assert not app.exception
    assert len(app.error) == 1
    assert app.selectbox(key="pair").value == str(folder)
    assert "Frequency slope" in said(app)


@pytest.mark.parametrize("page", ["compare", "train"])
def test_an_address_that_cannot_be_a_folder_is_one_sentence(runs: Path, page: str) -> None:
    make_pair(runs / "mine")
    app = open_page(page, **{"pair" if page == "compare" else "run": "a" * 5000})
    assert not app.exception
    assert "any more" in app.warning[0].value
    assert page == "train" or app.selectbox(key="pair").value == str(runs / "mine")


@pytest.mark.parametrize("damage", ["format.json", "config.json", "points.safetensors"])
def test_compare_of_a_broken_pair_is_one_sentence(runs: Path, damage: str) -> None:
    folder = make_pair(runs / "torn")
    make_pair(runs / "whole")
    (folder / "base" / damage).write_text("garbage")
    app = open_page("compare", pair=str(folder))
    assert not app.exception
    assert len(app.error) == 1
    assert "Traceback" not in app.error[0].value


def test_compare_loads_neither_torch_nor_umap(runs: Path) -> None:
    make_pair(runs / "mine")
    code = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
assert not app.exception and app.tabs, app.exception
print(*sorted({"torch", "umap", "numba", "sklearn", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_train_shows_every_preset_with_its_claim(runs: Path) -> None:
    app = open_page("train")
    assert not app.exception
    for name, preset in PRESETS.items():
        app.selectbox(key="preset").select(name).run()
        assert not app.exception
        assert preset.text.split("'")[0] in said(app)
        assert app.selectbox(key="dataset").value == preset.config.dataset
        assert (
            app.number_input(key=f"classes-{name}-{preset.config.dataset}").value == preset.config.num_classes
        )


def test_train_data_set_brings_a_preset(runs: Path) -> None:
    app = open_page("train")
    app.selectbox(key="dataset").select("digits").run()
    assert app.selectbox(key="preset").value == "digits"


def test_train_refuses_what_makes_no_sense(runs: Path) -> None:
    app = open_page("train")
    app.number_input(key="ratio-toy-circle-toy-circle").set_value(5000.0).run()
    assert "leaves the smallest class empty" in app.error[0].value
    assert button(app, "Start").disabled


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("seed", -5, "Seed must be from 0 to"),
        ("learning_rate-toy-circle", -1.0, "Learning rate must be from 1e-05 to 10, not -1."),
        ("learning_rate-toy-circle", 10_000.0, "Learning rate must be from 1e-05 to 10, not 10,000."),
        ("classes-toy-circle-toy-circle", 1, "Classes must be from 2 to"),
        ("ratio-toy-circle-toy-circle", 0.5, "must be from 1 to 100,000, not 0.5."),
    ],
)
def test_train_refuses_what_is_out_of_range(runs: Path, key: str, value: float, sentence: str) -> None:
    app = open_page("train")
    app.number_input(key=key).set_value(value).run()
    assert sentence in app.error[0].value
    assert button(app, "Start").disabled


def test_train_starts_what_the_form_says(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []
    monkeypatch.setattr(launch, "start_pair", lambda *configs: wanted.append(configs) or runs / "new")
    monkeypatch.setattr(launch, "is_starting", lambda folder: True)
    app = open_page("train")
    app.number_input(key="seed").set_value(42)
    app.number_input(key="epochs-toy-circle").set_value(20).run()
    button(app, "Start").click().run()
    ((config, preset),) = wanted
    assert launch.flags(config, preset)[:2] == ["--epochs", "20"]
    assert config.gh_warm_up == preset.gh_warm_up
    assert config.seed == 42
    assert app.query_params["run"] == str(runs / "new")


def test_a_start_is_not_lost_to_another_rerun(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that had the click was given up before it came to the button; the next one has none."""
    wanted = []
    monkeypatch.setattr(launch, "start_pair", lambda *configs: wanted.append(configs) or runs / "new")
    monkeypatch.setattr(launch, "is_starting", lambda folder: True)
    app = open_page("train")
    with monkeypatch.context() as patch:
        patch.setattr(settings, "settings", lambda: st.stop())
        button(app, "Start").click().run()
    assert wanted == []
    app.run()
    assert len(wanted) == 1


FIELDS = {  # beside classes and seed
    "toy-circle": {"Class sizes", "Ratio of the largest to the smallest class"},
    "mnist5k": {"Class sizes", "Ratio of the largest to the smallest class", "Test images per class"},
    "glyphs": {"Class sizes", "Ratio of the largest to the smallest class", "Test images per class"},
    "cifar100": {
        "Class sizes",
        "Ratio of the largest to the smallest class",
        "Folder or .npz of the data",
    },
    "imagenet-lt": {
        "Folder of the list files",
        "Folder of the images",
        "Where decoded images are kept",
        "Image size (pixels)",
        "Leave out broken images",
    },
    "elpv": {
        "Class sizes",
        "Where decoded images are kept",
        "Image size (pixels)",
        "Test images per class",
    },
    "folder": {
        "Class sizes",
        "The folder",
        "Where decoded images are kept",
        "Image size (pixels)",
        "Leave out broken images",
        "Test images per class",
    },
    "list": {
        "Class sizes",
        "The training list",
        "The test list",
        "Folder of the images",
        "Where decoded images are kept",
        "Image size (pixels)",
        "Leave out broken images",
        "Test images per class",
    },
    "npz": {"Class sizes", "The .npz file", "Test images per class"},
}


def labels(app: AppTest) -> set[str]:
    """What the form asks of the data."""
    kinds = (app.number_input, app.selectbox, app.text_input, app.checkbox)
    return {widget.label for kind in kinds for widget in kind} & set.union(*FIELDS.values())


@pytest.mark.parametrize("dataset", DATA_SETS)
def test_train_asks_of_each_data_set_what_it_needs(runs: Path, dataset: str) -> None:
    app = open_page("train")
    app.selectbox(key="dataset").select(dataset).run()
    assert not app.exception
    assert app.selectbox(key="dataset").value == dataset
    if dataset in FIELDS:
        assert labels(app) == FIELDS[dataset]
    is_long_tailed = "Ratio of the largest to the smallest class" in {each.label for each in app.number_input}
    assert is_long_tailed == ("Samples of the largest class" in {each.label for each in app.number_input})
    needs_a_path = dataset in ("imagenet-lt", "places-lt", "folder", "list", "npz")
    assert button(app, "Start").disabled == needs_a_path
    assert ("To start, fill in" in said(app)) == needs_a_path
    assert not app.error


@pytest.mark.parametrize(
    ("dataset", "most"), [("mnist5k", 10), ("glyphs", 118), ("imagenet-lt", 1000), ("places-lt", 365)]
)
def test_train_has_as_many_classes_as_the_data(runs: Path, dataset: str, most: int) -> None:
    app = open_page("train")
    app.selectbox(key="dataset").select(dataset).run()
    classes = next(each for each in app.number_input if each.label == "Classes")
    assert (
        classes.set_value(most + 1).run().error[0].value
        == f"Classes must be from 2 to {most:,}, not {most + 1:,}."
    )


@pytest.mark.parametrize(
    ("dataset", "field", "kind"),
    [("folder", "path", "folder"), ("list", "image_root", "folder"), ("npz", "path", "file")],
)
def test_train_says_beside_a_path_that_nothing_is_there(
    runs: Path, tmp_path: Path, dataset: str, field: str, kind: str
) -> None:
    (tmp_path / "train.txt").touch()
    app = open_page("train")
    app.selectbox(key="dataset").select(dataset).run()
    if field != "path":
        app.text_input(key=f"path-cifar10-short-{dataset}").set_value(str(tmp_path / "train.txt")).run()
        assert not button(app, "Start").disabled
    app.text_input(key=f"{field}-cifar10-short-{dataset}").set_value(str(tmp_path / "nowhere")).run()
    assert [each.value for each in app.error] == [f"There is no {kind} “{tmp_path / 'nowhere'}”."]
    assert button(app, "Start").disabled
    (tmp_path / "nowhere").mkdir() if kind == "folder" else (tmp_path / "nowhere").touch()
    app.run()
    assert not app.error
    assert not button(app, "Start").disabled


def test_train_starts_with_own_images(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lists").mkdir()
    Path("images").mkdir()
    Path("lists/train.txt").touch()
    wanted = []
    monkeypatch.setattr(launch, "start_pair", lambda *configs: wanted.append(configs) or runs / "new")
    app = open_page("train")
    app.selectbox(key="dataset").select("list").run()
    key = "cifar10-short-list"
    app.text_input(key=f"path-{key}").set_value(" lists/train.txt ")
    app.text_input(key=f"image_root-{key}").set_value("images")
    app.number_input(key=f"classes-{key}").set_value(7)
    app.number_input(key=f"image_size-{key}").set_value(96)
    app.checkbox(key=f"skip_broken-{key}").set_value(True).run()
    button(app, "Start").click().run()
    ((config, preset),) = wanted
    assert (config.dataset, config.data_path, config.image_root) == ("list", "lists/train.txt", "images")
    assert (config.test_list, config.cache_path, config.skip_broken) == (None, None, True)
    assert (config.num_classes, config.image_size, config.test_per_class) == (7, 96, 20)
    assert config.profile == "given"
    assert preset == PRESETS["cifar10-short"].config


def test_train_makes_own_images_long_tailed(runs: Path) -> None:
    app = open_page("train")
    app.selectbox(key="dataset").select("folder").run()
    assert "ratio-cifar10-short-folder" not in [each.key for each in app.number_input]
    app.selectbox(key="profile-cifar10-short-folder").select("step").run()
    assert app.number_input(key="ratio-cifar10-short-folder").value == 100
    assert app.number_input(key="n_max-cifar10-short").value == 5000


def test_train_says_whose_numbers_it_shows(runs: Path) -> None:
    app = open_page("train")
    app.selectbox(key="dataset").select("elpv").run()
    assert app.selectbox(key="preset").value == "cifar10-short"
    assert "That was with “CIFAR-10”" in said(app)
    app.selectbox(key="dataset").select("digits").run()
    assert "That was with" not in said(app)


def test_train_warns_of_a_warm_up_that_never_ends(runs: Path) -> None:
    app = open_page("train")
    assert not app.warning
    app.number_input(key="epochs-toy-circle").set_value(60).run()
    assert "GH never acts" in app.warning[0].value
    assert not button(app, "Start").disabled
    app.number_input(key="gh_warm_up-toy-circle").set_value(59).run()
    assert not app.warning


def test_train_offers_every_method_with_its_settings(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []
    monkeypatch.setattr(launch, "start_pair", lambda *configs: wanted.append(configs) or runs / "new")
    app = open_page("train")
    for name, entry in METHODS.items():
        app.selectbox(key="method-toy-circle").select(name).run()
        assert not app.exception
        for option in set(entry.options) - {"temperature"}:
            assert app.number_input(key=f"option-toy-circle-{name}-{option}").value == entry.options[option]
    app.selectbox(key="method-toy-circle").select("focal").run()
    assert "it showed with SimCLR" in said(app)
    app.number_input(key="option-toy-circle-focal-gamma").set_value(3.0)
    app.slider(key="weight-toy-circle").set_value(0.0).run()
    button(app, "Start").click().run()
    ((config, preset),) = wanted
    flags = launch.flags(config, preset)
    assert flags[:4] == ["--method", "focal", "--method-options", "gamma=3.0"]
    assert flags[4:6] == ["--gh-weight", "0.0"]


def switch(app: AppTest):
    """GH's switch."""
    return next(each for each in app.toggle if each.label == "**GH**")


def weight(app: AppTest):
    """The slider of GH's weight."""
    return next(each for each in app.slider if each.label == "Weight of GH")


def pace(app: AppTest):
    """The slider of the pace."""
    return next(each for each in app.select_slider if each.label == "Pace")


def running_pair(folder: Path) -> list[RunWriter]:
    make_pair(folder, steps=20, end="killed")
    return [RunWriter.resume(folder / side) for side in ("base", "gh")]


def test_train_finds_the_running_pair_and_does_not_touch_it(runs: Path) -> None:
    writers = running_pair(runs / "busy")
    app = open_page("train")
    assert not app.exception
    assert switch(app).value is True
    assert read_control(runs / "busy").gh_weight is None  # looking is not switching
    switch(app).set_value(False).run()
    assert read_control(runs / "busy").gh_weight == 0
    assert "GH is off" in said(app)
    switch(app).set_value(True).run()
    assert read_control(runs / "busy").gh_weight == 1.0
    assert "GH is armed: it starts when its warm-up ends, at step 240" in said(app)
    weight(app).set_value(2.5).run()
    assert read_control(runs / "busy").gh_weight == 2.5
    for writer in writers:
        writer.close()


def test_train_shows_the_switch_as_the_run_has_it(runs: Path) -> None:
    from ghviz.store import update_control

    writers = running_pair(runs / "busy")
    update_control(runs / "busy", gh_weight=0.0)
    app = open_page("train")
    assert switch(app).value is False
    update_control(runs / "busy", gh_weight=1.5)  # somebody else switches it on
    app.run()
    assert switch(app).value is True
    assert weight(app).value == 1.5
    assert read_control(runs / "busy").gh_weight == 1.5
    for writer in writers:
        writer.close()


def test_train_never_tells_a_control_a_value(runs: Path) -> None:
    """The browser may answer with the old one, or with the lowest, as if the visitor had wanted that."""
    from ghviz.store import update_control

    writers = running_pair(runs / "busy")
    app = open_page("train")
    told = []

    def look() -> None:
        told.extend(control.proto.set_value for control in (switch(app), weight(app), pace(app)))

    look()
    assert (switch(app).proto.default, list(weight(app).proto.default)) == (True, [1.0])  # as the run has it
    app.run()
    look()
    update_control(runs / "busy", gh_weight=1.5, pace=30.0)
    app.run()
    look()
    assert (list(weight(app).proto.default), pace(app).value) == ([1.5], 30.0)
    weight(app).set_value(2.5).run()
    look()
    assert told == [False] * 12
    for writer in writers:
        writer.close()


def test_train_stop_and_resume(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = []
    monkeypatch.setattr(launch, "resume", resumed.append)
    writers = running_pair(runs / "busy")
    app = open_page("train", run=str(runs / "busy"))
    button(app, "Stop").click().run()
    assert read_control(runs / "busy").stop
    assert read_control(runs / "busy" / "base").stop
    for writer in writers:
        writer.close()
    app = open_page("train", run=str(runs / "busy"))
    assert "interrupted at step 20" in said(app)
    button(app, "Resume").click().run()
    assert resumed == [runs / "busy"]
    monkeypatch.setattr(launch, "is_starting", lambda folder: True)
    app.run()
    assert "resuming" in app.get("progress")[0].proto.text
    assert button(app, "Starting …").disabled


def test_train_says_that_gh_is_on_where_there_is_no_warm_up(runs: Path) -> None:
    make_pair(runs / "busy", steps=20, end="killed", gh_warm_up=0)
    writers = [RunWriter.resume(runs / "busy" / side) for side in ("base", "gh")]
    app = open_page("train")
    assert "GH is on, with weight" in said(app)
    for writer in writers:
        writer.close()


def test_train_offers_to_resume_what_failed(runs: Path) -> None:
    make_pair(runs / "mine", steps=20, end="failed")
    app = open_page("train", run=str(runs / "mine"))
    assert button(app, "Resume")


def test_train_says_why_a_pair_could_not_be_resumed(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_pair(runs / "mine", steps=20, end="killed")
    monkeypatch.setattr(launch, "failure", lambda folder: "the disk is full")
    app = open_page("train", run=str(runs / "mine"))
    assert app.error[0].value == "The disk is full."
    assert button(app, "Resume")


def test_train_of_a_run_that_is_gone(runs: Path) -> None:
    app = open_page("train", run=str(runs / "nothing"))
    assert not app.exception
    assert "There is no run “nothing”" in app.warning[0].value
    assert button(app, "Start")


def test_train_start_that_failed_is_one_sentence(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "failure", lambda folder: "there are 3 classes, but --num-classes = 5")
    app = open_page("train", run=str(runs / "new"))
    assert app.error[0].value == "Training did not start. There are 3 classes, but “Classes” = 5."
    assert button(app, "Back to the settings")


def test_runs_lists_all_with_state(runs: Path) -> None:
    make_pair(runs / "whole")
    make_pair(runs / "cut", end="killed")
    make_run(runs / "torn")
    (runs / "torn" / "config.json").write_text("garbage")
    app = open_page("runs")
    assert not app.exception
    text = said(app)
    for word in ("whole", "finished", "cut", "interrupted", "torn", "broken", "classes 3 instead of 10"):
        assert word in text


def test_runs_renames(runs: Path) -> None:
    folder = make_pair(runs / "old")
    app = open_page("runs")
    app.text_input(key=f"new-name-{folder}").set_value("new")
    next(each for each in app.button if each.label == "Rename").click().run()
    assert not app.exception
    assert (runs / "new" / "gh").is_dir()
    assert "old is now new" in app.success[0].value


def test_runs_refuses_a_bad_name(runs: Path) -> None:
    folder = make_pair(runs / "old")
    app = open_page("runs")
    app.text_input(key=f"new-name-{folder}").set_value("../elsewhere")
    next(each for each in app.button if each.label == "Rename").click().run()
    assert "no slash" in app.error[0].value
    assert folder.is_dir()


def test_runs_deletes_only_when_confirmed(runs: Path) -> None:
    folder = make_pair(runs / "old")
    app = open_page("runs")
    button(app, "Delete").click().run()
    assert folder.is_dir()
    button(app, "Delete it").click().run()
    assert not folder.exists()
    assert "old is deleted" in app.success[0].value


def test_runs_that_cannot_be_deleted_says_why(runs: Path) -> None:
    folder = make_pair(runs / "old")
    app = open_page("runs")
    button(app, "Delete").click().run()
    with RunWriter.resume(folder / "gh"):  # a trainer came to life meanwhile
        button(app, "Delete it").click().run()
    assert not app.exception
    assert folder.is_dir()
    assert "another" in app.error[0].value.lower()


def test_runs_does_not_delete_a_running_one(runs: Path) -> None:
    writers = running_pair(runs / "busy")
    app = open_page("runs")
    assert button(app, "Delete").disabled
    for writer in writers:
        writer.close()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("", "type the path"), ("/nowhere/at/all", "is not a folder"), ("/", "not a run folder")],
)
def test_runs_loading_nonsense_is_one_sentence(runs: Path, path: str, sentence: str) -> None:
    app = open_page("runs")
    app.text_input(key="load-path").set_value(path)
    button(app, "Open").click().run()
    assert not app.exception
    assert sentence in app.error[0].value.lower()


def test_runs_loads_another_folder(runs: Path, tmp_path: Path) -> None:
    folder = make_pair(tmp_path / "elsewhere")
    app = open_page("runs")
    app.text_input(key="load-path").set_value(str(folder))
    button(app, "Open").click().run()
    assert not app.exception
    assert app.selectbox(key="pair").value == str(folder)


def test_an_imported_run_is_opened_and_grows_but_is_never_resumed(runs: Path) -> None:
    rows, labels = np.eye(3).repeat(4, axis=0), np.repeat([0, 1, 2], 4)
    folder = save_snapshot(runs / "mine", rows, labels, step=5, title="My model")
    listed = open_page("runs")
    assert "My model: 3 classes in 3 dimensions" in said(listed)
    assert not {"Resume", "Watch"} & {each.label for each in listed.button}
    app = open_page("compare", pair=str(folder))
    assert not app.exception
    assert "Numbers at step 5, the last." in said(app)
    assert "Over training" not in said(app)  # of one snapshot there is nothing to tell
    assert "happened" not in said(app)
    save_snapshot(folder, rows[::-1], labels, step=9)
    shown = said(app.run())
    assert "Numbers at step 9, the last." in shown
    assert "Over training" in shown
    assert "What happened when" in shown or "Nothing that has a name happened" in shown
    train = open_page("train", run=str(folder))
    assert not train.exception
    assert not {"Resume", "Stop"} & {each.label for each in train.button}
