"""Charts of what GH is doing: traces, places, and data."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.figures.charts import metric_curves
from ghviz.figures.diagnosis import diagnosis_curves, mass_over_time, plan_map, prior_bars, vertex_order
from ghviz.figures.palette import class_colors
from ghviz.figures.plates import curves_figure
from ghviz.figures.series import Mark
from ghviz.types import ClassTable, Diagnosed

CLASSES = ClassTable(names=("a", "b", "c"), counts=(80, 15, 5))


def event(step=10, **changes):
    given = {
        "numbers": {"live_vertices": 4.0, "gradient_share": 0.25, "nmi": None},
        "prior": [0.1, 0.4, 0.2, 0.25, 0.05],
        "mass": [0.1, 0.5, 0.25, 0.15, 0.0],
        "owners": [1, 0, 0, 2, -1],
        "plan": [[0, 90, 10, 0, 0], [0, 20, 80, 0, 0], [30, 0, 0, 65, 5]],
        "plan_classes": [0, 0, 1],
        "plan_vertices": [0, 1, 2, 3, 4],
        "batch": 3,
    }
    return Diagnosed(step=step, **{**given, **changes})


def test_vertices_go_from_head_to_tail_heavy_ones_first_dead_ones_last():
    assert vertex_order(event()).tolist() == [1, 2, 0, 3, 4]


def test_the_prior_of_a_class_is_stacked_from_its_vertices():
    bars, shares = prior_bars(event(), CLASSES).data
    assert list(bars.x) == [0, 0, 1, 2, 3]
    assert list(bars.y) == pytest.approx([40, 20, 10, 25, 5])
    assert list(bars.base) == pytest.approx([0, 40, 0, 0, 0])
    assert bars.marker.color[:4] == tuple(np.array(class_colors(3))[[0, 0, 1, 2]])
    assert list(shares.y) == pytest.approx([80, 15, 5])
    assert prior_bars(event(), CLASSES).layout.xaxis.ticktext == ("a", "b", "c", "none")


def test_stacks_stand_on_the_ground_whatever_came_before():
    owners = [0, 1, 1, 2, 2]
    bars = prior_bars(event(owners=owners), CLASSES).data[0]
    tops = {}
    for place, height, base in zip(bars.x, bars.y, bars.base, strict=True):
        assert base == pytest.approx(tops.get(place, 0))
        tops[place] = base + height
    assert tops == pytest.approx({0: 10, 1: 60, 2: 30})


def test_without_dead_vertices_there_is_no_place_for_them():
    figure = prior_bars(event(owners=[1, 0, 0, 2, 2]), CLASSES)
    assert figure.layout.xaxis.ticktext == ("a", "b", "c")


def test_many_classes_become_dots():
    many = ClassTable(names=tuple(f"c{i}" for i in range(50)), counts=tuple(range(50, 0, -1)))
    dots, shares = prior_bars(event(), many).data
    assert dots.type == "scatter"
    assert dots.y[0] == pytest.approx(60)
    assert sum(dots.y) == pytest.approx(100)
    assert shares.mode == "lines"
    assert prior_bars(event(), many).layout.xaxis.ticktext == ("c0", "c12", "c24", "c37", "none")


def test_mass_over_time_leaves_dead_vertices_blank():
    first = event(5, mass=[0.2, 0.2, 0.2, 0.2, 0.2])
    heat = mass_over_time([first, event(10)], CLASSES).data[0]
    assert list(heat.x) == [5, 10]
    assert [row[0] for row in heat.z] == pytest.approx([20] * 5)
    assert [row[1] for row in heat.z] == [50, 25, 10, 15, None]
    assert [cells[0][0] for cells in heat.customdata] == [1, 2, 0, 3, 4]


def test_of_very_many_vertices_the_heaviest_are_shown():
    generator = np.random.default_rng(0)
    mass = generator.dirichlet(np.ones(300)).tolist()
    many = event(prior=mass, mass=mass, owners=generator.integers(0, 3, 300).tolist())
    heat = mass_over_time([many], CLASSES).data[0]
    shown = sorted(cells[0][0] for cells in heat.customdata)
    assert shown == sorted(np.argsort(mass)[-100:].tolist())


def test_the_plan_has_its_columns_in_the_order_of_owners():
    figure = plan_map(event(), CLASSES)
    heat = figure.data[0]
    assert [list(row) for row in heat.z] == [
        [90, 10, None, None, None],
        [20, 80, None, None, None],
        [None, None, 30, 65, 5],
    ]
    assert tuple(heat.customdata[2][2]) == ("b", 0, "b")
    strips = [(s.x0, s.x1, s.y0, s.y1, s.fillcolor) for s in figure.layout.shapes]
    colors = class_colors(3)
    assert [(y0, y1, c) for x0, _, y0, y1, c in strips if x0 < 0 and x0 > -0.1] == [
        (-0.5, 1.5, colors[0]),
        (1.5, 2.5, colors[1]),
    ]
    above = [(x0, x1, c) for x0, x1, y0, _, c in strips if 1 < y0 < 1.1 and x1 - x0 >= 1]
    assert above[:3] == [(-0.5, 1.5, colors[0]), (1.5, 2.5, colors[1]), (2.5, 3.5, colors[2])]
    assert figure.layout.yaxis.range == (2.5, -0.5), "head at the top"


def test_a_plan_of_some_vertices_shows_those():
    figure = plan_map(event(plan=[[90, 10], [5, 80], [60, 2]], plan_vertices=[0, 3]), CLASSES)
    assert [list(row) for row in figure.data[0].z] == [[90, 10], [5, 80], [60, 2]]


def sinkhorn_curve(*residuals):
    events = [
        event(5 * i, numbers={"iterations": 3.0 + i, "residual": r}) for i, r in enumerate(residuals, 1)
    ]
    iterations, residual = diagnosis_curves([], events)
    assert iterations.gh.values.tolist() == [4.0 + i for i in range(len(residuals))]
    assert (iterations.log, residual.log) == (False, True)
    return residual


def test_the_residual_of_sinkhorn_is_drawn_on_powers_of_ten():
    curve = sinkhorn_curve(2.34567e-8, 4e-3, None, 0.0)
    figure = metric_curves([curve], [Mark(step=10, label="GH on")])
    line = figure.data[1]
    assert list(line.x) == [5, 10, 15, 20]
    assert list(line.y) == [2.35e-8, 4e-3, None, None], "neither rounded to nothing nor below the axis"
    assert line.hovertemplate == "with GH: %{y:.1e}<extra></extra>"
    axis = figure.layout.yaxis
    assert axis.type == "log"
    low, high = axis.range
    assert low < np.log10(2.3e-8) < np.log10(4e-3) < high
    assert axis.tickvals == pytest.approx([1e-8, 1e-5, 1e-2, 10]), "few, and room for the mark's label above"
    assert axis.ticktext == ("1e−8", "1e−5", "0.01", "10")
    (plate,) = curves_figure([curve]).axes[1:]
    assert plate.get_yscale() == "log"
    assert plate.get_ylim() == pytest.approx([10**end for end in metric_curves([curve]).layout.yaxis.range])


@pytest.mark.parametrize("residuals", [(3e-7, 3e-7), (1e-6,), (1e-8, 2e-8), (0.0, 0.0), (2.0, 0.3)])
def test_a_residual_that_hardly_changes_has_ticks_too(residuals):
    axis = metric_curves([sinkhorn_curve(*residuals)]).layout.yaxis
    assert len(axis.tickvals) >= 2
    low, high = axis.range
    assert all(low <= np.log10(tick) <= high for tick in axis.tickvals)
    assert all(low <= np.log10(value) <= high for value in residuals if value)


def test_what_transport_moves_is_drawn_in_per_cent():
    (curve,) = diagnosis_curves([], [event(numbers={"moved": 0.25})])
    assert curve.gh.values.tolist() == [25]
    assert metric_curves([curve]).layout.annotations[0].text == "Moved by transport (%)"


def test_curves_of_a_run_that_did_not_record_the_residual_are_the_others():
    titles = [curve.text.title for curve in diagnosis_curves([], [event(numbers={"iterations": 4.0})])]
    assert titles == ["Iterations of Sinkhorn"]


def test_curves_are_those_that_were_ever_known():
    curves = diagnosis_curves([event(5)], [event(5), event(10, numbers={"live_vertices": 2.0})])
    assert [curve.text.title for curve in curves] == ["Live vertices", "GH's part of the pull"]
    live, share = curves
    assert live.gh.values.tolist() == [4, 2]
    assert share.base.values.tolist() == [25]
    np.testing.assert_array_equal(share.gh.values, [25, np.nan])
    assert diagnosis_curves([], []) == []
