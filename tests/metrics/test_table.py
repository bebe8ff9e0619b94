"""The table of one snapshot equals its metrics one by one, and the catalogue knows all of them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ghviz import metrics
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.material import Resampling
from ghviz.metrics.table import ALL_PER_CLASS, ALL_SUMMARY, EVERYTHING, PER_CLASS, SUMMARY, measure
from tests.metrics.samples import cloud, recorded, unit

COUNTS = (40, 17, 7, 3, 2)


@pytest.fixture(params=[2, 3, 20])
def run(request):
    train, labels = cloud(1, request.param, counts=COUNTS)
    test, test_labels = cloud(1, request.param, counts=(6,) * 5)
    return recorded(train, labels, test=test, test_labels=test_labels)


def test_table_equals_the_metrics_one_by_one(run):
    snapshot, points, classes = run
    table = measure(*run)
    train, labels, counts = snapshot.train, points.train_labels, np.array(classes.counts)
    share = metrics.territory_share(train, labels).share
    accuracy = metrics.nearest_neighbor_accuracy(train, labels, snapshot.test, points.test_labels)
    expected = {
        "territory_share": share,
        "mean_resultant_length": metrics.mean_resultant_length(train, labels),
        "class_uniformity": metrics.class_uniformity(train, labels),
        "class_alignment": metrics.class_alignment(train, labels, distinct=True),
        "nearest_neighbor_accuracy": accuracy,
        "nearest_center_angle": metrics.nearest_center_angle(train, labels),
    }
    assert tuple(table.per_class) == PER_CLASS
    for key, values in expected.items():
        np.testing.assert_allclose(table.per_class[key], values, atol=1e-9, err_msg=key)
        assert table.per_class[key].dtype == np.float64
    summary = {
        "frequency_slope": metrics.frequency_slope(share, counts).slope,
        "tail_gap": metrics.tail_gap(train, labels),
        "tail_territory": metrics.tail_territory(share),
        "evenness": metrics.evenness(share),
        "tail_accuracy": metrics.tail_accuracy(accuracy),
        "accuracy": accuracy.mean(),
        "head_resultant_length": expected["mean_resultant_length"][0],
    }
    assert tuple(table.summary) == SUMMARY
    assert table.summary == pytest.approx(summary)
    assert table.step == snapshot.step
    assert table.classes is classes


def test_the_tail_is_what_the_training_counts_say():
    """A class may have as many points in the snapshot as a rarer one, or none at all."""
    train, labels = unit(np.array([[1.0, 0], [0, 1], [-1, 0.1], [-1, 0.3]])), np.array([0, 1, 2, 3])
    table = measure(*recorded(train, labels, counts=(900, 30, 3, 2, 1)))
    assert table.summary["tail_gap"] == pytest.approx(table.per_class["nearest_center_angle"][3])
    assert np.isnan(table.per_class["territory_share"][4])
    undefined = {key for key, value in table.summary.items() if np.isnan(value)}
    assert undefined == {"tail_accuracy", "head_resultant_length"}  # no test sample; one training sample


@pytest.mark.parametrize("spoiled", [np.nan, np.inf, 0.0])
def test_a_spoiled_snapshot_gives_nan_everywhere(spoiled):
    run = recorded(*cloud(1, 3))
    run[0].train[4] = spoiled
    table = measure(*run)
    assert tuple(table.per_class) == PER_CLASS
    assert all(np.isnan(values).all() and len(values) == 5 for values in table.per_class.values())
    assert np.isnan(list(table.summary.values())).all()


def reasons(rows, labels, how, **given):
    """Why values are missing, by metric, of those that geometry has."""
    table = measure(*recorded(rows, labels, **given), metrics=EVERYTHING, resampling=how)
    for name, values in table.per_class.items():
        assert [bool(said) for said in table.reasons[name]] == np.isnan(values).tolist(), name
    return {name: said for name, said in table.reasons.items() if name != "nearest_neighbor_accuracy"}


COMPARING = {
    *("class_uniformity", "nearest_center_angle", "neighborhood_uniformity"),
    *("silhouette", "within_class_variability"),
}


@pytest.mark.parametrize("how", [None, Resampling(draws=0), Resampling(draws=20)])
@pytest.mark.parametrize("counts", [(30,), (30, 0, 0)])
def test_a_class_that_is_alone_is_told_so_and_has_what_needs_no_other(how, counts):
    found = {name: said[0] for name, said in reasons(*cloud(1, 5, counts=counts), how, counts=counts).items()}
    assert {name for name, said in found.items() if said} == COMPARING
    assert {said for said in found.values() if said} == {"there is no other class to compare with"}


@pytest.mark.parametrize("how", [None, Resampling(draws=0)])
def test_a_class_without_a_centre_or_a_mean_of_its_own_is_told_so(how):
    rows, labels = np.eye(3)[[0, 0, 0, 1, 1, 1, 1]], np.repeat([0, 1], [3, 4])
    rows[3:5] *= -1  # the second class sums to nothing
    said = reasons(rows, labels, how)
    for name in ("class_uniformity", "nearest_center_angle", "neighborhood_uniformity"):
        assert said[name] == (
            "no other class has a centre to compare with",
            "its samples sum to nothing and point in no direction",
        )
    same = reasons(np.tile(np.eye(3)[0], (7, 1)), labels, how)
    assert same["within_class_variability"] == ("the means of all classes are one and the same",) * 2


def test_a_table_names_the_metrics_that_are_corrected_and_no_others():
    rows, labels = cloud(5, 6, counts=(40, 12, 6, 4))
    given = recorded(rows, labels)
    plain = measure(*given, metrics=EVERYTHING)
    corrected = measure(*given, metrics=EVERYTHING, resampling=Resampling(draws=0))
    assert plain.corrected == ()
    changed = {
        *(key for key, each in plain.per_class.items() if not np.allclose(each, corrected.per_class[key])),
        *(key for key, value in plain.summary.items() if not np.isclose(value, corrected.summary[key])),
    }
    assert set(corrected.corrected) == changed
    few = measure(*given, metrics=["tail_gap", "evenness"], resampling=Resampling(draws=0))
    assert few.corrected == ("tail_gap",)


def test_the_rarest_classes_need_not_come_last():
    train, labels = cloud(1, 3, counts=(3, 2, 40, 17))
    table = measure(*recorded(train, labels))
    share, accuracy = table.per_class["territory_share"], table.per_class["nearest_neighbor_accuracy"]
    assert table.summary["tail_territory"] == pytest.approx(share[:2].sum())
    assert table.summary["tail_accuracy"] == pytest.approx(accuracy[1])
    assert table.summary["tail_gap"] == pytest.approx(table.per_class["nearest_center_angle"][:2].mean())
    assert table.summary["head_resultant_length"] == table.per_class["mean_resultant_length"][2]


def test_labels_beyond_the_classes_are_refused():
    with pytest.raises(ValueError, match=r"labels must lie in 0 .. 2, got 0 .. 4"):
        measure(*recorded(*cloud(1, 3), counts=(9, 4, 2)))


def test_the_catalogue_has_every_metric_and_nothing_else():
    assert set(METRICS) == {*ALL_PER_CLASS, *ALL_SUMMARY}
    assert ALL_PER_CLASS[: len(PER_CLASS)] == PER_CLASS
    assert ALL_SUMMARY[: len(SUMMARY)] == SUMMARY
    for key, info in METRICS.items():
        assert info.key == key
        assert all([info.title, info.formula, info.source, info.text, info.values, info.embeddings])
        assert info.digits >= (2 if info.percent else 1)


def test_what_the_tail_of_a_metric_is_stands_in_its_text_and_in_its_formula():
    """That of the accuracy is smaller than the others."""
    for key, tail in [
        ("tail_accuracy", "rarest third of the classes"),
        ("tail_gap", "rarer half of the classes"),
        ("tail_territory", "rarer half of the classes"),
    ]:
        assert tail in METRICS[key].text
        assert tail in METRICS[key].formula


@pytest.mark.parametrize(
    ("key", "value", "signed", "shown"),
    [
        ("evenness", 0.91249, False, "0.912"),
        ("evenness", -0.0, True, "0.000"),
        ("tail_territory", None, False, "–"),
        ("tail_gap", float("nan"), True, "–"),
        ("tail_gap", 8.04, True, "+8.0°"),
        ("tail_territory", 0.004, True, "0 pts"),
        ("territory_share", 0.0123, False, "1.2 %"),
        ("tail_accuracy", -0.05, True, "−5 pts"),
    ],
)
def test_numbers_as_a_person_reads_them(key, value, signed, shown):
    assert METRICS[key].format(value, signed=signed) == shown


def test_importing_metrics_and_projections_loads_nothing_heavy():
    code = (
        "import sys, ghviz.metrics.catalog, ghviz.projections.sphere, ghviz.projections.camera\n"
        "import ghviz.projections.territory, ghviz.projections.umap, ghviz.metrics.table\n"
        "heavy = {'torch', 'scipy', 'sklearn', 'umap', 'numba', 'streamlit', 'matplotlib', 'plotly'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_table_and_its_intervals_are_printed_in_a_few_lines():
    plain, sure = (
        measure(*recorded(*cloud(1, 5)), metrics=EVERYTHING, resampling=how)
        for how in (None, Resampling(draws=40))
    )
    for table in (plain, sure):
        lines = repr(table).splitlines()
        assert len(lines) == 3
        assert len(repr(table)) < 1_500
        assert all(name in lines[1] for name in table.summary)
        assert all(name in lines[2] for name in table.per_class)
    assert "[" not in repr(plain)
    value, known = sure.summary["evenness"], sure.summary_certainty["evenness"]
    assert f"evenness={value:.4g} [{known.low:.4g}, {known.high:.4g}]" in repr(sure)
    for certainty in (sure.certainty, sure.summary_certainty):
        assert max(len(repr(each)) for each in certainty.values()) < 120
    assert repr(sure.certainty["silhouette"]).endswith("replicates=array (40, 5))")
    assert repr(replace(plain, summary={}, per_class={})).count("nothing") == 2
