"""The Measure page: its numbers are those of the metrics, what may be chance is grey, nothing breaks it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest

from ghviz.app import launch
from ghviz.app.measure.class_section import styled
from ghviz.app.measure.class_table import as_csv, as_latex, class_lines
from ghviz.app.measure.findings import Findings, alone, findings
from ghviz.app.measure.lead import lead
from ghviz.app.measure.numbers_table import definition_html, numbers_table, range_text
from ghviz.app.measure.pictures import _simplex
from ghviz.app.measure.single_table import rows_of, run_csv, run_latex
from ghviz.app.pairs import read_comparison
from ghviz.metrics import differences, seed_noise
from ghviz.metrics.catalog import METRICS
from ghviz.store import create_run
from ghviz.types import ClassTable, Finished, Points, Snapshot, SnapshotTaken
from tests.app.conftest import ROOT, button, open_page, said
from tests.metrics.samples import cloud, unit
from tests.store.builders import config, make_pair, make_run, started

COUNTS = (40, 20, 9, 6, 3)


def make_clouds(
    folder: Path, *, sides=("base", "gh"), steps=(0, 30), empty_test: bool = False, dimension: int = 3
) -> Path:
    """A pair of long-tailed clouds; with GH the classes are tighter and further apart."""
    for number, side in enumerate(sides):
        rows, labels = cloud(3 + 7 * (side == "base-b"), dimension, counts=COUNTS)
        test, test_labels = cloud(5, dimension, counts=(0,) * 5 if empty_test else (8,) * 5)
        with create_run(folder / side, config(num_classes=5, seed=number)) as writer:
            writer.write_environment({"python": "3"})
            points = Points(
                train_labels=labels,
                train_indices=np.arange(len(labels)),
                test_labels=test_labels,
                targets=np.eye(4, dimension, dtype=np.float32),
            )
            writer.write_data(ClassTable(names=("a_1", "b", "c", "d", "e"), counts=COUNTS), points)
            writer.append(started())
            for step in steps:
                pull = 3.0 * (side == "gh" and step > 0) * unit(np.eye(5, dimension) - 0.4)
                train, held_out = (
                    np.float32(unit(each + (pull[which] if np.ndim(pull) == 2 else 0)))
                    for each, which in ((rows, labels), (test, test_labels))
                )
                snapshot = Snapshot(step=step, epoch=step // 4, train=train, test=held_out)
                name = writer.write_snapshot(snapshot)
                writer.append(SnapshotTaken(step=step, epoch=step // 4, file=name))
            writer.append(Finished(step=steps[-1]))
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = make_clouds(tmp_path_factory.mktemp("pair") / "p", sides=("base", "gh", "base-b"))
    return findings(read_comparison(folder), 30, "train")


def test_without_any_pair_it_shows_the_way_on(runs: Path) -> None:
    app = open_page("measure")
    assert not app.exception
    assert "There is no pair to measure yet" in said(app)


def test_it_shows_every_number_class_and_chart(runs: Path) -> None:
    folder = make_clouds(runs / "mine", sides=("base", "gh", "base-b"))
    app = open_page("measure", pair=str(folder))
    assert not app.exception
    assert not app.error
    shown = said(app)
    for key in ("frequency_slope", "tail_gap", "effective_rank"):
        assert METRICS[key].title in shown
        assert METRICS[key].formula.split("<")[0] in shown
    assert "At step 30, the last: frequency slope" in shown
    assert "Of all 17 numbers, which overlap:" in shown
    assert "What other seeds would give" not in shown
    assert "made other classes frequent" not in shown
    assert "Two seeds" in shown
    for title in ("Class by class", "Share of the sphere", "Cosines", "What test samples", "Over training"):
        assert title in shown
    frame = app.dataframe[0].value
    assert list(frame["Class"]) == ["a_1", "b", "c", "d", "e"]
    assert list(frame["n"]) == list(COUNTS)
    assert len(app.get("plotly_chart")) == 5
    assert not any(each.label == "Train a second baseline" for each in app.button)


def test_metric_group_step_and_embeddings_can_be_chosen(runs: Path) -> None:
    folder = make_clouds(runs / "mine")
    app = open_page("measure", pair=str(folder))
    app.selectbox(key="metric-train").select("class_alignment").run()
    whole = app.dataframe[0].value
    next(each for each in app.segmented_control if each.key == "group").set_value("Few").run()
    assert list(app.dataframe[0].value["Class"]) == ["d", "e"]
    next(each for each in app.segmented_control if each.key == "group").set_value("All").run()
    app.select_slider(key=f"step-{folder}").set_value(0).run()
    assert not app.exception
    assert "At step 0 of 30" in said(app)
    first = app.dataframe[0].value
    assert (first["Difference"] == 0).all()
    assert not (whole["Difference"] == 0).any()


@pytest.mark.parametrize("embeddings", ["train", "test"])
def test_the_other_embeddings_give_other_numbers_and_no_territory(tmp_path: Path, embeddings: str) -> None:
    comparison = read_comparison(make_clouds(tmp_path / "p"))
    numbers = findings(comparison, 30, embeddings)
    assert ("territory_share" in numbers.base.per_class) == (embeddings == "train")
    assert numbers.base.samples["test"].tolist() == [8] * 5
    lines = class_lines(numbers, "class_alignment")
    assert [line.measured for line in lines] == (list(COUNTS) if embeddings == "train" else [8] * 5)
    assert [line.measured for line in class_lines(numbers, "nearest_neighbor_accuracy")] == [8] * 5


def test_one_baseline_only_offers_to_train_another(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, wanted = make_clouds(runs / "mine"), []
    monkeypatch.setattr(launch, "start_second_baseline", wanted.append)
    app = open_page("measure", pair=str(folder))
    assert f"python -m ghviz baseline {folder}" in said(app)
    button(app, "Train a second baseline").click().run()
    assert wanted == [folder]
    assert "The second baseline is starting." in said(app)
    make_run(folder / "base-b", steps=20, end="stopped")
    shown = said(open_page("measure", pair=str(folder)))
    assert "The second baseline is stopped at step 20" in shown
    assert "Two seeds" not in shown


def test_a_second_baseline_that_fails_says_why(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_clouds(runs / "mine")
    monkeypatch.setattr(launch, "start_second_baseline", lambda _: None)
    monkeypatch.setattr(launch, "failure", lambda _: "No data here.")
    app = open_page("measure", pair=str(folder))
    button(app, "Train a second baseline").click().run()
    assert not app.exception
    assert "could not be trained: No data here." in app.error[0].value


@pytest.mark.parametrize("side", ["base", "gh"])
def test_a_single_run_shows_every_number_and_class_with_intervals(runs: Path, side: str) -> None:
    folder = make_clouds(runs / "pair", sides=(side,)) / side
    app = open_page("measure", pair=str(folder))
    assert not app.exception
    assert not app.error
    table = alone(read_comparison(folder).any_side, 30, "train")
    shown = said(app)
    assert "This is a single run" in shown
    assert "Difference" not in shown
    assert "second baseline" not in shown
    for key, value in table.summary.items():
        assert METRICS[key].title in shown
        assert METRICS[key].format(value) in shown
    low, high = (getattr(table.summary_certainty["tail_gap"], end).item() for end in ("low", "high"))
    assert f"<small>{range_text(METRICS['tail_gap'], (low, high))}</small>" in shown
    app.selectbox(key="metric-train").select("class_alignment").run()
    frame = app.dataframe[0].value
    assert list(frame["Class"]) == ["a_1", "b", "c", "d", "e"]
    np.testing.assert_array_equal(frame["Value"], table.per_class["class_alignment"])
    np.testing.assert_array_equal(frame["95 % from"], table.certainty["class_alignment"].low)
    next(each for each in app.segmented_control if each.key == "group").set_value("Few").run()
    assert list(app.dataframe[0].value["Class"]) == ["d", "e"]
    app.select_slider(key=f"step-{folder}").set_value(0).run()
    assert "At step 0 of 30" in said(app)
    link = next(each.proto for each in app.get("page_link") if each.proto.label == "See it in Compare")
    assert parse_qs(link.query_string) == {"pair": [str(folder)]}
    assert not app.exception


def test_a_single_run_is_copied_as_csv_and_latex(tmp_path: Path) -> None:
    folder = make_clouds(tmp_path / "pair", sides=("base",)) / "base"
    table = alone(read_comparison(folder).any_side, 30, "train")
    keys = list(dict.fromkeys([*table.per_class, *table.summary]))
    lines = list(csv.DictReader(io.StringIO(run_csv(table, keys))))
    assert len(lines) == 5 * len(table.per_class) + len(table.summary)
    line = next(each for each in lines if (each["metric"], each["class"]) == ("class_alignment", "c"))
    assert float(line["value"]) == table.per_class["class_alignment"][2]
    assert float(line["low"]) == table.certainty["class_alignment"].low[2]
    assert line["group"] == "Medium"
    text = run_latex(rows_of(table, "class_alignment"), METRICS["class_alignment"])
    assert text.startswith(r"% needs \usepackage{booktabs}")
    head, row = (line for line in text.splitlines() if line.startswith(("Class", r"a\_1 ")))
    assert head.count("&") == row.count("&") == 3
    assert "[" in row


def test_a_single_run_of_tiny_classes_says_why_there_is_no_number(runs: Path) -> None:
    app = open_page("measure", pair=str(make_run(runs / "alone")))
    assert not app.exception
    app.selectbox(key="metric-train").select("nearest_center_angle").run()
    assert set(app.dataframe[0].value["Why none"]) == {
        "needs 3 samples of a class, this one has 2",
        "needs 3 samples of a class, this one has 1",
    }


def test_a_broken_pair_and_a_wrong_name(runs: Path) -> None:
    folder = make_pair(runs / "torn")
    (folder / "base" / "points.safetensors").write_text("garbage")
    broken = open_page("measure", pair=str(folder))
    assert not broken.exception
    assert len(broken.error) == 1
    wrong = open_page("measure", pair="no such pair")
    assert not wrong.exception
    assert "There is no pair “no such pair” here" in wrong.warning[0].value


def test_little_data_is_no_trouble(runs: Path) -> None:
    """Three classes of two, two and one samples; nothing to measure is said so."""
    app = open_page("measure", pair=str(make_pair(runs / "tiny")))
    assert not app.exception
    assert not app.error
    app.selectbox(key="metric-train").select("nearest_center_angle").run()
    assert not app.exception
    assert set(app.dataframe[0].value["Verdict"]) == {
        "needs 3 samples of a class, this one has 2",
        "needs 3 samples of a class, this one has 1",
    }


def test_without_test_embeddings(runs: Path) -> None:
    app = open_page("measure", pair=str(make_clouds(runs / "mine", empty_test=True)))
    assert not app.exception
    assert "What test samples are taken for" not in said(app)
    app.selectbox(key="metric-train").select("nearest_neighbor_accuracy").run()
    assert set(app.dataframe[0].value["Verdict"]) == {"there are no test embeddings of this class"}


def test_a_difference_within_seed_noise_is_grey_and_a_clear_one_is_not(found: Findings) -> None:
    line = class_lines(found, "nearest_center_angle")[0]
    clear = replace(line, found=replace(line.found, base=1.0, gh=9.0, difference=8.0, verdict="clear"))
    info = METRICS["nearest_center_angle"]
    for verdict, colour in (("clear", "#1a7f4b"), ("uncertain", "#5c6370"), ("within seed noise", "#5c6370")):
        shown = replace(clear, found=replace(clear.found, verdict=verdict))
        html = styled([shown], info, dark=False, seeds=True).to_html()
        assert f"color: {colour}" in html, verdict
        assert "+8.0°" in html
    worse = replace(clear, found=replace(clear.found, gh=-9.0, difference=-10.0))
    assert worse.found.goes("nearest_center_angle") == "worse"
    assert worse.found.goes("territory_share") == ""
    assert "textcolor{gray}{+8.0" not in as_latex([clear], info, seeds=True)
    doubtful = replace(clear, found=replace(clear.found, verdict="uncertain"))
    assert "textcolor{gray}{+8.0" in as_latex([doubtful], info, seeds=True)


def test_the_noise_is_that_of_two_baselines(found: Findings) -> None:
    assert found.noise is not None
    assert found.noise.runs == 2
    far = seed_noise([found.base, replace(found.base, summary=dict.fromkeys(found.base.summary, 1e6))])
    drowned = replace(found, noise=far)
    assert {drowned.number(key).verdict for key in drowned.base.summary} == {"within seed noise"}
    assert "Of all 17 numbers, which overlap: <b>0 better</b>, 17 within seed noise." in lead(drowned, "now")
    assert numbers_table(drowned, ["tail_gap"], dimension=3).count("within seed noise") == 1
    alone = replace(found, noise=None)
    assert alone.of_class("effective_rank", 0).verdict == "uncertain"  # nothing to judge it by
    assert "Two seeds" not in numbers_table(alone, ["tail_gap"], dimension=3)
    assert "What other seeds would give is not known yet" in lead(alone, "now")


def test_the_first_sentence_tells_slope_gap_and_territory_with_what_to_think_of_them(found: Findings) -> None:
    text = re.sub("<[^>]*>", "", lead(replace(found, noise=None), "now"))
    for key in ("frequency_slope", "tail_gap", "tail_territory"):
        number, info = found.number(key), METRICS[key]
        assert f"{info.title.lower()} {info.format(number.base)} → {info.format(number.gh)} (" in text
    same = replace(found, gh=found.base, changed=differences(found.base, found.base))
    assert lead(same, "step 0", acts=False) == "At step 0, both sides are the same: GH has not acted yet."
    assert lead(same, "step 9") == "At step 9, both sides are the same."


def test_no_more_is_asked_of_a_sphere_than_it_has_room_for() -> None:
    assert "every cosine would be −1 / (L − 1) = −0.33." in _simplex(4, 3)
    assert "takes 4 dimensions: in 3, 5 classes cannot" in _simplex(5, 3)


def test_on_a_circle_no_sphere_is_spoken_of(runs: Path) -> None:
    shown = said(open_page("measure", pair=str(make_clouds(runs / "flat", dimension=2))))
    assert "Share of the circle against frequency" in shown
    assert "a class holds the circle in proportion" in shown
    assert "the sphere" not in shown


def test_what_is_clear_is_called_better_worse_or_changed_and_the_page_says_so(
    found: Findings, runs: Path
) -> None:
    clear = replace(found.number("tail_gap"), difference=3.0, verdict="clear")
    assert clear.word("tail_gap") == "better"
    assert clear.word("within_class_variability") == "worse"
    assert clear.word("effective_rank") == "changed"
    assert replace(clear, verdict="within seed noise").word("tail_gap") == "within seed noise"
    assert replace(clear, verdict="unknown").word("tail_gap") == ""
    sure = replace(found, noise=None)
    key = next(key for key in found.base.summary if sure.number(key).word(key) == "changed")
    assert "· changed</small>" in numbers_table(sure, [key], dimension=3)
    changed = [sure.number(key).word(key) for key in found.base.summary].count("changed")
    assert f" {changed} changed" in lead(sure, "now")
    shown = said(open_page("measure", pair=str(make_clouds(runs / "mine"))))
    assert "The CSV and the command call all three clear" in shown


def test_pictures_are_saved_by_what_looks_like_buttons(runs: Path) -> None:
    app = open_page("measure", pair=str(make_clouds(runs / "mine")))
    kinds = {each.proto.type for each in app.get("download_button") if "vector" in each.proto.label}
    assert kinds == {"secondary"}


def test_other_classes_in_the_second_baseline_are_said(runs: Path) -> None:
    folder = make_clouds(runs / "mine", sides=("base", "gh", "base-b"))
    file = folder / "base-b" / "classes.json"
    classes = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**classes, "names": classes["names"][::-1]}), encoding="utf-8")
    assert "made other classes frequent" in said(open_page("measure", pair=str(folder)))


def test_csv_has_every_number_in_full(found: Findings) -> None:
    keys = list(dict.fromkeys([*found.base.per_class, *found.base.summary]))
    lines = list(csv.DictReader(io.StringIO(as_csv(found, keys))))
    assert len(lines) == 5 * len(found.base.per_class) + len(found.base.summary)
    for line in lines:
        if line["class"] == "c" and line["metric"] == "class_alignment":
            assert float(line["base"]) == found.base.per_class["class_alignment"][2]
            assert float(line["gh_low"]) == found.gh.certainty["class_alignment"].low[2]
            difference = found.gh.per_class["class_alignment"][2] - float(line["base"])
            assert float(line["difference"]) == difference
            assert line["group"] == "Medium"
    for line in lines:  # the test embeddings ask in any case
        assert line["embeddings"] == ("test" if "accuracy" in line["metric"] else "train")


def test_latex_is_booktabs_with_names_escaped(found: Findings) -> None:
    text = as_latex(class_lines(found, "territory_share"), METRICS["territory_share"], seeds=True)
    assert text.count(r"\\") == 7
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")
    assert r"a\_1 & 40 & " in text
    assert r"\%" in text
    assert text.isascii()
    head, row = (line for line in text.splitlines() if line.startswith(("Class", "b ")))
    assert head.count("&") == row.count("&") == 6
    assert row.split("&")[-1].startswith(r" $\pm$")


def test_every_metric_opens_what_it_means() -> None:
    for info in METRICS.values():
        html = definition_html(info, 3)
        for word in ("Formula", "Range", "Good", "Measured on", "Source"):
            assert f"<b>{word}</b>" in html
        assert "<script" not in html


def test_equal_content_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ghviz.app.measure import findings as module

    calls: list[str] = []
    real = module.measure
    monkeypatch.setattr(module, "measure", lambda *a, **k: calls.append(k["embeddings"]) or real(*a, **k))
    module._table.clear()
    comparison = read_comparison(make_clouds(tmp_path / "one"))
    findings(comparison, 30, "train")
    assert len(calls) == 2
    findings(read_comparison(make_clouds(tmp_path / "two")), 30, "train")  # the same numbers elsewhere
    assert len(calls) == 2
    findings(comparison, 0, "train")
    assert len(calls) == 3  # at step 0 both sides are one
    findings(comparison, 30, "test")
    assert len(calls) == 5


def test_the_page_loads_neither_torch_nor_umap(runs: Path) -> None:
    folder = make_clouds(runs / "mine", sides=("base", "gh", "base-b"))
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
app.switch_page("ghviz/app/pages/measure.py")
app.query_params["pair"] = {str(folder)!r}
app.run()
assert not app.exception and app.dataframe, app.exception
print(*sorted({{"torch", "umap", "numba", "sklearn", "matplotlib"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
