"""Behaviour: the command line as a person meets it; page-long outputs are the parts' own tests."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import numpy as np
import pytest

from ghviz.cli import COMMANDS, main
from ghviz.data.dataset import load
from ghviz.embed import save_snapshot
from ghviz.runner import Interruption, train_pair
from ghviz.store import RunFolderError, RunWriter, create_run, open_run, read_control
from ghviz.train.presets import PRESETS
from ghviz.types import Control, GHSwitch, RunConfig
from tests.store.builders import make_pair

QUICK = ["--preset", "toy-circle", "--epochs", "12", "--gh-warm-up", "4", "--snapshots", "4"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "pair"
    assert main(["pair", *QUICK, "--seed", "7", "--out", str(folder)]) == 0
    return folder


def complaint(capsys, *arguments, code=2):
    """The one sentence that a command ends with."""
    assert main(list(arguments)) == code
    captured = capsys.readouterr()
    assert captured.err.startswith("ghviz: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def test_a_pair_has_two_sides(pair):
    base, gh = open_run(pair / "base"), open_run(pair / "gh")
    assert (base.config.gh, gh.config.gh) == ("off", "on")
    assert base.config.seed == gh.config.seed == 7
    assert base.config.epochs == 12
    assert base.state().status == gh.state().status == "finished"


def test_a_second_baseline_has_another_seed(tmp_path):
    assert main(["pair", *QUICK, "--second-baseline", "--out", str(tmp_path / "pair")]) == 0
    second = open_run(tmp_path / "pair" / "base-b").config
    assert (second.gh, second.seed) == ("off", 1000)


def test_a_shorter_run_keeps_its_proportions(tmp_path, capsys):
    quick = ["pair", "--preset", "toy-circle", "--snapshots", "2", "--epochs=8"]
    assert main([*quick, "--out", str(tmp_path / "a")]) == 0
    said = capsys.readouterr().out
    assert "epochs 8 (was 160), hence --gh-warm-up 3 (was 60), --gh-ramp 1 (was 10)" in said
    config = open_run(tmp_path / "a" / "gh").config
    assert (config.gh_warm_up, config.gh_ramp, config.gh_refresh_every) == (3, 1, 1)
    assert (
        main([*quick, "--gh-warm-up", "60", "--gh-refresh-every", "None", "--out", str(tmp_path / "b")]) == 0
    )
    said = capsys.readouterr().out
    assert "hence --gh-ramp 1 (was 10)\n" in said
    assert "GH never acts: its warm-up of 60 epochs is not shorter than the run of 8" in said
    config = open_run(tmp_path / "b" / "base").config
    assert (config.gh_warm_up, config.gh_ramp, config.gh_refresh_every) == (60, 1, None)


def test_a_run_of_the_presets_length_says_nothing_of_it(tmp_path, capsys):
    assert main(["train", *QUICK, "--gh", "off", "--gh-warm-up", "60", "--out", str(tmp_path / "run")]) == 0
    assert "never acts" not in capsys.readouterr().out


def test_a_short_run_says_its_last_loss(tmp_path, capsys):
    assert main(["pair", *QUICK, "--out", str(tmp_path / "pair")]) == 0
    lines = capsys.readouterr().out.splitlines()
    last = _last_step(tmp_path / "pair" / "gh")
    assert re.match(rf"step {last}/{last}  loss \d+\.\d\d\d  ", lines[-2])
    assert lines[-1] == f"gh: finished at step {last}"
    assert len([line for line in lines if line.startswith(f"step {last}/")]) == 1


def test_train_takes_every_field(tmp_path):
    assert main(["train", *QUICK, "--gh", "off", "--batch-size", "64", "--out", str(tmp_path / "run")]) == 0
    config = open_run(tmp_path / "run").config
    assert (config.gh, config.batch_size) == ("off", 64)


def test_metrics_as_json(pair, capsys):
    assert main(["metrics", str(pair), "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [record["run"] for record in records] == [str(pair / "base"), str(pair / "gh")]
    record = records[0]
    assert record["step"] == 60
    assert record["classes"][0]["count"] == 256
    assert sum(c["territory_share"] for c in record["classes"]) == pytest.approx(1)
    assert {"frequency_slope", "tail_gap", "tail_territory", "evenness"} <= record["summary"].keys()


def test_metrics_equal_what_the_run_recorded(pair, capsys):
    main(["metrics", str(pair / "gh"), "--format", "json", "--step", "40"])
    record = json.loads(capsys.readouterr().out)[0]
    measured = [e for e in open_run(pair / "gh").events() if type(e).__name__ == "Measured"]
    recorded = next(event for event in measured if event.step == record["step"])
    assert record["step"] == 40
    assert recorded.summary == pytest.approx(record["summary"])


def test_metrics_as_csv_and_table(pair, capsys):
    assert main(["metrics", str(pair), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["metric"] for row in rows} >= {"territory_share", "tail_gap"}
    assert main(["metrics", str(pair / "gh")]) == 0
    assert "tail gap" in capsys.readouterr().out


@pytest.mark.parametrize(("suffix", "start"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_figure(pair, tmp_path, suffix, start):
    out = tmp_path / f"twin.{suffix}"
    assert main(["figure", str(pair / "base"), str(pair / "gh"), "--out", str(out)]) == 0
    assert out.read_bytes().startswith(start)


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_a_figure_of_many_dimensions_says_that_it_is_a_projection(tmp_path, capsys, suffix):
    rng = np.random.default_rng(3)
    for side in ("base", "gh"):
        save_snapshot(tmp_path / side, rng.normal(size=(40, 6)), np.arange(40) % 2, step=1)
        rng = np.random.default_rng(4)
    out = tmp_path / f"twin.{suffix}"
    assert main(["figure", str(tmp_path / "base"), str(tmp_path / "gh"), "--out", str(out)]) == 0
    caption = capsys.readouterr().out.splitlines()[1]
    assert re.search(r"A projection of 6 dimensions; it keeps \d\d% of the second moment\.", caption)
    written = out.read_bytes()
    for words in ("A projection of 6 dimensions", "of the second moment"):
        assert words.encode() in written or words in in_utf16(written)


def in_utf16(written):
    """The strings of a PDF that are not ASCII."""
    return written.decode("utf-16-be", "ignore") + written[1:].decode("utf-16-be", "ignore")


def test_runs_lists_a_pair(pair, capsys):
    assert main(["runs", str(pair.parent)]) == 0
    assert "finished" in capsys.readouterr().out


def test_runs_tells_apart_what_is_called_alike(tmp_path, capsys, monkeypatch):
    for place in ("lightly", "lightning"):
        save_snapshot(tmp_path / place / "gh", np.eye(4), [0, 0, 1, 1], step=1)
    assert main(["runs", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == ["lightly/gh", "lightning/gh"]
    monkeypatch.chdir(tmp_path / "lightly" / "gh")
    assert main(["runs", "."]) == 0
    assert capsys.readouterr().out.split()[0] == "gh"


def test_runs_on_a_fresh_checkout_shows_how_to_begin(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (["runs"], ["runs", "runs"], ["runs", "runs/"]):
        assert main(words) == 0
        said = capsys.readouterr().out
        assert said == (
            "No runs yet in runs/: start one with python -m ghviz pair --preset toy-circle --out runs/first\n"
        )
    (tmp_path / "empty").mkdir()
    assert main(["runs", "empty"]) == 0
    assert "No runs yet in empty/" in capsys.readouterr().out
    assert "there is no folder elsewhere" in complaint(capsys, "runs", "elsewhere")


def test_resume_of_a_finished_pair_does_nothing(pair, capsys):
    assert main(["resume", str(pair)]) == 0
    assert "finished already" in capsys.readouterr().out


def test_resume_elsewhere_says_in_one_line_what_is_not_as_it_was(tmp_path, capsys):
    config = RunConfig(epochs=12, gh_warm_up=4)
    data, interruption = load(config), Interruption()
    for side, event in train_pair(
        tmp_path, {"base": config, "gh": config}, {"base": data, "gh": data}, interruption=interruption
    ):
        interruption.wanted |= event.step == 30 and side == "gh"
    for side in ("base", "gh"):
        path = tmp_path / side / "environment.json"
        path.write_text(path.read_text().replace(version("torch"), "1.0"))
    capsys.readouterr()
    assert main(["resume", str(tmp_path)]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "last digits" in line]
    assert said == [
        f"Not as where it began: torch 1.0 → {version('torch')}; "
        "numbers may differ in the last digits from those of an unbroken run."
    ]


def test_control_of_a_pair_goes_to_its_gh_side(tmp_path, capsys):
    for side in ("base", "gh"):
        create_run(tmp_path / side, RunConfig(gh_weight=2.0)).close()
    assert main(["control", str(tmp_path), "--gh", "0.5", "--pace", "30"]) == 0
    assert read_control(tmp_path / "gh").gh_weight == 0.5
    assert read_control(tmp_path / "base").gh_weight is None
    assert read_control(tmp_path / "base").pace == 30
    assert main(["control", str(tmp_path), "--gh", "on"]) == 0
    assert read_control(tmp_path / "gh").gh_weight == 2.0
    assert "counts when training goes on" in capsys.readouterr().out


def test_on_is_never_weight_zero(tmp_path):
    create_run(tmp_path, RunConfig(gh_weight=0.0)).close()
    assert main(["control", str(tmp_path), "--gh", "on"]) == 0
    assert read_control(tmp_path).gh_weight == 1.0


def test_stopping_what_does_not_run_changes_nothing(tmp_path, capsys):
    make_pair(tmp_path, steps=20, end="stopped")
    assert main(["control", str(tmp_path), "--stop"]) == 0
    assert capsys.readouterr().out == f"{tmp_path} is not running: there is nothing to stop.\n"
    assert not (tmp_path / "gh" / "control.json").exists()
    assert main(["control", str(tmp_path), "--stop", "--pace", "9"]) == 0
    assert "counts when training goes on" in capsys.readouterr().out
    assert read_control(tmp_path / "gh") == Control(pace=9)


def test_stopping_a_running_pair_says_how_to_go_on(tmp_path, capsys):
    make_pair(tmp_path, steps=20, end="stopped")
    with RunWriter.resume(tmp_path / "gh"):
        assert main(["control", str(tmp_path), "--stop"]) == 0
    said = f"It saves and stops. Go on with: python -m ghviz resume {tmp_path}\n"
    assert capsys.readouterr().out == said
    assert read_control(tmp_path / "base").stop


def test_a_pair_killed_before_it_began_is_made_by_the_same_command(tmp_path):
    create_run(tmp_path / "base", RunConfig()).close()
    assert main(["pair", *QUICK, "--out", str(tmp_path)]) == 0
    assert open_run(tmp_path / "base").state().status == "finished"


def test_a_pair_whose_place_is_taken_in_part_makes_nothing(tmp_path, capsys):
    assert main(["train", *QUICK, "--out", str(tmp_path / "gh")]) == 0
    assert "holds a run already" in complaint(capsys, "pair", *QUICK, "--out", str(tmp_path), code=1)
    assert not (tmp_path / "base").exists()


@pytest.mark.slow
@pytest.mark.parametrize("patience", [0.4, 1.2])
def test_an_early_ctrl_c_is_one_sentence(tmp_path, patience):
    command = [
        sys.executable,
        "-m",
        "ghviz",
        "pair",
        *QUICK[:2],
        "--pace",
        "5",
        "--out",
        str(tmp_path / "pair"),
    ]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(patience)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode in (130, -signal.SIGINT)  # the latter: Python itself was still starting
    if child.returncode == 130:
        assert "Traceback" not in errors


def test_a_ctrl_c_that_a_library_swallows_is_not_lost(tmp_path, monkeypatch, capsys):
    import ghviz.data.dataset

    load = ghviz.data.dataset.load

    def deaf(config):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return load(config)

    monkeypatch.setattr("ghviz.data.dataset.load", deaf)
    before = signal.getsignal(signal.SIGINT)
    assert main(["pair", *QUICK, "--out", str(tmp_path / "pair")]) == 130
    assert "interrupted before anything was recorded" in capsys.readouterr().err
    assert not (tmp_path / "pair").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_what_is_wrong_is_one_sentence(pair, tmp_path, capsys):
    out = str(tmp_path / "x")
    assert "Did you mean 'pair'" in complaint(capsys, "pare")
    assert "Did you mean 'digits'" in complaint(capsys, "pair", "--preset", "digit", "--out", out)
    assert "--epochs" in complaint(capsys, "train", "--epoch", "3", "--out", out)
    assert "--out" in complaint(capsys, "train")
    assert ">= 1" in complaint(capsys, "train", "--epochs", "0", "--out", out)
    assert "finite" in complaint(capsys, "train", "--gh-weight", "nan", "--out", out)
    assert "with 256 samples of the largest class it can be at most 256" in complaint(
        capsys, "train", "--ratio", "9999", "--out", out
    )
    assert "maybe" in complaint(capsys, "train", "--gh", "maybe", "--out", out)
    assert "no_such" in complaint(
        capsys, "train", "--dataset", "npz", "--data-path", "no_such.npz", "--out", out
    )
    assert not (tmp_path / "x").exists()
    assert "--step must be a whole number, got 'abc' (" in complaint(
        capsys, "metrics", str(pair), "--step", "abc"
    )
    assert "--out" in complaint(capsys, "train", "--out")
    assert "'cuda' is not" in complaint(capsys, "train", "--device", "cuda", "--out", out)
    moco = ("train", "--method", "moco", "--out", out, "--method-options")
    for queue in ("inf", "nan", "0", "2.5"):
        assert "queue must be a whole number of keys, at least 1" in complaint(
            capsys, *moco, f"queue={queue}"
        )
    assert "you tried to allocate" in complaint(capsys, "train", "--dimension", str(10**15), "--out", out)
    assert "--dimension: Expected" in complaint(capsys, "train", "--dimension", str(10**20), "--out", out)
    assert "--num-targets: Expected `int` <= 16384, got 1000000" in complaint(
        capsys, "train", "--num-targets", "1000000", "--out", out
    )
    assert "needs images" in complaint(capsys, "train", "--net", "convnet", "--out", out)
    assert "both sides" in complaint(capsys, "pair", "--gh", "off", "--out", out)
    assert "nothing to control" in complaint(capsys, "control", str(pair), "--gh", "off", code=1)
    assert not (tmp_path / "x").exists()
    assert "on, off or a weight" in complaint(capsys, "control", str(pair), "--gh", "perhaps")
    assert "at least one of" in complaint(capsys, "control", str(pair))
    assert ".pdf" in complaint(capsys, "figure", str(pair / "base"), str(pair / "gh"), "--out", "x.gif")
    assert "holds a run already" in complaint(capsys, "pair", *QUICK, "--out", str(pair), code=1)
    complaint(capsys, "metrics", str(tmp_path), code=1)
    complaint(capsys, "resume", str(tmp_path), code=1)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"python -m ghviz {command} " in capsys.readouterr().out


def shown_by_help(capsys, *words):
    """Help as one line, without its frame."""
    assert main([*words, "--help"]) == 0
    return " ".join(re.sub("[│╭╰─╮╯]", " ", capsys.readouterr().out).split())


@pytest.mark.parametrize("command", ["pair", "train"])
def test_help_lists_the_presets(command, capsys):
    shown = shown_by_help(capsys, command)
    for name, preset in PRESETS.items():
        assert f"{name} {preset.title}" in shown


def test_help_says_which_defaults_are_the_presets(capsys):
    shown = shown_by_help(capsys, "pair")
    assert "Weight w of GH's loss when it is on. (preset's, else 1.0)" in shown
    assert "refreshing scale with it unless given. (preset's, else 160)" in shown
    assert "Momentum of SGD. (default: 0.9)" in shown  # no preset changes it
    shown = shown_by_help(capsys, "pair", "--preset", "toy-circle")
    assert "Weight w of GH's loss when it is on. (preset toy-circle: 2.0)" in shown


def test_a_reader_that_leaves_early_is_no_error():
    command = [sys.executable, "-m", "ghviz", "pair", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.close()
        assert child.wait(60) == 141
        assert child.stderr.read() == ""


def test_overview_names_every_command(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {command}" in shown for command in COMMANDS)


def _until(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _last_step(folder):
    try:
        return open_run(folder).state().step
    except RunFolderError:  # not there yet
        return 0


def _switches(run):
    return [event for event in open_run(run).events() if isinstance(event, GHSwitch)]


@pytest.mark.slow
def test_a_running_pair_is_switched_interrupted_and_resumed(tmp_path):
    """A process of its own: a flip within a second, Ctrl-C saves and exits 130, resume finishes."""
    folder = tmp_path / "pair"
    command = [sys.executable, "-m", "ghviz", "pair", *QUICK[:2], "--pace", "100", "--out", str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _until(lambda: _last_step(folder / "gh") > 5)
    waits = []
    for flips, wish in enumerate(("off", "on", "off")):  # three: a busy machine may be late once
        assert main(["control", str(folder), "--gh", wish]) == 0
        asked = time.time()
        _until(lambda flips=flips: len(_switches(folder / "gh")) > flips)
        switch = _switches(folder / "gh")[-1]
        assert (switch.weight > 0) == (wish == "on")
        waits.append(switch.time - asked)
    assert min(waits) < 1
    os.kill(child.pid, signal.SIGINT)
    said, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert f"python -m ghviz resume {folder}" in said
    assert open_run(folder / "gh").state().status == "stopped"
    assert main(["control", str(folder), "--pace", "0"]) == 0
    assert main(["resume", str(folder)]) == 0
    assert open_run(folder / "base").state().status == open_run(folder / "gh").state().status == "finished"


def test_rename_and_delete_are_commands(tmp_path, capsys, monkeypatch):
    folder = make_pair(tmp_path / "old")
    assert main(["rename", str(folder), "new"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "new")
    assert open_run(tmp_path / "new" / "gh").config.gh == "on"
    assert "no slash" in complaint(capsys, "rename", str(tmp_path / "new"), "../out")
    monkeypatch.setattr("sys.stdin", io.StringIO("y"))  # a pipe is nobody
    assert "add --yes" in complaint(capsys, "delete", str(tmp_path / "new"))
    assert (tmp_path / "new").is_dir()
    (tmp_path / "new" / "mine.txt").write_text("keep")
    assert main(["delete", str(tmp_path / "new"), "--yes"]) == 0
    assert "mine.txt was left" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["mine.txt"]
    assert "neither a run nor a pair" in complaint(capsys, "delete", str(tmp_path), "--yes", code=1)


@pytest.mark.parametrize(("answer", "stays"), [("n", True), ("", True), ("yes", False)])
def test_delete_asks_a_person(tmp_path, monkeypatch, answer, stays):
    folder = make_pair(tmp_path / "pair")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert main(["delete", str(folder)]) == 0
    assert folder.exists() is stays
