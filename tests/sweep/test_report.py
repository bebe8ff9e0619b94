"""Reference: tables against numbers worked out by hand; behaviour: which runs they are made of."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghviz.cli import main
from ghviz.store import RunFolderError
from ghviz.sweep.collect import collected
from ghviz.sweep.grids import grids
from ghviz.sweep.paired import paired
from ghviz.sweep.render import summary_csv
from ghviz.sweep.report import Difference, block_report, block_reports
from ghviz.sweep.words import told_apart
from ghviz.types import IMPORTED
from tests.store.builders import config, make_run
from tests.sweep.builders import make_numbers, make_sweep


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["report", *arguments]) == 0
    return capsys.readouterr().out


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_of_a_paper_by_hand(tmp_path: Path) -> None:
    """Two seeds; every group is one class."""
    for seed, base, gh in ((0, (0.9, 0.6, 0.3), (0.8, 0.7, 0.6)), (1, (0.7, 0.6, 0.5), (0.9, 0.8, 0.7))):
        make_numbers(tmp_path / f"{seed}" / "base", probe=base, gh="off", seed=seed)
        make_numbers(tmp_path / f"{seed}" / "gh", probe=gh, gh="on", seed=seed)
    table = block_report(collected(tmp_path).blocks[0]).papers[0]
    base, gh = table.rows
    assert (base.title, gh.title) == ("SimCLR", "SimCLR + GH")
    means = {column: cell.mean for column, cell in base.cells.items()}
    # the sample sd of 90, 60, 30 is 30, that of 70, 60, 50 is 10
    assert means == pytest.approx({"many": 80, "medium": 60, "few": 40, "std": 20, "average": 60})
    assert base.cells["many"].sd == pytest.approx(10 * math.sqrt(2))
    means = {column: cell.mean for column, cell in gh.cells.items()}
    assert means == pytest.approx({"many": 85, "medium": 75, "few": 65, "std": 10, "average": 75})
    assert base.gain is None
    assert gh.gain is not None
    assert gh.gain.paired.mean == pytest.approx(15)  # 10 and 20
    assert math.isnan(gh.gain.paired.noise), "two baselines know no noise"
    assert gh.gain.paired.p == 0.5
    assert math.isnan(gh.gain.paired.low)
    assert gh.gain.uncertain, "two seeds have no interval"


def test_a_star_has_a_test_behind_it(tmp_path: Path) -> None:
    """Two tests of one table: of two methods one always gains, one never does the same."""
    up = [0.1, 0.12, 0.09, 0.11, 0.1, 0.13, 0.1]
    make_sweep(tmp_path, {"simclr": up, "focal": [0.1, -0.1, 0.05, -0.06, 0.0, 0.02, -0.01]})
    report = block_report(collected(tmp_path).blocks[0])
    by_title = {row.title: row for row in report.papers[0].rows}
    sure, unsure = by_title["SimCLR + GH"].gain, by_title["Focal + GH"].gain
    assert sure is not None
    assert unsure is not None
    assert (sure.paired.p, sure.p) == (2 / 2**7, 2 * 2 / 2**7)
    assert sure.starred
    assert not sure.uncertain
    assert not unsure.starred
    assert unsure.uncertain
    cells = [cell for row in grids(report)[0].rows for cell in row]
    assert [cell.text.partition(" ")[0] for cell in cells if "*" in cell.text] == ["+10.7*"]


def test_a_sure_difference_within_seed_noise_is_uncertain(tmp_path: Path) -> None:
    for seed in range(6):
        for side, gh, gain in (("base", "off", 0.0), ("gh", "on", 0.05 + 0.001 * seed)):
            probe = [0.3 + 0.05 * seed + gain] * 3
            make_numbers(tmp_path / f"{seed}" / side, probe=probe, gh=gh, seed=seed)
    report = block_report(collected(tmp_path).blocks[0])
    gain = report.papers[0].rows[1].gain
    assert gain is not None
    assert gain.paired.low > 0
    assert gain.uncertain
    assert gain.p < 0.05
    assert not gain.starred, "what is grey has no star"
    # the baselines 30, 35 .. 55 % have the sd 9.354; t of 5 degrees of freedom 2.571, sqrt(2 / 6)
    assert "±13.9 (within)" in [cell.text for cell in grids(report)[0].rows[1]]


def test_too_few_seeds_are_said_to_be_too_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two seeds know no seed noise, one no p value: words in tables, nothing in a CSV, a number nowhere."""
    make_sweep(tmp_path / "two", {"simclr": [0.1, 0.2]})
    make_sweep(tmp_path / "one", {"simclr": [0.1]})
    two, one = (printed(capsys, str(tmp_path / name)) for name in ("two", "one"))
    assert "| +15.0 | too few seeds to know | 0.500 | 2 |" in two
    assert "| +10.0 | too few seeds to know | – | 1 |" in one
    latex = printed(capsys, str(tmp_path / "two"), "--format", "latex")
    assert "+15.0} & too few seeds to know & 0.500 & 2" in latex
    for name, p in (("two", "0.5"), ("one", "")):
        gains = rows_of(printed(capsys, str(tmp_path / name), "--format", "csv"))
        gains = [row for row in gains if row["gh"] == "gain"]
        assert {row["seed_noise"] for row in gains} == {""}
        assert gains[0]["p"] == p
        assert not {row["verdict"] for row in gains} & {"within seed noise", "clear"}


def test_five_seeds_get_no_star_however_clear(tmp_path: Path) -> None:
    make_sweep(tmp_path, {"simclr": [0.3, 0.31, 0.29, 0.3, 0.32]})
    report = block_report(collected(tmp_path).blocks[0])
    gain = report.papers[0].rows[1].gain
    assert gain is not None
    assert gain.verdict == "clear"
    assert not gain.starred
    assert not any(row.difference.starred for row in report.metrics)
    captions = [grid.caption for grid in grids(report)]
    assert captions[0].endswith("With one test a star takes 6 seeds at least.")
    assert captions[-1].endswith("With 2 tests a star takes 7 seeds at least.")


@given(
    base=st.lists(st.floats(-1, 1), min_size=2, max_size=9),
    gains=st.lists(st.floats(-1, 1), min_size=9, max_size=9),
    p=st.floats(0, 1),
)
def test_what_has_a_star_is_never_grey(base: list[float], gains: list[float], p: float) -> None:
    after = [value + gain for value, gain in zip(base, gains, strict=False)]
    found = Difference(paired=paired(base, after, draws=200), p=p, by_seed={})
    assert not (found.starred and found.uncertain)
    if found.starred:
        assert p < 0.05
        assert found.paired.low > 0 or found.paired.high < 0
        assert abs(found.paired.mean) > found.paired.noise


def test_differences_of_metrics(tmp_path: Path) -> None:
    make_sweep(tmp_path, {"simclr": [0.1, 0.2, 0.3]})
    rows = {row.key: row for row in block_report(collected(tmp_path).blocks[0]).metrics}
    slope = rows["frequency_slope"]
    assert slope.difference.paired.mean == pytest.approx(-0.51)
    # the baselines 1.00, 1.01 and 1.02: sd .01; t of two degrees of freedom 4.303, sqrt(2 / 3)
    assert slope.difference.paired.noise == pytest.approx(4.302653 * 0.01 * math.sqrt(2 / 3), rel=1e-5)
    assert slope.better == 3, "nearer to zero"
    assert rows["tail_gap"].better == 0
    assert "evenness" not in rows, "no run has it"


def test_runs_of_one_preset_and_other_settings_have_names_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for epochs in (6, 8):
        for gh in ("off", "on"):
            make_numbers(tmp_path / f"{epochs}-{gh}", gh=gh, epochs=epochs)
    found = collected(tmp_path)
    titles = [report.title for report in block_reports(found)]
    assert [title.partition(":")[0].partition(", ")[2] for title in titles] == ["epochs 6", "epochs 8"]
    rows = rows_of(summary_csv(block_reports(found), {}))
    assert {(row["runs"].partition(":")[0].partition(", ")[2], row["settings"]) for row in rows} == {
        ("epochs 6", "epochs 6"),
        ("epochs 8", "epochs 8"),
    }
    keys = [tuple(row[key] for key in ("settings", "table", "method", "gh", "quantity")) for row in rows]
    assert len(set(keys)) == len(keys), "a pivot table mixes nothing"
    runs = rows_of(printed(capsys, str(tmp_path), "--format", "runs"))
    assert {row["run"]: row["settings"] for row in runs} == {
        f"{epochs}-{gh}": f"epochs {epochs}" for epochs in (6, 8) for gh in ("off", "on")
    }
    alone = make_sweep(tmp_path / "alone", {"simclr": [0.1]})
    (report,) = block_reports(collected(alone))
    assert "epochs" not in report.title
    assert report.settings == ""


def test_names_of_their_own_also_where_much_differs() -> None:
    """A few settings are named, unless that would not tell two groups apart."""
    first = config(
        preset="mine", ratio=100.0, epochs=6, batch_size=32, temperature=0.1, gh_weight=1.0, n_max=200
    )
    other = replace(first, ratio=50.0, epochs=8, batch_size=64, temperature=0.2, gh_weight=2.0, n_max=100)
    assert told_apart([first, other])[0].endswith("and 2 more settings")
    near = replace(first, gh_weight=3.0)
    texts = told_apart([first, other, near])
    assert len(set(texts)) == 3
    assert texts[2].endswith("gh weight 3")


def test_runs_that_can_not_be_compared_stay_apart(tmp_path: Path) -> None:
    make_sweep(tmp_path / "a", {"simclr": [0.1, 0.2]})
    make_numbers(tmp_path / "b" / "base", ratio=4.0)
    found = collected(tmp_path)
    assert [len(block.numbers) for block in found.blocks] == [4, 1]


def test_what_is_left_out_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_sweep(tmp_path, {"simclr": [0.1, 0.2]})
    shutil.copytree(tmp_path / "simclr-seed-0000", tmp_path / "again")
    make_run(tmp_path / "half", steps=20, end="killed", seed=3)
    make_run(tmp_path / "flipped", switch=20, seed=4)
    (tmp_path / "simclr-seed-0001" / "gh" / "config.json").write_text("{")
    text = printed(capsys, str(tmp_path))
    assert "Is the same run as again/gh." in text
    assert "- half: Was interrupted at step 20" in text
    assert "- flipped: GH was switched by hand" in text
    assert "simclr-seed-0001/gh/config.json is broken" in text
    assert "only one of the two runs is there for seed 1" in text


def test_a_folder_without_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 1
    assert "holds no runs" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nowhere")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    with pytest.raises(RunFolderError):
        collected(tmp_path)


def test_a_folder_where_all_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in (1, 2):
        make_run(tmp_path / f"{seed}", steps=20, end="failed", seed=seed)
    assert main(["report", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.err == f"{tmp_path}: All 2 runs failed: The loss is nan.\n"
    assert "- 1: The loss is nan." in said.out


def test_all_formats_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_sweep(tmp_path, {"simclr": [0.1] * 5})
    markdown = printed(capsys, str(tmp_path))
    assert "| SimCLR | 50.0 ± 0.0 |" in markdown
    assert "| +10.0 [+10.0, +10.0] | ±0.0 | 0.062 | 5 |" in markdown
    latex = printed(capsys, str(tmp_path), "--format", "latex")
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == latex.count(r"\end{table}") == 4
    assert r"SimCLR & 50.0 $\pm$ 0.0 &" in latex
    assert "%" not in latex.replace(r"\%", "").partition("\n")[2], "an open comment would eat the line"
    rows = rows_of(printed(capsys, str(tmp_path), "--format", "csv"))
    gain = next(row for row in rows if (row["table"], row["gh"]) == ("linear_probe", "gain"))
    assert [float(gain[key]) for key in ("mean", "low", "high", "p", "seed_noise")] == pytest.approx(
        [10, 10, 10, 0.0625, 0]
    )
    runs = rows_of(printed(capsys, str(tmp_path), "--format", "runs"))
    assert [row["run"] for row in runs][:2] == ["simclr-seed-0000/base", "simclr-seed-0001/base"]
    assert float(runs[-1]["linear_probe_average"]) == pytest.approx(60)
    assert runs[0]["linear_probe_per_class"] == "0.5 0.5 0.5"


def test_latex_greys_what_is_uncertain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_sweep(tmp_path, {"simclr": [0.1, -0.1, 0.1, -0.1, 0.0]})
    assert r"\textcolor{gray}{0.0 [" in printed(capsys, str(tmp_path), "--format", "latex")


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """A sweep with a seed without a twin, and two runs that are left out."""
    make_sweep(tmp_path, {"simclr": [0.1, 0.2]})
    shutil.rmtree(tmp_path / "simclr-seed-0001" / "gh")
    make_run(tmp_path / "half_%", steps=20, end="killed", seed=3)
    make_run(tmp_path / "flipped", switch=20, seed=4)
    return tmp_path


def test_notes_stand_under_latex_tables(noted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latex = printed(capsys, str(noted), "--format", "latex")
    tables = latex.split(r"\begin{table}")[1:]
    assert len(tables) == 4
    for table in tables:
        _, _, under = table.partition(r"\footnotesize")
        assert "SimCLR: only one of the two runs is there for seed 1" in under
        assert "Left out: 2 runs of this folder." in under
    *_, last = latex.split("\n\n")
    assert last.startswith(
        "% Left out:\n% flipped: GH was switched by hand while it trained.\n% half_%: Was "
    )
    assert all(line.startswith("%") for line in last.splitlines())


def test_notes_stand_in_every_line_of_a_csv(noted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """pandas reads both without any argument."""
    table = pd.read_csv(io.StringIO(printed(capsys, str(noted), "--format", "csv")))
    assert set(table["notes"].map(lambda text: text.partition(";")[0])) == {
        "SimCLR: only one of the two runs is there for seed 1"
    }
    assert (
        table["notes"]
        .str.contains("Left out: flipped (GH was switched by hand while it trained)", regex=False)
        .all()
    )
    assert set(table["verdict"].dropna()) <= {"clear", "uncertain", "within seed noise", "unknown"}
    runs = pd.read_csv(io.StringIO(printed(capsys, str(noted), "--format", "runs")))
    left_out = runs[runs["left_out"].notna()]
    assert list(left_out["run"]) == ["flipped", "half_%"]
    assert left_out["accuracy"].isna().all()
    assert len(runs) - len(left_out) == 3


def test_a_csv_names_some_of_many_that_are_left_out(tmp_path: Path) -> None:
    make_sweep(tmp_path, {"simclr": [0.1]})
    reports = [block_report(block) for block in collected(tmp_path).blocks]
    text = summary_csv(reports, {f"run-{i}": "It failed." for i in range(15)})
    assert rows_of(text)[0]["notes"].endswith("; run-11 (It failed); 3 more.")


def test_the_legend_says_which_estimator_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_sweep(tmp_path, {"simclr": [0.1, 0.2]})
    for words in ([], ["--format", "latex"]):
        assert "not corrected for small classes, which the Measure page does" in printed(
            capsys, str(tmp_path), *words
        )


def test_latex_says_once_what_all_tables_have_in_common(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_sweep(tmp_path, {"simclr": [0.1, 0.2]})
    said = printed(capsys, str(tmp_path), "--format", "latex")
    assert said.count(r"\begin{table}") == 4
    assert said.count("Mean $\\pm$ sample standard deviation over seeds") == 1
    assert said.count("nothing grey has a star") == 1
    _, _, after = said.rpartition(r"\end{table}")
    assert after.startswith("\n\n" + r"\noindent{\footnotesize Mean $\pm$")
    assert after.endswith("\\par}\n")
    make_numbers(tmp_path / "alone", gh="off")
    alone = printed(capsys, str(tmp_path / "alone"), "--format", "latex")
    assert r"\noindent" not in alone, "no difference, no word about differences"


def test_a_number_is_rounded_alike_in_every_table(tmp_path: Path) -> None:
    """42.05 % as the mean of classes in one table and as a share in the next: they differ in the last bit."""
    nearest = (0.0115, 0.75, 0.5)
    for gh in ("off", "on"):
        make_numbers(tmp_path / gh, gh=gh, nearest=nearest, accuracy=float(np.mean(nearest)))
    report = block_report(collected(tmp_path).blocks[0])
    *_, paper, metrics = grids(report)
    average = paper.rows[0][paper.header.index("Avg")].text
    (accuracy,) = (row[2].text for row in metrics.rows if row[1].text == "1-NN accuracy (%)")
    assert average == accuracy


def test_groups_by_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The classes have 8, 4 and 1 training samples: all few."""
    make_numbers(tmp_path / "run", probe=(0.9, 0.6, 0.3), gh="off")
    assert "| SimCLR | – | – | 60.0 | – | 60.0 |" in printed(capsys, str(tmp_path), "--groups", "count")


def test_few_shot_is_a_table_for_each_number_of_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Accuracies of head, medium and tail class: k = 5 is told from k = 1, and from the probe."""
    few: dict[int, list[float | None]] = {1: [0.5, 0.4, 0.3], 5: [0.8, 0.7, None]}
    make_numbers(tmp_path / "run", probe=(0.9, 0.8, 0.1), few=few, gh="off")
    said = printed(capsys, str(tmp_path))
    titles = [line for line in said.splitlines() if line.startswith("#") and "Few-shot" in line]
    assert [re.sub(r"^#+ |, accuracy.*", "", title) for title in titles] == [
        "Few-shot, 1 sample a class",
        "Few-shot, 5 samples a class",
    ]
    assert "| SimCLR | 50.0 | 40.0 | 30.0 | 10.0 | 40.0 |" in said
    assert "| SimCLR | 80.0 | 70.0 | – | – | 75.0 |" in said
    assert "the class with the nearest sample, of one drawn of each class (cosine; mean of 20 draws)" in said
    assert (
        "the class with the nearest mean, of 5 samples drawn of each class (cosine; mean of 20 draws)" in said
    )
    (run,) = rows_of(printed(capsys, str(tmp_path), "--format", "runs"))
    assert (run["few_shot_1_few"], run["few_shot_5_average"], run["few_shot_10_average"]) == (
        "30.0",
        "75.0",
        "",
    )
    assert (run["few_shot_5_per_class"], run["few_shot_10_per_class"]) == ("0.8 0.7 nan", "")
    tables = {row["table"] for row in rows_of(printed(capsys, str(tmp_path), "--format", "csv"))}
    assert {"few_shot_1", "few_shot_5"} <= tables
    assert "few_shot_10" not in tables


def test_evaluations_from_before_few_shot_are_read_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_numbers(tmp_path / "0", gh="off", seed=0, few={1: [0.5, 0.4, 0.3]})
    make_numbers(tmp_path / "1", gh="off", seed=1)
    file = tmp_path / "1" / "evaluation.json"
    old = json.loads(file.read_text())
    del old["few_shot"]
    file.write_text(json.dumps(old))
    said = printed(capsys, str(tmp_path))
    assert "1 run of 2 evaluated without few-shot, as it was once: delete evaluation.json" in said
    assert "Few-shot, 1 sample a class" in said
    old["few_shot"] = {"1": [0.5]}
    file.write_text(json.dumps(old))
    assert "its lists have different lengths" in printed(capsys, str(tmp_path))


def test_an_imported_pair_is_no_run_without_a_twin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a pair, but has neither settings nor a seed of which there could be a mean."""
    for folder in ("ip/base", "ip/gh", "alone"):
        make_run(tmp_path / folder, preset=IMPORTED)
    text = printed(capsys, str(tmp_path))
    why = "Was imported: it has no training settings and no seed by which to group it with other runs"
    pair = f"; Compare, Measure and python -m ghviz metrics {tmp_path / 'ip'} show the pair."
    assert f"- alone: {why}.\n- ip/base: {why}{pair}\n- ip/gh: {why}{pair}\n" in text
