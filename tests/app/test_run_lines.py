"""A run in a few lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghviz.app.run_lines import MOST_FLIPS, differences, run_html, switched
from ghviz.store import RunWriter, find_runs
from ghviz.store.tail import decode_line
from ghviz.types import GHSwitch, RunConfig
from tests.app.conftest import button, open_page
from tests.store.builders import make_pair, make_run


def flips(*weights: float) -> list[GHSwitch]:
    return [GHSwitch(step=100 * i, weight=w, on=w > 0) for i, w in enumerate(weights, start=1)]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([], ""),
        ([0.0], "GH switched off at step 100"),
        ([0.0, 2.0], "GH switched off at step 100, on at 200"),
        ([0.0, 0.5, 3.0], "GH switched off at step 100, on with weight 0.5 at 200, to weight 3 at 300"),
        ([0.0, 2.0] * 3, "GH switched 6 times, at last on at step 600"),
    ],
)
def test_switches_in_a_phrase(weights: list[float], said: str) -> None:
    assert switched(flips(*weights), RunConfig(gh_weight=2.0)) == said
    assert len(weights) <= MOST_FLIPS or "times" in said


def test_switches_of_a_run_that_began_without_gh() -> None:
    began_off = RunConfig(gh="off", gh_weight=2.0)
    assert switched(flips(2.0, 0.0), began_off) == "GH switched on at step 100, off at 200"
    assert switched(flips(1.5), began_off) == "GH switched on with weight 1.5 at step 100"
    assert switched(flips(1.0), RunConfig(gh_weight=0.0)) == "GH switched on at step 100"


def test_differences_are_in_the_words_of_the_form() -> None:
    assert differences(RunConfig(preset="toy-circle", gh_weight=2.0)) == "toy-circle, seed 0"
    config = RunConfig(preset="toy-circle", gh_weight=1.5, pace=60.0, n_max=64, classes=tuple(range(10)))
    assert differences(config) == (
        "toy-circle, seed 0: labels taken 0 1 2 3 4 5 6 7 8 9 instead of default, "
        "samples of the largest class 64 instead of 256, weight of GH 1.5 instead of 2, "
        "pace 60 steps/s instead of full speed"
    )


def test_a_pair_says_when_its_gh_side_was_switched(tmp_path: Path) -> None:
    pair = make_pair(tmp_path / "pair", switch=20)
    (summary,) = find_runs(tmp_path)
    assert "GH switched off at step 20" in run_html(summary)
    with RunWriter.resume(pair / "gh") as writer:
        writer.rewind(10)  # what a resumed run has yet to live through again is told all the same
    assert "GH switched off at step 20" in run_html(find_runs(tmp_path)[0])


def test_switches_are_found_without_decoding_the_other_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a run of 50,000 steps costs the Runs page no more than reading its log."""
    make_pair(tmp_path / "pair", switch=20)
    decoded: list[bytes] = []
    monkeypatch.setattr(
        "ghviz.store.tail.decode_line", lambda line: decoded.append(line) or decode_line(line)
    )
    (summary,) = find_runs(tmp_path)
    decoded.clear()
    assert [switch.step for switch in summary.switches()] == [20]
    assert len(decoded) == 1


def test_loading_a_folder_of_pairs_names_them(runs: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_pair(tmp_path / "many" / name, steps=2)
    app = open_page("runs")
    app.text_input(key="load-path").set_value(str(tmp_path / "many"))
    button(app, "Open").click().run()
    assert not app.exception
    assert app.error[0].value.endswith("many holds 2 pairs: name one of them: one, two.")


def test_a_side_whose_pair_is_not_there_yet_is_named_with_it(tmp_path: Path) -> None:
    make_run(tmp_path / "sweep" / "simclr-seed-0" / "base")
    assert "<b>simclr-seed-0/base</b>" in run_html(find_runs(tmp_path)[0])
    make_run(tmp_path / "sweep" / "simclr-seed-0" / "gh")
    assert "<b>simclr-seed-0</b>" in run_html(find_runs(tmp_path)[0])
