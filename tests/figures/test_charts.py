"""Charts for the screen: traces, names, axis titles and data; and that each has a twin on paper."""

from __future__ import annotations

import time
from io import BytesIO

import msgspec
import numpy as np
import pytest

from ghviz.figures import charts, planes, plates, screen, series
from ghviz.figures.captions import curves_caption
from ghviz.figures.palette import BASE_COLOR, GH_COLOR, class_colors, inks
from ghviz.figures.panels import round_ticks
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
    assert charts.metric_curves(curves).layout.yaxis.range[1] < 0.65, "no labels, no room for them"


def test_titles_with_commas_are_told_apart_in_a_caption(curves):
    longer = series.Label(title="Distance within the class, mean")
    many = [*curves, series.metric_curve("tail_gap", longer, [], [])]
    assert curves_caption(many, []).startswith(
        "Territory slope; tail gap; distance within the class, mean over training steps. "
    )
    assert curves_caption(curves, []).startswith("Territory slope, tail gap over training steps. ")


def test_labels_of_marks_that_would_cover_each_other_give_way(curves):
    """The newest switch is written; the chart on the screen still says the others where it is pointed at."""
    switches = [GHSwitch(step=s, weight=w, on=w > 0) for s, w in ((150, 2.0), (151, 0.0), (190, 1.0))]
    marks = series.switch_marks(switches, warm_up_step=152)
    figure = charts.metric_curves(curves, marks)
    notes = figure.layout.annotations[2:]
    assert [note.text for note in notes] == ["•", "GH off", "•", "GH 1"]
    assert [note.hovertext for note in notes] == [
        "GH 2, step 150",
        "GH off, step 151",
        "warm-up, step 152",
        "GH 1, step 190",
    ]
    assert len({shape.x0 for shape in figure.layout.shapes}) == 4, "each mark has its line"
    paper = plates.curves_figure(curves, marks, width="column")
    texts = paper.axes[1].texts
    assert [text.get_text() for text in texts] == ["GH off", "GH 1"]
    renderer = paper.canvas.get_renderer()
    first, second = (text.get_window_extent(renderer) for text in texts)
    assert not first.overlaps(second)


def test_a_hundred_switches_are_drawn_at_once(curves):
    """A person plays with the switch; one mark after the other took a minute."""
    switches = [GHSwitch(step=2 * s, weight=1.0, on=bool(s % 2)) for s in range(100)]
    begun = time.process_time()
    figure = charts.metric_curves(curves, series.switch_marks(switches))
    assert time.process_time() - begun < 2
    assert len(figure.layout.shapes) == 200
    assert {(each.xref, each.yref) for each in figure.layout.shapes} == {
        ("x", "y domain"),
        ("x2", "y2 domain"),
    }


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
    figure = charts.metric_curves(series.loss_tracks(losses(1000), losses(1000, acting_from=400)))
    assert [len(trace.x) for trace in figure.data] == [250, 250, 0, 201]
    assert figure.data[0].x[-1] == 1000
    assert figure.data[0].y[0] == pytest.approx(np.mean([5 / k for k in (1, 2, 3, 4)]), abs=1e-3)
    assert figure.data[3].x[0] >= 400
    assert len(charts.metric_curves(series.loss_tracks(losses(10), losses(10))).data) == 2
    assert charts.metric_curves(series.loss_tracks([], [])).data[0].x == ()


def test_where_gh_is_off_its_loss_has_a_gap():
    on = losses(90, acting_from=30)
    off = losses(20)  # nobody acts
    again = losses(130, acting_from=1)
    events = [*on, *(msgspec.structs.replace(e, step=e.step + 90) for e in off)]
    events += [msgspec.structs.replace(e, step=e.step + 110) for e in again]
    track = series.loss_tracks(events, events)[1].gh
    assert (track.steps[0], track.steps[-1]) == (30, 240)
    assert track.steps[np.isnan(track.values)].tolist() == [110]  # between 90 and 111
    assert {89, 90, 111, 112} <= {*track.steps}
    line = charts.metric_curves(series.loss_tracks(events, events)).data[3]
    assert not line.connectgaps
    assert np.isnan(np.array(line.y, dtype=float)).sum() == 1
    drawn = plates.curves_figure(series.loss_tracks(events, events)).axes[2].lines[0]
    assert np.isnan(drawn.get_ydata()).sum() == 1, "on paper too"


def test_a_gap_in_gh_loss_is_seen_however_short():
    """Of 1,000 steps GH is off for two, fewer than are averaged into a point."""
    events = losses(1000, acting_from=1)
    events[500:502] = losses(502)[500:502]
    track = series.loss_tracks(events, events, points=100)[1].gh
    assert track.steps[np.isnan(track.values)].tolist() == [502]
    assert len(track.steps) <= 100


@pytest.mark.parametrize(
    ("acts", "gaps"),
    [
        (lambda step: step == 7_000, 0),  # one step alone
        (lambda step: 7_000 <= step < 7_030, 0),  # fewer than are averaged into a point
        (lambda step: step % 3_000 < 30, 10),
        (lambda step: step % 200 < 100, 0),  # more often than could be told apart
        (lambda step: step % 5 == 0, 0),
    ],
)
def test_gh_loss_is_drawn_wherever_it_acted(acts, gaps):
    """A line needs two points, and one that is broken off too often would vanish."""
    on, off = losses(30_000, acting_from=1), losses(30_000)
    events = [a if acts(a.step) else b for a, b in zip(on, off, strict=True)]
    track = series.loss_tracks(events, events, points=150)[1].gh
    known = np.isfinite(track.values)
    pieces = np.split(known, np.flatnonzero(np.diff(known)) + 1)
    assert len(track.steps) <= 150
    assert (np.diff(track.steps) >= 0).all()
    assert all(len(each) > 1 for each in pieces if each[0])
    inner = known[np.flatnonzero(known)[0] : np.flatnonzero(known)[-1]]
    assert np.count_nonzero(~inner) == gaps


def test_screen_and_paper_show_the_same_in_the_same_order(curves, marks):
    shown = charts.metric_curves(curves, marks).layout
    panels = plates.curves_figure(curves, marks).axes[1:]
    assert [axes.get_title() for axes in panels] == [note.text for note in shown.annotations[:2]]
    for axes, x, y in zip(panels, (shown.xaxis, shown.xaxis2), (shown.yaxis, shown.yaxis2), strict=True):
        assert axes.get_xlim() == x.range
        assert axes.get_ylim() == y.range
        assert tuple(axes.get_yticks()) == y.tickvals
        assert tuple(label.get_text() for label in axes.get_yticklabels()) == y.ticktext
        assert axes.get_xlabel() == x.title.text == "step"
    assert [text.get_text() for text in panels[0].texts] == [note.text for note in shown.annotations[2:]]


def test_screen_and_paper_bars_are_the_same(pair):
    shown = charts.class_bars(*pair, "territory_share", SHARE, even=1 / 6).layout
    axes = plates.bars_figure(*pair, "territory_share", SHARE, even=1 / 6).axes[1]
    assert axes.get_ylim() == shown.yaxis.range
    assert tuple(axes.get_yticks()) == shown.yaxis.tickvals
    assert (axes.get_xlabel(), axes.get_ylabel()) == (shown.xaxis.title.text, shown.yaxis.title.text)
    assert axes.texts[0].get_text() == shown.annotations[0].text == "even"


def test_only_the_lowest_charts_say_step(curves):
    shown = charts.metric_curves([*curves, curves[0]]).layout
    assert [shown[f"xaxis{k}"].title.text for k in ("", "2", "3")] == ["", "step", "step"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 2800, ("0", "1,000", "2,000")),
        (-0.31, 0.29, ("−0.2", "0.0", "0.2")),
        (15.2, 52, ("20", "30", "40", "50")),
        (0, 0.012, ("0.0000", "0.0025", "0.0050", "0.0075", "0.0100")),
    ],
)
def test_ticks_are_round_and_inside(low, high, labels):
    numbers, written = round_ticks(low, high)
    assert written == labels
    assert low <= numbers[0] < numbers[-1] <= high


def two_steps():
    rng = np.random.default_rng(0)
    return [{each: rng.standard_normal((len(LABELS), 2)) * scale for each in (0, 2800)} for scale in (1, 3)]


def test_umap_twins_share_colours_scale_and_legend():
    base, gh = two_steps()
    figure = planes.umap_twin(base, gh, LABELS, CLASSES, step=2600)
    assert len(figure.data) == 12
    assert [trace.marker.color for trace in figure.data[:6]] == class_colors(6)
    assert [trace.showlegend for trace in figure.data] == [True] * 6 + [False] * 6
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.yaxis2.scaleanchor == "x2"
    assert [title.text for title in figure.layout.annotations] == ["Without GH", "With GH"]
    scales = []
    for side, plane in enumerate((base[2800], gh[2800])):
        traces = figure.data[6 * side : 6 * side + 6]
        order = np.concatenate([trace.customdata for trace in traces])
        shown = np.concatenate([trace.x for trace in traces])
        assert np.corrcoef(shown, plane[order, 0])[0, 1] == pytest.approx(1)
        scales.append(shown.std() / plane[:, 0].std())
    assert scales[0] == pytest.approx(scales[1], rel=1e-4), "one scale for both sides"


def test_umap_plays_all_steps_with_each_point_in_its_place():
    base, gh = two_steps()
    figure = planes.umap_twin(base, gh, LABELS, CLASSES, step=2600)
    assert [frame.name for frame in figure.frames] == ["0", "2800"]
    play, pause = figure.layout.updatemenus[0].buttons
    assert list(play.args[0]) == ["0", "2800"]
    assert list(pause.args[0]) == [None]
    slider = figure.layout.sliders[0]
    assert [step.args[0][0] for step in slider.steps] == ["0", "2800"]
    assert slider.active == 1
    for moved, trace in zip(figure.frames[1].data, figure.data, strict=True):
        np.testing.assert_array_equal(moved.x, trace.x)  # the frame shown is that of its step
    first = planes.at_one_scale(base[0], gh[0])[1][LABELS == 2]
    np.testing.assert_allclose(figure.frames[0].data[8].x, first[:, 0], atol=1e-6)


def test_umap_on_a_narrow_screen_is_stacked_and_lets_a_finger_scroll():
    base, gh = two_steps()
    shown = planes.umap_twin(base, gh, LABELS, CLASSES, step=0, stacked=True).layout
    assert shown.yaxis.domain[0] > shown.yaxis2.domain[1]
    assert shown.dragmode is False


def test_umap_of_one_step_has_nothing_to_play():
    one = {5: np.random.default_rng(0).standard_normal((len(LABELS), 2))}
    figure = planes.umap_twin(one, {**one, 6: one[5]}, LABELS, CLASSES, step=0)
    assert not figure.frames
    assert not figure.layout.sliders
    with pytest.raises(ValueError, match="none in common"):
        planes.umap_twin(one, {6: one[5]}, LABELS, CLASSES, step=0)


def test_umap_of_many_points_stays_small_enough_to_travel():
    plane = np.random.default_rng(0).standard_normal((4000, 2)).astype(np.float32)
    many = dict.fromkeys(range(0, 400, 10), plane)
    figure = planes.umap_twin(many, many, np.arange(4000) % 6, CLASSES, step=0)
    names = [int(frame.name) for frame in figure.frames]
    assert names[-1] == 390
    assert len(names) < 40
    assert len(figure.to_json()) < 3_000_000


@pytest.mark.parametrize("dark", [False, True])
def test_charts_are_transparent_and_use_our_colours_only(pair, curves, dark):
    for figure in (
        charts.class_bars(*pair, "territory_share", SHARE, dark=dark),
        charts.metric_curves(curves, dark=dark),
        planes.umap_twin({0: np.eye(2)}, {0: np.eye(2)}, np.array([0, 1]), CLASSES, step=0, dark=dark),
    ):
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert figure.layout.template.data.to_plotly_json() == {}
        assert len(figure.to_json()) < 12_000


def test_nothing_is_sent_anywhere_and_saving_gives_svg():
    assert screen.CONFIG["showSendToCloud"] is False
    assert screen.CONFIG["toImageButtonOptions"]["format"] == "svg"
    assert screen.CONFIG["modeBarButtons"] == [["toImage"]]


@pytest.mark.parametrize("dark", [False, True])
def test_the_button_that_saves_is_quiet(dark):
    bar = screen.layout(dark=dark)["modebar"]
    assert bar["bgcolor"] == "rgba(0,0,0,0)"
    assert bar["color"] == inks(dark=dark).muted


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["full", "column"])
def test_each_chart_has_a_twin_on_paper(pair, curves, marks, width, dark):
    rng = np.random.default_rng(0)
    layouts = rng.standard_normal((2, len(LABELS), 2))
    look = {"width": width, "venue": "icml", "dark": dark}
    for figure in (
        plates.bars_figure(*pair, "territory_share", SHARE, even=1 / 6, **look),
        plates.curves_figure(curves, marks, **look),
        plates.umap_figure(*layouts, LABELS, CLASSES, step=2800, **look),
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
