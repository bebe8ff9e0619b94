"""The Sweep page, run without a browser."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import streamlit as st

from ghviz.app import sweeps
from ghviz.app.sweeps import sweep_folders
from ghviz.cli import main
from ghviz.store import create_run
from ghviz.sweep.evaluation_file import EvaluationRecord, write_evaluation
from ghviz.sweep.happened import run_moments
from tests.app.conftest import ROOT, open_page, said
from tests.store.builders import config, make_pair, make_run, started
from tests.sweep.builders import make_moving, make_numbers, make_sweep

APART, MERGED = (0.0, 120.0, 240.0), (0.0, 120.0, 124.0)
UP = [0.1, 0.12, 0.09, 0.11, 0.1, 0.13, 0.1]


@pytest.fixture
def swept(runs: Path) -> Path:
    return make_sweep(runs / "mine", {"simclr": UP, "focal": [0.1, -0.1, 0.05, -0.06, 0.0, 0.02, -0.01]})


def test_without_a_sweep_it_shows_the_command(runs: Path) -> None:
    make_pair(runs / "pair")
    app = open_page("sweep")
    assert not app.exception
    assert "There is no sweep yet" in app.info[0].value
    assert app.code[0].value.startswith("python -m ghviz sweep --preset toy-circle")


def test_tables_lead_and_files(swept: Path) -> None:
    app = open_page("sweep")
    assert not app.exception
    text = said(app)
    assert '<span class="gh">+10.7*' in text
    assert "with Focal (uncertain: the interval holds zero)" in text
    assert "Clear in the embedding, beyond seed noise: SimCLR: frequency slope, tail gap; Focal:" in text
    assert '<td class=" left">SimCLR + GH</td>' in text
    assert '<td class="unsure">0.0 [' in text
    assert "diamond: their mean with its 95 % interval; pale band" in text
    assert "28 runs, 7 seeds (0 to 6)." in text
    assert [button.label for button in app.get("download_button")] == [
        "Markdown",
        "LaTeX",
        "CSV",
        "CSV of all runs",
    ]


def test_two_seeds_are_too_few_to_know_their_noise(runs: Path) -> None:
    make_sweep(runs / "mine", {"simclr": [0.1, 0.2]})
    app = open_page("sweep")
    assert not app.exception
    text = said(app)
    assert "+15.0 points</span> with SimCLR (too few seeds to know)" in text
    assert "Clear in the embedding, beyond seed noise: SimCLR: too few seeds to know." in text
    assert "seed noise: too few seeds to know. Grey: without an interval" in text
    assert "pale band" not in text
    assert "(within seed noise)" not in text
    assert "diamond: their mean; seed noise:" in text, "no interval is drawn"
    (chart,) = app.get("plotly_chart")
    shapes = json.loads(chart.proto.spec)["layout"]["shapes"]
    assert {shape["type"] for shape in shapes} == {"line"}, "no band where none is known"


@pytest.mark.parametrize("seeds", [3, 4])
def test_fewer_than_five_seeds_have_no_interval_however_far_from_noise(runs: Path, seeds: int) -> None:
    make_sweep(runs / "mine", {"simclr": UP[:seeds]})
    text = said(open_page("sweep"))
    few = "too few seeds for an interval, which takes 5"
    assert f"Clear in the embedding, beyond seed noise: SimCLR: {few}." in text
    assert f"points</span> with SimCLR ({few})" in text
    assert "diamond: their mean; pale band: seed noise" in text
    assert "95 % interval of a paired bootstrap" in text, "which the legend explains"


def test_intervals_that_only_some_methods_have(runs: Path) -> None:
    make_sweep(runs / "mine", {"simclr": UP, "focal": UP[:3]})
    text = said(open_page("sweep"))
    assert "diamond: their mean with its 95 % interval where there are 5 seeds or more; pale" in text


def test_what_is_within_seed_noise_is_nothing(runs: Path) -> None:
    for seed in range(3):
        for side, gh in (("base", "off"), ("gh", "on")):
            make_numbers(runs / "mine" / f"simclr-seed-{seed}" / side, slope=0.1 * seed, gh=gh, seed=seed)
    assert "beyond seed noise: SimCLR: nothing." in said(open_page("sweep"))


def test_another_way_of_measuring(swept: Path) -> None:
    app = open_page("sweep")
    assert "Linear probe: one linear layer" in said(app)
    app.segmented_control(key="measure-0").set_value("nearest").run()
    assert not app.exception
    assert "1-nearest neighbour: the class of the nearest" in said(app)


def test_a_new_evaluation_shows_at_once(runs: Path) -> None:
    for side, gh in (("base", "off"), ("gh", "on")):
        make_numbers(runs / "mine" / "simclr-seed-0001" / side, probe=None, gh=gh)
    app = open_page("sweep")
    assert "2 runs of 2 not evaluated yet" in said(app)
    assert f"python -m ghviz report {runs / 'mine'}" in said(app)
    for side in ("base", "gh"):
        record = EvaluationRecord(
            step=40,
            protocol="halves",
            train_counts=[2] * 3,
            test_counts=[4] * 3,
            neighbors=2,
            linear_probe=[0.5, None, 0.5],
            knn=[0.5] * 3,
        )
        write_evaluation(runs / "mine" / "simclr-seed-0001" / side, record)
    app.run()
    assert not app.exception
    assert "not evaluated" not in said(app)
    app.segmented_control(key="measure-0").set_value("linear_probe").run()
    assert "learned from one half of the 12 balanced test samples" in said(app)


def test_what_the_address_names(swept: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(swept, tmp_path / "else where")
    (elsewhere / "simclr-seed-0000" / "gh" / "config.json").write_text("{")
    app = open_page("sweep", sweep=str(elsewhere))
    assert not app.exception
    assert app.selectbox(key="sweep").value == str(elsewhere)
    assert "simclr-seed-0000/gh/config.json is broken" in said(app)
    app.selectbox(key="sweep").select(str(swept)).run()
    assert app.query_params["sweep"] == str(swept)
    assert "is broken" not in said(app)


@pytest.mark.parametrize("name", ["nowhere", "nonsense\n<b>", "file"])
def test_an_address_that_leads_nowhere_is_one_sentence(swept: Path, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    app = open_page("sweep", sweep=str(tmp_path / name))
    assert not app.exception
    assert "There is no folder" in app.error[0].value
    app = open_page("sweep", sweep=str(swept))
    assert not app.error


def test_unfinished_and_odd_runs_are_left_out_by_name(swept: Path) -> None:
    make_run(swept / "simclr-seed-0099" / "base", steps=20, end="killed", seed=99)
    make_run(swept / "simclr-seed-0098" / "base", steps=20, end="failed", seed=98)
    app = open_page("sweep")
    assert not app.exception
    assert "Was interrupted at step 20" in said(app)
    assert "The loss is nan." in said(app)


def shown(alerts) -> str:
    """The first of some alerts as a visitor reads it."""
    return alerts[0].value.replace("\\", "")


def test_only_unfinished_runs(runs: Path) -> None:
    make_run(runs / "mine" / "simclr-seed-0001" / "base", steps=20, end="killed")
    app = open_page("sweep")
    assert not app.exception
    assert shown(app.warning).startswith("The only run can't be shown: Was interrupted at step 20;")


def test_where_all_runs_failed_it_says_why(runs: Path) -> None:
    for side in ("base", "gh"):
        make_run(runs / "failed" / "simclr-seed-0001" / side, steps=20, end="failed")
    app = open_page("sweep")
    assert not app.exception
    assert shown(app.warning) == "All 2 runs failed: The loss is nan."
    make_run(runs / "failed" / "simclr-seed-0002" / "base", steps=20, end="killed", seed=2)
    app.run()
    assert shown(app.warning).startswith("None of 3 runs can be shown: The loss is nan. Was interrupted at")


def test_the_newest_sweep_with_finished_runs_is_opened(swept: Path, runs: Path) -> None:
    make_run(runs / "failed" / "simclr-seed-0001" / "base", steps=20, end="failed")
    with create_run(runs / "busy" / "simclr-seed-0001" / "base", config()) as writer:
        writer.append(started())
        assert sweep_folders(runs) == [swept, runs / "busy", runs / "failed"], "though the others are newer"
        app = open_page("sweep")
        assert app.selectbox(key="sweep").value == str(swept)
        app.selectbox(key="sweep").select(str(runs / "busy")).run()
        assert shown(app.info) == "No run is finished yet: 1 of 1 is training."
    half = runs / "half" / "simclr-seed-0001"
    make_run(half / "base")
    make_run(half / "gh", steps=20, end="failed")
    assert sweep_folders(runs)[0] == runs / "half", "of a pair one side is enough"


def test_a_sweep_that_is_the_folder_of_runs_has_its_name(runs: Path) -> None:
    make_sweep(runs, {"simclr": [0.1]})
    make_sweep(runs / "mine", {"simclr": [0.1]})
    assert set(open_page("sweep").selectbox(key="sweep").options) == {runs.name, "mine"}


def test_which_folders_are_sweeps(swept: Path, runs: Path) -> None:
    make_pair(runs / "pair")
    make_run(runs / "other" / "bcl-seed-0001" / "gh")
    assert set(sweep_folders(runs)) == {swept, runs / "other"}


@pytest.fixture
def moving(runs: Path) -> Path:
    """With GH two classes merge with each of two seeds; other settings make a second group of runs."""
    for seed in range(2):
        pair = runs / "moving" / f"simclr-seed-{seed}"
        make_moving(pair / "base", {10: APART, 20: APART, 30: APART}, gh="off", gh_warm_up=4, seed=seed)
        make_moving(pair / "gh", {10: APART, 20: MERGED, 30: MERGED}, gh="on", gh_warm_up=4, seed=seed)
    make_moving(runs / "moving" / "simclr-seed-7", {10: APART, 20: APART}, gh="off", epochs=8, seed=7)
    return runs / "moving"


def test_what_happened_is_read_once_it_is_opened(moving: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(sweeps, "run_moments", lambda folder: asked.append(folder) or run_moments(folder))
    app = open_page("sweep")
    assert not app.exception
    assert asked == []
    assert "Two class centres merge" not in said(app)
    app.session_state["happened-0"] = True
    app.run()
    assert not app.exception
    text = said(app)
    assert '<td class=" left">Two class centres merge</td>' in text
    assert '<td class="">2/2: once, step 20</td>' in text
    assert "Two centres are one from" in text
    assert len(asked) == 4  # of this group alone
    app.run()
    assert len(asked) == 4, "and kept"


def test_what_cannot_be_read_is_said_where_it_is_missing(moving: Path) -> None:
    for snapshot in (moving / "simclr-seed-0" / "gh" / "snapshots").iterdir():
        snapshot.write_bytes(b"nonsense")
    app = open_page("sweep")
    app.session_state["happened-0"] = True
    app.run()
    assert not app.exception
    assert '<td class="">1/1: once, step 20</td>' in said(app)
    assert "simclr-seed-0/gh" in said(app)


@pytest.mark.parametrize(("name", "format_"), [("moving.md", "markdown"), ("moving.tex", "latex")])
def test_the_file_is_the_report(
    moving: Path, name: str, format_: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, *, data, file_name, **_: made.update({file_name: data})
    )
    assert not open_page("sweep").exception
    capsys.readouterr()
    monkeypatch.setattr("ghviz.commands.report.unevaluated", lambda found: [])  # they have no checkpoint
    assert main(["report", str(moving), "--format", format_]) == 0
    printed = capsys.readouterr().out
    assert "What happened when" in printed
    assert made[name]() == printed


def test_every_part_of_a_table_has_a_style() -> None:
    sheet = (ROOT / "ghviz" / "app" / "style.css").read_text(encoding="utf-8")
    for name in ("table", "td.left", ".break td", ".unsure", ".sure"):
        assert re.search(rf"\.gz-sheet {re.escape(name)} \{{", sheet), name
