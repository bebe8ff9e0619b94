"""Behaviour: `metrics` with intervals says of a run and of a pair what the library says."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from ghviz.app.measure.findings import findings
from ghviz.app.pairs import read_comparison
from ghviz.cli import main
from ghviz.commands.measured import Shown
from ghviz.commands.metric_text import text_with_intervals
from ghviz.commands.missing import why_none
from ghviz.metrics import EVERYTHING, Resampling, differences, measure, of_arrays, seed_noise, verdict
from ghviz.store import open_run
from ghviz.types import Certainty
from tests.test_cli import complaint
from tests.test_house import ROOT

PAIR = ROOT / "pretrained" / "digits"
HOW = Resampling(draws=200, seed=3, level=0.9)
ASKED = ["--intervals", "--draws", "200", "--seed", "3", "--level", "0.9"]


def table(side, **how):
    run = open_run(PAIR / side)
    return measure(run.snapshot(run.snapshot_steps()[-1]), run.points, run.classes, **how)


def printed(capsys, *arguments):
    assert main(["metrics", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_pair_as_csv_is_what_the_library_says(capsys):
    base, gh = (table(side, resampling=HOW) for side in ("base", "gh"))
    changed = differences(base, gh, level=0.9)
    noise = seed_noise([base, table("base-b", resampling=Resampling(draws=0))])
    rows = list(csv.DictReader(io.StringIO(printed(capsys, PAIR, *ASKED, "--format", "csv"))))
    seen = {(row["run"], row["metric"], row["class"]): row for row in rows}
    assert len(rows) == len(seen) == 3 * (len(base.summary) + len(base.per_class) * len(base.classes.names))
    for folder, of in [(PAIR / "base", base), (PAIR / "gh", gh), (PAIR, changed)]:
        for key, value in of.summary.items():
            row, known = seen[str(folder), key, ""], of.summary_certainty[key]
            assert [float(row[name]) for name in ("value", "low", "high")] == [value, known.low, known.high]
        for key, values in of.per_class.items():
            for c, name in enumerate(base.classes.names):
                row, known = seen[str(folder), key, name], of.certainty[key]
                expected = [values[c], known.low[c], known.high[c]]
                np.testing.assert_array_equal([float(row[n]) for n in ("value", "low", "high")], expected)
    row = seen[str(PAIR), "tail_gap", ""]
    assert (row["kind"], row["corrected"], row["embeddings"]) == ("difference", "yes", "train")
    assert float(row["seed_noise"]) == noise.summary["tail_gap"]
    low, high, width = float(row["low"]), float(row["high"]), noise.summary["tail_gap"]
    assert row["verdict"] == verdict(float(row["value"]), low=low, high=high, noise=width)
    row = seen[str(PAIR / "gh"), "evenness", ""]
    assert (row["kind"], row["corrected"], row["seed_noise"], row["verdict"]) == ("value", "no", "", "")


def test_json_has_intervals_beside_the_values(capsys):
    first, second, changed = json.loads(printed(capsys, PAIR, *ASKED, "--format", "json"))
    assert [record["kind"] for record in (first, second, changed)] == ["value", "value", "difference"]
    low, high = first["intervals"]["tail_gap"]
    assert low < first["summary"]["tail_gap"] < high
    head = changed["classes"][0]
    assert head["intervals"]["territory_share"][0] < head["territory_share"]
    assert set(head["verdict"].values()) <= {"clear", "uncertain", "within seed noise", "unknown"}
    assert "verdict" not in first
    assert "tail_gap" in changed["corrected"]


def test_people_read_columns_of_few_digits_and_what_is_corrected(capsys):
    text = printed(capsys, PAIR, "--intervals", "--metrics", "tail_gap,nearest_center_angle,evenness")
    lines = text.splitlines()
    head = next(line for line in lines if line.split("  ")[-1].strip() == "verdict")
    for word in ("without GH", "with GH", "difference", "95 % interval", "two seeds"):
        assert word in head
    line = next(line for line in lines if line.startswith("Tail gap"))
    assert len(line) == len(head)
    assert line.endswith("clear")
    assert max(len(word.partition(".")[2]) for word in text.split() if word[0] in "+−0123456789") <= 4
    assert (
        "Corrected for the scatter of the centres of small classes: Angle to the nearest centre, Tail" in text
    )
    assert "a difference no larger is within seed noise" in text
    assert "Territory" not in text  # of no metric that nobody asked for


def test_a_small_but_clear_difference_does_not_look_like_none():
    base, gh = (table(side, metrics=("evenness", "silhouette"), resampling=HOW) for side in ("base", "gh"))
    low, high, none = np.array(0.0021), np.array(0.0039), np.zeros(0)
    sure = Certainty(low=low, high=high, standard_error=np.array(0.0004), replicates=none)
    changed = differences(base, gh, level=0.9)
    changed = replace(
        changed, summary={**changed.summary, "silhouette": 0.0031}, summary_certainty={"silhouette": sure}
    )
    shown = Shown(name="pair", tables={"base": base, "gh": gh}, changed=changed)
    text = text_with_intervals(shown, 0.9)
    assert "+0.003  +0.002 to +0.004  clear" in re.sub("  +", "  ", text)


def test_without_intervals_nothing_is_corrected(capsys):
    text = printed(capsys, PAIR)
    assert "orrected" not in text
    assert "interval" not in text
    assert text.count("step 2800") == 3  # base, gh and base-b, each for itself


def test_without_a_second_baseline_it_says_how_to_get_one(capsys, tmp_path):
    for side in ("base", "gh"):
        shutil.copytree(PAIR / side, tmp_path / "p" / side)
    text = printed(capsys, tmp_path / "p", *ASKED)
    assert f"python -m ghviz baseline {tmp_path / 'p'}" in text
    assert "±" not in text
    assert "90 % interval" in text
    rows = csv.DictReader(io.StringIO(printed(capsys, tmp_path / "p", *ASKED, "--format", "csv")))
    assert all(math.isnan(float(row["seed_noise"])) for row in rows if row["kind"] == "difference")


def test_all_metrics_on_both_embeddings(capsys):
    rows = csv.DictReader(io.StringIO(printed(capsys, PAIR / "gh", "--metrics", "all", "--format", "csv")))
    assert {row["metric"] for row in rows} == set(EVERYTHING)
    (record,) = json.loads(
        printed(capsys, PAIR / "gh", "--metrics", "all", "--embeddings", "test", "--format", "json")
    )
    plain = table("gh", metrics=EVERYTHING, embeddings="test")
    assert record["summary"] == pytest.approx(plain.summary)
    text = printed(capsys, PAIR / "gh", "--embeddings", "test", "--intervals", "--metrics", "all")
    assert "balanced test embeddings" in text
    assert "Territory" not in text  # which means something on the training embeddings only


def test_bad_arguments_are_one_sentence(capsys):
    run = str(PAIR / "gh")
    for flags, said in [
        (["--draws", "20"], "--draws must be at least 100, got 20"),
        (["--level", "95"], "--level must lie between 0 and 1, got 95"),
        (["--seed", "-1"], "--seed must be at least 0, got -1"),
        (["--metrics", "tail_gap,size"], "--metrics must be all, recorded or names among .*, got size"),
        (["--metrics", "evenness", "--embeddings", "test"], "evenness: means something on the long-tailed"),
    ]:
        assert re.search(said, complaint(capsys, "metrics", run, "--intervals", *flags))
    assert "has no snapshot" in complaint(capsys, "metrics", run, "--step", "-1", code=1)
    assert "no snapshot of the same step" in complaint(
        capsys, "metrics", str(PAIR), "--intervals", "--step", "-1", code=1
    )


def test_the_command_says_what_the_page_says(capsys):
    found = findings(read_comparison(PAIR), 2800, "train")
    lines = csv.DictReader(io.StringIO(printed(capsys, PAIR, "--intervals", "--format", "csv")))
    changed = next(line for line in lines if line["kind"] == "difference" and line["metric"] == "tail_gap")
    assert float(changed["low"]) == pytest.approx(found.number("tail_gap").interval[0])


@pytest.fixture
def imported(tmp_path):
    """A pair of imports, without test embeddings; one class of 3 samples, one of 2."""
    labels = np.repeat([0, 1, 2], [12, 3, 2])
    rng = np.random.default_rng(0)
    for side in ("base", "gh"):
        np.savez(
            tmp_path / "e.npz", embeddings=rng.normal(size=(17, 3)) + 2 * np.eye(3)[labels], labels=labels
        )
        assert (
            main(["import", str(tmp_path / "e.npz"), "--labels", "labels", "--out", str(tmp_path / side)])
            == 0
        )
    return tmp_path


@pytest.mark.parametrize("more", [[], ["--intervals"], ["--format", "json"], ["--metrics", "tail_gap"]])
def test_test_embeddings_that_are_not_there_are_one_sentence(capsys, imported, more):
    for folder, first in ((imported / "gh", "gh"), (imported, "base")):
        capsys.readouterr()
        said = complaint(capsys, "metrics", str(folder), "--embeddings", "test", *more)
        assert f"{first} has no test embeddings: leave --embeddings test out, or import it anew" in said


def test_dashes_have_a_reason(capsys, imported):
    capsys.readouterr()
    none = "): there are no test embeddings\n"
    plain = printed(capsys, imported / "gh")
    assert "tail 1-NN accuracy –, 1-NN accuracy –, head concentration" in plain
    assert f"\n– (1-NN accuracy, Tail 1-NN accuracy{none}" in plain
    for folder in (imported, imported / "gh"):
        text = printed(capsys, folder, "--intervals", "--draws", "100", "--metrics", "all")
        summary = text.partition("\nTerritory\n")[0]
        assert f"– (Tail 1-NN accuracy, 1-NN accuracy{none}" in summary
        assert "– (Tail gap): needs 3 samples of a class, this one has 2\n" in summary
        assert "– (Cosine of tail centres): takes two tail classes, and there are not so many\n" in summary
        assert "Effective rank)" not in summary, "which only lacks a value of some classes"
        assert "–: there are no test embeddings\n" in text
    asked = printed(capsys, imported / "gh", "--metrics", "tail_accuracy,accuracy")
    assert f"– (Tail 1-NN accuracy, 1-NN accuracy{none}" in asked
    assert "– (" not in printed(capsys, PAIR / "gh")


@pytest.mark.parametrize(
    ("sizes", "keys", "reason"),
    [
        ((9, 9), ["frequency_slope"], "– (Frequency slope): takes two classes of different size"),
        ((9,), ["evenness"], "– (Evenness): takes two classes"),
        (
            (2, 2, 2),
            ["simplex_distance"],
            "– (Distance to other centres, Distance from a simplex): "
            "needs 3 samples of a class, this one has 2",
        ),
    ],
)
def test_numbers_of_the_whole_have_their_reason_too(sizes, keys, reason):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.random.default_rng(0).standard_normal((len(labels), 4))
    draws = Resampling(draws=0)
    table = measure(*of_arrays(rows, labels), metrics=[*keys, "class_uniformity"], resampling=draws)
    assert reason in why_none([table], per_class=False)
