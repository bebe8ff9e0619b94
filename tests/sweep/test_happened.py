"""Reference: moments of runs that were made to have them, and what is said of them over seeds."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from ghviz.cli import main
from ghviz.metrics import Moment
from ghviz.store import RunFolderError
from ghviz.sweep.collect import collected
from ghviz.sweep.grids import moments_grid
from ghviz.sweep.happened import happened, run_moments
from ghviz.sweep.render import moments_csv
from tests.sweep.builders import make_moving, make_numbers

APART, MERGED = (0.0, 120.0, 240.0), (0.0, 120.0, 124.0)


@pytest.fixture
def swept(tmp_path: Path) -> Path:
    """With GH the two rarest classes merge, at step 20 with one seed, at 30 and 40 with another."""
    for seed in range(3):
        base = {10: APART, 20: APART, 30: APART, 40: APART}
        make_moving(tmp_path / f"simclr-seed-{seed}" / "base", base, gh="off", gh_warm_up=4, seed=seed)
    moving = [
        {10: APART, 20: MERGED, 30: MERGED, 40: MERGED},
        {10: APART, 20: APART, 30: MERGED, 35: APART, 40: MERGED},
        {10: APART, 20: APART, 30: APART, 40: APART},
    ]
    for seed, degrees in enumerate(moving):
        make_moving(tmp_path / f"simclr-seed-{seed}" / "gh", degrees, gh="on", gh_warm_up=4, seed=seed)
    return tmp_path


def test_moments_of_a_run(swept: Path) -> None:
    found = run_moments(swept / "simclr-seed-0" / "gh")
    told = {(moment.step, moment.kind, moment.classes) for moment in found}
    assert {(20, "merge", (1, 2)), (16, "gh", ()), (30, "head-overtakes", (0, 2))} <= told
    assert "gh" not in {moment.kind for moment in run_moments(swept / "simclr-seed-0" / "base")}


def test_classes_of_fewer_than_three_samples_do_not_merge(tmp_path: Path) -> None:
    make_moving(tmp_path / "few", {10: APART, 20: MERGED}, per_class=2, gh="on", gh_warm_up=4)
    assert "merge" not in {moment.kind for moment in run_moments(tmp_path / "few")}


@pytest.mark.parametrize(
    ("gh", "switches", "expected"),
    [
        ("on", [(5, 0.0)], ["GH switched off"]),
        ("off", [(30, 0.5)], ["GH switched on, weight 0.5"]),
        ("off", [(8, 0.5)], ["GH switched on, weight 0.5", "GH's warm-up ends"]),
        ("on", [(30, 0.5)], ["GH's warm-up ends", "GH's weight 2 → 0.5"]),
    ],
)
def test_switches_are_moments_too(
    tmp_path: Path, gh: str, switches: list[tuple[int, float]], expected: list[str]
) -> None:
    given = {"switches": switches, "gh": gh, "gh_warm_up": 4, "gh_weight": 2.0}
    make_moving(tmp_path / "run", {10: APART, 20: APART, 40: APART}, **given)
    assert [moment.text for moment in run_moments(tmp_path / "run") if moment.kind == "gh"] == expected


def test_pairs_of_one_moment_are_counted(swept: Path) -> None:
    (block,) = collected(swept).blocks
    pairs = Moment(step=10, kind="merge", value=1.0, classes=(0, 1, 1, 2), text="two merge", count=2)
    once = Moment(step=40, kind="merge", value=1.0, classes=(0, 1), text="one merges")
    moments = {run.folder: [pairs, once] for run in block.numbers}
    (row,) = happened(block, moments)
    assert (row.cells["simclr", "on"].times, row.cells["simclr", "on"].step) == (3, 10)
    (first, second, *_) = csv.DictReader(io.StringIO(moments_csv(collected(swept), moments)))
    assert (first["count"], first["classes"]) == ("2", "0 1; 1 2")
    assert (second["count"], second["classes"]) == ("1", "0 1")


def test_over_seeds_by_hand(swept: Path) -> None:
    (block,) = collected(swept).blocks
    moments = {run.folder: run_moments(run.folder) for run in block.numbers}
    rows = {row.kind: row.cells for row in happened(block, moments)}
    merged = rows["merge"]["simclr", "on"]
    assert (merged.seeds, merged.of, merged.times, merged.step) == (2, 3, 1.5, 30)
    assert (rows["merge"]["simclr", "off"].seeds, rows["merge"]["simclr", "off"].of) == (0, 3)
    assert rows["split"]["simclr", "on"].step == 35
    assert rows["gh"]["simclr", "on"].seeds == 3
    assert "tail-overtakes" not in rows, "it never happened"
    grid = moments_grid(happened(block, moments))
    assert grid.header == ["Moment", "SimCLR", "SimCLR + GH"]
    cells = {row[0].text: [cell.text for cell in row[1:]] for row in grid.rows}
    assert cells["Two class centres merge"] == ["0/3", "2/3: 1.5 times, step 30"]
    assert cells["GH sets in or is switched"] == ["0/3", "3/3: once, step 16"]
    known = {folder: found for folder, found in moments.items() if "seed-0" not in str(folder)}
    assert {row.kind: row.cells for row in happened(block, known)}["merge"]["simclr", "on"].of == 2


def test_in_the_report_and_one_by_one(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(swept)]) == 0
    text = capsys.readouterr().out
    assert "### What happened when" in text
    assert "| Two class centres merge | 0/3 | 2/3: 1.5 times, step 30 |" in text
    assert main(["report", str(swept), "--format", "moments"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    merges = [(row["run"], row["step"], row["classes"]) for row in rows if row["moment"] == "merge"]
    assert merges == [
        ("simclr-seed-0/gh", "20", "1 2"),
        ("simclr-seed-1/gh", "30", "1 2"),
        ("simclr-seed-1/gh", "40", "1 2"),
    ]
    (one,) = (row for row in rows if row["run"] == "simclr-seed-0/gh" and row["moment"] == "merge")
    assert float(one["value"]) == pytest.approx(4, abs=0.1)
    assert one["text"] == "the centres of b and ç merge: 4° apart"


def test_a_run_without_snapshots_is_named_and_the_rest_told(
    swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_numbers(swept / "simclr-seed-7" / "gh", gh="on", gh_warm_up=4, seed=7)
    with pytest.raises(RunFolderError, match="no snapshots to find moments in"):
        run_moments(swept / "simclr-seed-7" / "gh")
    assert main(["report", str(swept)]) == 0
    said = capsys.readouterr()
    assert "2/3: 1.5 times" in said.out
    assert "seed-7/gh has no snapshots" in said.err
