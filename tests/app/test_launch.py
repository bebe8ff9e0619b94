"""Starting trainers, and what they leave when they fail."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ghviz.app import launch
from ghviz.app.run_lines import run_html
from ghviz.commands.parsing import parse
from ghviz.commands.starting_point import starting_point
from ghviz.store import RunFolderError, RunWriter, find_runs
from ghviz.train.presets import PRESETS
from ghviz.types import RunConfig
from tests.store.builders import make_pair


@pytest.mark.parametrize("name", list(PRESETS))
def test_flags_make_the_configuration_again(name: str) -> None:
    from dataclasses import field, make_dataclass
    from typing import Annotated

    import tyro

    preset = PRESETS[name].config
    wanted = replace(
        preset,
        num_classes=5,
        classes=(4, 3, 2, 1, 0),
        ratio=12.5,
        hidden=(32, 16),
        batch_norm=not preset.batch_norm,
        gh_refresh_every=None,
        gh_momentum=(0.5, 0.25),
        data_path="a folder/x.npz",
        epochs=3,
    )
    flags = launch.flags(wanted, preset)
    begun = starting_point(["--preset", name, *flags])
    holder = make_dataclass(
        "Holder",
        [("config", Annotated[RunConfig, tyro.conf.arg(name="")], field(default=begun))],
        frozen=True,
    )
    parsed = parse(holder, flags, command="pair", example="")
    assert parsed.config == wanted


def test_same_as_preset_needs_no_flags() -> None:
    assert launch.flags(replace(PRESETS["digits"].config, seed=9), PRESETS["digits"].config) == []


def test_the_classes_of_own_data_are_always_told_so_that_the_command_does_not_count_them() -> None:
    preset = PRESETS["cifar10-short"].config
    assert launch.flags(replace(preset, dataset="folder"), preset) == [
        "--dataset",
        "folder",
        "--num-classes",
        "10",
    ]


def wait_for_end(folder: Path) -> None:
    end = time.monotonic() + 60
    while launch.is_alive(folder):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_start_that_fails_says_why_and_leaves_nothing(runs: Path) -> None:
    preset = PRESETS["cifar10-short"].config
    folder = launch.start_pair(replace(preset, data_path=str(runs / "nowhere.npz")), preset)
    wait_for_end(folder)
    said = launch.failure(folder)
    assert "nowhere.npz" in said
    assert "Traceback" not in said
    launch.forget(folder)
    assert not folder.exists()
    assert launch.failure(folder) == ""


@pytest.mark.slow
def test_start_trains_a_pair(runs: Path) -> None:
    preset = PRESETS["toy-circle"].config
    config = replace(preset, epochs=4, snapshots=2, seed=11)
    folder = launch.start_pair(config, preset)
    second = launch.start_pair(config, preset)
    assert (folder.name, second.name) == ("toy-circle-11", "toy-circle-11-2")
    for each in (folder, second):
        wait_for_end(each)
        assert launch.failure(each) == ""
    (_, summary) = find_runs(runs)
    assert summary.state.status == "finished"
    assert summary.config == config
    assert (folder / "trainer.log").is_file()


def test_a_second_resume_starts_nothing(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_pair(runs / "mine", end="killed")
    started: list[list[str]] = []
    sleeper = subprocess.Popen

    def start(words: list[str], **options: object) -> subprocess.Popen[bytes]:
        started.append(words)
        return sleeper([sys.executable, "-c", "import time; time.sleep(60)"])

    monkeypatch.setattr("ghviz.app.launch.subprocess.Popen", start)
    launch.resume(folder)
    launch.resume(folder)
    assert len(started) == 1
    launch.cancel(folder)
    launch.resume(folder)
    assert len(started) == 2
    launch.cancel(folder)


def test_resume_waits_for_a_trainer_that_has_saved(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_pair(runs / "mine", end="killed")
    process = subprocess.Popen
    started: list[subprocess.Popen[bytes]] = []

    def start(words: list[str], **options: object) -> subprocess.Popen[bytes]:
        started.append(process([sys.executable, "-c", "import time; time.sleep(1.5)"]))
        return started[-1]

    monkeypatch.setattr("ghviz.app.launch.subprocess.Popen", start)
    launch.resume(folder)
    RunWriter.resume(folder / "gh").close()  # it came to its run, and left it
    assert not launch.is_starting(folder)
    launch.resume(folder)
    assert len(started) == 2
    assert started[0].poll() == 0
    launch.cancel(folder)


def test_unwritable_place_is_one_sentence(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (runs / "file").write_text("in the way")
    monkeypatch.setenv("GHVIZ_RUNS", str(runs / "file"))
    with pytest.raises(RunFolderError, match=r"can't be written"):
        launch.start_pair(PRESETS["toy-circle"].config, PRESETS["toy-circle"].config)


def test_line_of_a_run(runs: Path) -> None:
    make_pair(runs / "a<b", end="killed")
    html = run_html(find_runs(runs)[0])
    assert "a&lt;b" in html
    assert "stopped" in html
    assert "interrupted at step 40" in html
    assert "classes 3 instead of 10" in html
