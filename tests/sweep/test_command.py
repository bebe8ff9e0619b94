"""Behaviour: sweeps as processes, killed, stopped, spoilt, printed and merged."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ghviz.cli import main
from ghviz.store import RunFolderError, RunWriter, open_run
from ghviz.sweep.collect import collected, run_folders
from ghviz.sweep.evaluation_file import has_evaluation
from ghviz.sweep.jobs import Job, run_jobs

ROOT = Path(__file__).parents[2]
QUICK = ["--preset", "toy-circle", "--epochs", "10", "--snapshots", "3", "--n-max", "64", "--ratio", "8"]


def sweep(*words: str, out: Path) -> subprocess.Popen[str]:
    """A sweep in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "ghviz", "sweep", *QUICK, *words, "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str], *, code: int) -> str:
    """What it printed, once it has ended as expected."""
    out, err = process.communicate(timeout=240)
    assert process.returncode == code, out + err
    assert "Traceback" not in out + err
    return out


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.05)


def statuses(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): open_run(path).state().status for path in run_folders(out)}


def step_of(folder: Path) -> int:
    try:
        return open_run(folder).state().step
    except RunFolderError:
        return -1


def losses(folder: Path) -> list[float]:
    return [event.loss for event in open_run(folder).events() if type(event).__name__ == "Step"]


@pytest.mark.slow
def test_a_sweep_gives_the_runs_of_a_pair_and_is_done_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep"
    said = ended(sweep("--seeds", "3", "--jobs", "2", out=out), code=0)
    assert "2 runs: 2 finished." in said
    assert f"python -m ghviz report {out}" in said
    assert statuses(out) == {"simclr-seed-0003/base": "finished", "simclr-seed-0003/gh": "finished"}
    pair = tmp_path / "pair"
    assert main(["pair", *QUICK, "--seed", "3", "--out", str(pair)]) == 0
    for side in ("base", "gh"):
        assert losses(out / "simclr-seed-0003" / side) == losses(pair / side)
        assert has_evaluation(out / "simclr-seed-0003" / side)
    assert main(["sweep", *QUICK, "--seeds", "3", "--out", str(out)]) == 0
    assert "2 runs: 0 finished, 2 finished before." in capsys.readouterr().out


@pytest.mark.slow
def test_a_killed_sweep_resumes(tmp_path: Path) -> None:
    """The sweep and its trainer are killed; the same command ends with the numbers of an unbroken run."""
    out = tmp_path / "sweep"
    words = ["--seeds", "0", "--pace", "30"]
    process = sweep(*words, out=out)
    base = out / "simclr-seed-0000" / "base"
    wait_for(lambda: step_of(base) > 8 and open_run(base).has_checkpoint())
    process.kill()
    process.communicate()
    trainer = int((base / "lock").read_text().partition('"pid":')[2].partition(",")[0])
    os.kill(trainer, signal.SIGKILL)
    wait_for(lambda: open_run(base).state().status == "stopped")
    broken_at = step_of(base)
    said = ended(sweep("--seeds", "0", out=out), code=0)
    assert "2 runs: 2 finished." in said
    assert broken_at < step_of(base)
    unbroken = tmp_path / "unbroken"
    assert main(["train", *QUICK, "--seed", "0", "--gh", "off", "--out", str(unbroken)]) == 0
    assert losses(base) == losses(unbroken)


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_command_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    process = sweep("--seeds", "0-1", "--pace", "20", out=out)
    base = out / "simclr-seed-0000" / "base"
    wait_for(lambda: step_of(base) > 2)
    process.send_signal(signal.SIGINT)
    said = ended(process, code=130)
    assert "4 runs: 0 finished, 1 stopped, 3 not begun." in said
    assert statuses(out) == {"simclr-seed-0000/base": "stopped"}
    assert "4 runs: 4 finished." in ended(sweep("--seeds", "0-1", "--jobs", "2", out=out), code=0)


@pytest.mark.slow
def test_a_run_that_fails_does_not_stop_the_rest(tmp_path: Path) -> None:
    """SimCLR has no gamma; and one folder holds a run of other settings."""
    out = tmp_path / "sweep"
    other = ["--method", "focal", "--method-options", "gamma=3", "--gh", "off", "--learning-rate", "0.1"]
    assert main(["train", *QUICK, *other, "--out", str(out / "focal-seed-0000" / "base")]) == 0
    words = ["--methods", "simclr,focal", "--seeds", "0", "--method-options", "gamma=3", "--jobs", "2"]
    said = ended(sweep(*words, out=out), code=1)
    assert "4 runs: 1 finished, 3 failed." in said
    *failed, report = said.splitlines()[-4:]
    first, second, third = sorted(failed)
    assert first.startswith("failed: focal-seed-0000/base: ")
    assert "holds a run of other settings (learning rate 0.1 instead of 0.002): choose another" in first
    assert second.startswith("failed: simclr-seed-0000/base: method 'simclr' has the options temperature")
    assert third.startswith("failed: simclr-seed-0000/gh: ")
    assert report.startswith("See what came of it")
    assert (out / "logs" / "simclr-seed-0000-gh.log").is_file()


@pytest.mark.slow
def test_a_run_that_can_not_be_started_does_not_stop_the_rest(tmp_path: Path) -> None:
    """A folder stands where the first run's log should come to lie."""
    out = tmp_path / "sweep"
    (out / "logs" / "simclr-seed-0000-base.log").mkdir(parents=True)
    said = ended(sweep("--seeds", "0", out=out), code=1)
    assert "2 runs: 1 finished, 1 failed." in said
    failed = next(line for line in said.splitlines() if line.startswith("failed: "))
    assert failed.startswith("failed: simclr-seed-0000/base: ")
    assert "simclr-seed-0000-base.log could not be written: a folder stands in its place" in failed
    assert statuses(out) == {"simclr-seed-0000/gh": "finished"}


@pytest.mark.slow
def test_a_trainer_that_is_killed_is_named_as_such(tmp_path: Path) -> None:
    """Its log ends in a line of progress, which is no reason."""
    out = tmp_path / "sweep"
    process = sweep("--seeds", "0", "--gh", "off", "--methods", "simclr,focal", "--pace", "20", out=out)
    base = out / "simclr-seed-0000" / "base"
    wait_for(lambda: step_of(base) > 2)
    os.kill(int((base / "lock").read_text().partition('"pid":')[2].partition(",")[0]), signal.SIGKILL)
    said = ended(process, code=1)
    assert said.startswith(f"2 runs, one after the other; what each says as it goes on: {out / 'logs'}\n")
    assert "2 runs: 1 finished, 1 failed." in said
    assert (
        "failed: simclr-seed-0000/base: was killed (SIGKILL, perhaps for want of memory); the same command "
        "goes on with it (log: "
    ) in said


def test_a_command_that_the_system_refuses_is_one_failed_job(tmp_path: Path) -> None:
    """A word is longer than Linux takes (128 KiB)."""
    jobs = [
        Job(name=name, words=words, log=tmp_path / f"{name}.log")
        for name, words in (("long", ["x" * 10_000_000]), ("fine", ["--help"]))
    ]
    long, fine = run_jobs(jobs, at_once=1, wanted=lambda _: True)
    assert (long.job.name, long.begun, long.code) == ("long", False, 1)
    assert long.said.startswith("long can't be started: ")
    assert (fine.job.name, fine.begun, fine.code) == ("fine", True, 0)


@pytest.mark.slow
def test_printed_commands_run_anywhere_and_folders_merge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of the lines on one machine, half on another; copied together they are one sweep."""
    assert main(["sweep", *QUICK, "--seeds", "0-1", "--out", "a b/sweep", "--print-commands"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("python -m ghviz sweep --methods simclr --gh off --seeds 0 --out 'a b/sweep' ")
    for i, line in enumerate(lines):
        place = tmp_path / f"machine-{i % 2}"
        place.mkdir(exist_ok=True)
        _, *words = shlex.split(line)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, *words]
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    for machine in (0, 1):
        shutil.copytree(
            tmp_path / f"machine-{machine}" / "a b" / "sweep", tmp_path / "all", dirs_exist_ok=True
        )
    found = collected(tmp_path / "all")
    assert not found.left_out
    (block,) = found.blocks
    assert [(run.config.gh, run.config.seed) for run in block.numbers] == [
        ("off", 0),
        ("off", 1),
        ("on", 0),
        ("on", 1),
    ]
    assert all(run.evaluation is not None for run in block.numbers)
    assert main(["sweep", *QUICK, "--seeds", "0-1", "--out", str(tmp_path / "all")]) == 0
    assert "4 finished before" in capsys.readouterr().out


def test_a_run_in_other_hands_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "simclr-seed-0000" / "base"
    words = [*QUICK, "--gh", "off", "--seeds", "0", "--out", str(tmp_path)]
    assert main(["sweep", *words]) == 0
    assert "is evaluated" in capsys.readouterr().out
    (folder / "evaluation.json").unlink()
    with RunWriter.resume(folder):
        assert main(["sweep", *words]) == 0
        assert "base is being trained by another process: skipped." in capsys.readouterr().out
    assert not has_evaluation(folder)
    assert main(["report", str(tmp_path)]) == 0, "it evaluates what is not evaluated yet"
    assert has_evaluation(folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "4-1"], "a range of seeds goes upwards"),
        (["--methods", "simcrl"], "did you mean 'simclr'"),
        (["--gh", "maybe"], "gh must be a list of off, on"),
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--seed", "3"], "a sweep has --seeds in place of --seed"),
        (["--method=focal"], "a sweep has --methods in place of --method"),
        (["--preset", "digit"], "Did you mean 'digits'"),
        (["--epochz", "3"], "did you mean --epochs?"),
        (["--batch-size", "1"], "--batch-size: Expected `int` >= 2, got 1"),
    ],
)
def test_bad_arguments_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["sweep", *words, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_under_torchrun_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["sweep", "--out", str(tmp_path)]) == 2
    assert "not under torchrun" in capsys.readouterr().err
