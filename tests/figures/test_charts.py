"""Charts for the screen: traces, names, axis titles and data; and that each has a twin on paper."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from ghviz.figures import charts, plates, series
from ghviz.figures.palette import BASE_COLOR, GH_COLOR, class_colors
from ghviz.figures.paper import save
from ghviz.types import ClassTable, GHSwitch, MetricTable
from tests.figures.samples import CLASSES, LABELS, losses, table, tables

SHARE = series.Label(title="Territory share", digits=3)
SLOPE = series.Label(title="Territory slope")
GAP = series.Label(title="Tail gap", unit="°", digits=1)


@pytest.fixture
def pair():
    return table(800, slope=0.9), table(800, slope=0.3)


@pytest.fixture
def curves():
    base, gh = tables([0.6, 0.6, 0.6]), tables([0.6, 0.4, np.nan])
    return [
        series.metric_curve("frequency_slope", SLOPE, base, gh),
        series.metric_curve("tail_gap", GAP, base, gh),
    ]


@pytest.fixture
def marks():
    switches = [GHSwitch(step=150, weight=0, on=False), GHSwitch(step=120, weight=2, on=True)]
    return series.switch_marks(switches, warm_up_step=100)


def test_bars_go_from_head_to_tail_without_and_with_gh(pair):
    figure = charts.class_bars(*pair, "territory_share", SHARE, even=1 / 6)
    assert [trace.name for trace in figure.data] == ["without GH", "with GH"]
    assert [trace.marker.color for trace in figure.data] == [BASE_COLOR["light"], GH_COLOR["light"]]
    np.testing.assert_allclose(figure.data[0].y, pair[0].per_class["territory_share"], atol=1e-5)
    assert figure.layout.xaxis.ticktext[0] == "zero<br>60"
    assert figure.layout.yaxis.title.text == "Territory share"
    assert figure.layout.shapes[0].y0 == pytest.approx(1 / 6)


def test_bars_leave_a_gap_for_what_cannot_be_computed(pair):
    figure = charts.class_bars(*pair, "mean_resultant_length", SHARE)
    assert figure.data[0].y[-1] is None


def test_many_classes_become_dots_with_few_labels():
    classes = ClassTable(names=tuple(f"class {i}" for i in range(100)), counts=tuple(range(100, 0, -1)))
    many = MetricTable(step=1, classes=classes, per_class={"territory_share": np.full(100, 0.01)}, summary={})
    figure = charts.class_bars(many, many, "territory_share", SHARE)
    assert figure.data[0].type == "scatter"
    assert len(figure.layout.xaxis.tickvals) == 6


def test_an_unknown_metric_is_named(pair):
    for draw in (charts.class_bars, plates.bars_figure):
        with pytest.raises(ValueError, match=r"no per-class metric 'shine'.*territory_share"):
            draw(*pair, "shine", SHARE)


def test_curves_show_both_sides_in_each_chart(curves, marks):
    figure = charts.metric_curves(curves, marks)
    assert [trace.name for trace in figure.data] == ["without GH", "with GH"] * 2
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert figure.data[1].y == (0.6, 0.4, None)
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert titles == ["Territory slope", "Tail gap (°)", "warm-up", "GH 2", "GH off"]
    assert sorted({shape.x0 for shape in figure.layout.shapes}) == [100, 120, 150]
    assert len(figure.layout.shapes) == 6, "each mark in each chart"


def test_labels_of_marks_do_not_cover_the_curves(curves, marks):
    low, high = charts.metric_curves(curves, marks).layout.yaxis.range
    assert low < 0.4
    assert low + 0.7 * (high - low) > 0.6
    axes = plates.curves_figure(curves, marks).axes[1]
    top = axes.transData.transform((0, 0.6))[1]
    renderer = axes.get_figure().canvas.get_renderer()
    assert len(axes.texts) == 3
    assert all(text.get_window_extent(renderer).y0 > top for text in axes.texts)
    assert charts.metric_curves(curves).layout.yaxis.range is None


def test_curves_in_one_column_for_a_narrow_screen(curves):
    figure = charts.metric_curves(curves, columns=1)
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]
    assert figure.layout.height > charts.metric_curves(curves).layout.height


def test_no_curves_is_an_error():
    for draw in (charts.metric_curves, plates.curves_figure):
        with pytest.raises(ValueError, match="at least one curve"):
            draw([])


def test_a_side_without_snapshots_is_an_empty_line(marks):
    curve = series.metric_curve("frequency_slope", SLOPE, tables([0.5, 0.6]), [])
    assert len(charts.metric_curves([curve], marks).data[1].x) == 0
    plates.curves_figure([curve], marks)


def test_losses_are_averaged_and_gh_shown_only_where_it_acted():
    figure = charts.loss_curves(losses(1000), losses(1000, acting_from=400))
    assert [len(trace.x) for trace in figure.data] == [250, 250, 0, 201]
    assert figure.data[0].x[-1] == 1000
    assert figure.data[0].y[0] == pytest.approx(np.mean([5 / k for k in (1, 2, 3, 4)]), abs=1e-3)
    assert figure.data[3].x[0] >= 400
    assert len(charts.loss_curves(losses(10), losses(10)).data) == 2
    assert charts.loss_curves([], []).data[0].x == ()


def test_umap_twins_share_colours_scale_and_legend():
    rng = np.random.default_rng(0)
    planes = [rng.standard_normal((len(LABELS), 2)) * scale for scale in (1, 3)]
    figure = charts.umap_twin(*planes, LABELS, CLASSES, step=2800)
    assert len(figure.data) == 12
    assert [trace.marker.color for trace in figure.data[:6]] == class_colors(6)
    assert [trace.showlegend for trace in figure.data] == [True] * 6 + [False] * 6
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.yaxis2.scaleanchor == "x2"
    assert [title.text for title in figure.layout.annotations] == [
        "Without GH, step 2800",
        "With GH, step 2800",
    ]
    indices = np.concatenate([trace.customdata for trace in figure.data[6:]])
    np.testing.assert_allclose(
        np.concatenate([trace.x for trace in figure.data[6:]]), planes[1][indices, 0], atol=1e-5
    )


@pytest.mark.parametrize("dark", [False, True])
def test_charts_are_transparent_and_use_our_colours_only(pair, curves, dark):
    for figure in (
        charts.class_bars(*pair, "territory_share", SHARE, dark=dark),
        charts.metric_curves(curves, dark=dark),
        charts.umap_twin(np.eye(2), np.eye(2), np.array([0, 1]), CLASSES, dark=dark),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.template.data.to_plotly_json() == {}
        assert len(figure.to_json()) < 12_000


def test_nothing_is_sent_anywhere_and_saving_gives_svg():
    assert charts.CONFIG["showSendToCloud"] is False
    assert charts.CONFIG["toImageButtonOptions"]["format"] == "svg"
    assert charts.CONFIG["modeBarButtons"] == [["toImage"]]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["full", "column"])
def test_each_chart_has_a_twin_on_paper(pair, curves, marks, width, dark):
    rng = np.random.default_rng(0)
    planes = rng.standard_normal((2, len(LABELS), 2))
    look = {"width": width, "venue": "icml", "dark": dark}
    for figure in (
        plates.bars_figure(*pair, "territory_share", SHARE, even=1 / 6, **look),
        plates.curves_figure(curves, marks, columns=1 if width == "column" else 2, **look),
        plates.umap_figure(*planes, LABELS, CLASSES, step=2800, **look),
    ):
        ink = figure.get_tightbbox(figure.canvas.get_renderer())  # inches
        width_in, height_in = figure.get_size_inches()
        assert min(ink.x0, ink.y0) > -0.01
        assert ink.x1 < width_in + 0.01
        assert ink.y1 < height_in + 0.01
        buffer = BytesIO()
        save(figure, buffer, "pdf")
        assert len(buffer.getvalue()) < 60_000


def test_paper_bars_have_the_same_heights(pair):
    figure = plates.bars_figure(*pair, "territory_share", SHARE)
    heights = [patch.get_height() for patch in figure.axes[1].patches]
    np.testing.assert_allclose(heights, np.concatenate([t.per_class["territory_share"] for t in pair]))


def test_paper_curves_have_the_same_points(curves, marks):
    figure = plates.curves_figure(curves, marks)
    lines = figure.axes[1].lines
    np.testing.assert_allclose(lines[1].get_ydata(), [0.6, 0.4, np.nan])
    assert [line.get_xdata()[0] for line in lines[2:]] == [100, 120, 150]
