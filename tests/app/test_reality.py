"""What Compare says about its own picture, about neighbours, and about what happened when."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ghviz.app import reality
from ghviz.app.globe.parts import read_header
from ghviz.app.happenings import SHORT, Happening, happenings, on_side, shortest
from ghviz.app.ledger import ledger_rows, placement_rows
from ghviz.app.numbers import numbers_html
from ghviz.app.opened import opened
from ghviz.app.reality import Reality, placed_scene, reality_at
from ghviz.app.reality_words import closeness_sentence, trust_sentence
from ghviz.embed import save_snapshot
from ghviz.metrics import (
    MetricSeries,
    events_of,
    meetings_of,
    neighbor_ledger,
    tail_gap,
    tail_mean_cosine,
)
from ghviz.projections.quality import PictureQuality, Quality, picture_quality
from ghviz.projections.umap import layout_arrays
from ghviz.store import write_layouts
from ghviz.types import ClassTable
from tests.app.conftest import button, open_page, said
from tests.metrics.samples import cloud
from tests.store.builders import make_pair, make_run

COUNTS = (40, 17, 7, 4)


def projected_pair(folder: Path, *, steps: tuple[int, ...] = (0, 10), dimension: int = 8) -> Path:
    """A pair of embeddings in eight dimensions, which only a projection can show."""
    for seed, side in enumerate(("base", "gh")):
        for step in steps:
            rows, labels = cloud(3 + seed + step, dimension, counts=COUNTS)
            save_snapshot(folder / side, rows, labels, step=step, title=side)
    return folder


def quality(trust: float, continuity: float, *, tail: float) -> PictureQuality:
    """Of four classes, of which the two in the tail half have another trustworthiness."""
    per_class = np.array([trust, trust, tail, np.nan])
    return PictureQuality(
        Quality(trust, per_class, np.full(5, trust)), Quality(continuity, per_class, np.full(5, continuity))
    )


def side(true: float, shown: float) -> Reality:
    return Reality(quality=quality(1, 1, tail=1), closeness=(true, shown), headlines={})


def words(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


# --- sentences ---


def test_closeness_that_is_real() -> None:
    told = closeness_sentence({"base": side(0.81, 0.84), "gh": side(0.42, 0.45)}, 128)
    assert words(told) == (
        "The tail classes' closeness here is real: 0.81 in 128-D, 0.84 as shown without GH; "
        "0.42 and 0.45 with GH (mean cosine of their centres)."
    )
    assert "but" not in told


def test_closeness_that_the_projection_made_or_hid() -> None:
    told = words(closeness_sentence({"gh": side(-0.31, 0.84)}, 16))
    assert told.startswith(
        "The tail classes look closer together than they are: −0.31 in 16-D, 0.84 as shown"
    )
    assert "farther apart than they are" in closeness_sentence({"gh": side(0.9, 0.5)}, 16)
    assert 'class="but"' in closeness_sentence({"gh": side(0.9, 0.5)}, 16)


def test_closeness_that_differs_between_the_sides() -> None:
    told = words(closeness_sentence({"base": side(0.3, 0.8), "gh": side(0.5, 0.5)}, 16))
    assert told == (
        "Without GH the tail classes look closer together than they are: 0.30 in 16-D, 0.80 as shown; "
        "with GH the tail classes' closeness here is real: 0.50 in 16-D, 0.50 as shown "
        "(mean cosine of their centres)."
    )


def test_one_tail_class_is_close_to_none() -> None:
    assert closeness_sentence({"base": side(np.nan, np.nan)}, 8) == ""


@pytest.mark.parametrize(
    ("trust", "start"),
    [
        (0.97, "The neighbourhoods drawn are those"),
        (0.9, "The neighbourhoods drawn are roughly"),
        (0.7, "Many"),
    ],
)
def test_trust_is_judged_by_its_worst_number(trust: float, start: str) -> None:
    told = words(trust_sentence({"base": quality(0.99, 0.98, tail=0.9), "gh": quality(trust, 1.0, tail=0.8)}))
    assert told.startswith(start)
    assert told.endswith(
        f"trustworthiness 0.99 → {trust:.2f} (tail half 0.90 → 0.80), "
        "continuity 0.98 → 1.00 (tail half 0.90 → 0.80)."
    )


def test_numbers_have_those_of_the_picture_beside_them(runs: Path) -> None:
    comparison, _ = opened(make_pair(runs / "pair"))
    tables = [record.tables[-1] for record in comparison.sides.values()]
    drawn = {"base": {"tail_gap": 7.6}, "gh": {"tail_gap": float("nan")}}
    assert "as drawn 7.6° → –" in numbers_html(*tables, dimension=16, drawn=drawn)
    assert "as drawn" not in numbers_html(*tables, dimension=2)


# --- measuring ---


def test_reality_is_measured_on_the_drawing_and_on_the_embedding(runs: Path) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair"))
    found = reality_at(comparison, drawn, step=10)
    for name, record in comparison.shown.items():
        rows, place = record.run.snapshot(10).train, drawn.views[name].coordinates[1]
        labels = record.points.train_labels
        assert found[name].closeness == (tail_mean_cosine(rows, labels), tail_mean_cosine(place, labels))
        assert found[name].headlines["tail_gap"] == tail_gap(place, labels)
        expected = picture_quality(rows, place, labels).placement
        np.testing.assert_array_equal(found[name].quality.placement, expected)
    table = placement_rows(found, comparison.any_side.classes)
    assert list(table)[2:] == [
        f"{kind} {which} GH" for which in ("without", "with") for kind in ("Trustworthiness", "Continuity")
    ]


def test_placement_of_all_steps_or_of_those_looked_at(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair"))

    def known(step: int) -> list[list[bool]]:
        header = read_header(placed_scene(comparison, drawn, step=step))
        return [[name is not None for name in one["values"]] for one in header["sides"]]

    reality._known_placements.clear()
    monkeypatch.setattr(reality, "AT_ONCE", 0)
    assert known(10) == [[False, True]] * 2
    assert known(3) == [[True, True]] * 2  # of step 0, and what has been looked at stays
    reality._known_placements.clear()
    monkeypatch.setattr(reality, "AT_ONCE", 10**9)
    assert known(10) == [[True, True]] * 2


def test_very_few_points_have_fewer_neighbours() -> None:
    rows = np.random.default_rng(0).standard_normal((5, 6))
    found = reality.quality_of(rows, rows[:, :3], np.array([0, 0, 1, 1, 1]), num_classes=2)
    expected = picture_quality(rows, rows[:, :3], np.array([0, 0, 1, 1, 1]), neighbors=2)
    np.testing.assert_array_equal(found.placement, expected.placement)


def test_ledger_is_sorted_by_change() -> None:
    base, labels = cloud(0, 6, counts=COUNTS)
    gh = base.copy()
    gh[labels == 2] *= -1  # one class goes elsewhere
    classes = ClassTable(names=("a", "b", "c", "d", "e"), counts=(*COUNTS, 1))
    found = neighbor_ledger(base, gh, labels, neighbors=5, counts=np.array(classes.counts))
    rows = ledger_rows(found, classes)
    assert rows["Class"][0] == "c"
    assert sorted(rows["Class"]) == ["a", "b", "c", "d"]  # e has no sample
    assert (np.diff(rows["Gained"]) <= 0).all()
    groups = rows["From head"] + rows["From medium"] + rows["From tail"]
    np.testing.assert_allclose(groups, rows["Gained"] - rows["Lost"], atol=0.02)


# --- happenings ---


def test_a_moment_of_many_pairs_is_one_line() -> None:
    classes = ClassTable(names=("a", "b", "c"), counts=(3, 2, 1))
    apart, near = np.eye(3), np.full((3, 3), np.cos(np.radians(5)))
    series = MetricSeries(steps=np.array([0, 5]), classes=classes, meetings=meetings_of([apart, near]))
    (found,) = on_side(events_of(series), "gh")
    assert found.line == ("Step 5: with GH, 3 pairs of class centres merge: a and b, a and c, b and c")
    assert found.count == 3


@pytest.mark.parametrize(
    ("gh", "switch", "expected"),
    [
        ("on", None, ["GH's warm-up ends"]),
        ("off", None, []),
        ("on", 20, ["GH's warm-up ends", "GH switched off"]),
        ("on", 8, ["GH switched off"]),
        ("off", 20, []),  # a switch that changes nothing
    ],
)
def test_the_warm_up_ends_where_gh_acts(runs: Path, gh: str, switch: int | None, expected: list[str]) -> None:
    folder = make_run(runs / "run", gh=gh, switch=switch, gh_warm_up=4)  # its end is at step 16
    comparison, _ = opened(folder)
    assert [each.text for each in happenings(comparison) if each.kind == "gh"] == expected


def test_the_short_list_has_the_switch_and_is_in_order() -> None:
    split = [Happening(step=i, kind="split", side="gh", text="x", count=1) for i in range(20)]
    switch = Happening(step=12, kind="gh", side="gh", text="GH switched off", count=1)
    found = shortest([*split, switch])
    assert len(found) == SHORT
    assert switch in found
    assert [each.step for each in found] == sorted(each.step for each in found)
    assert switch.line == "Step 12: GH switched off"


def test_what_both_sides_have_is_told_once(runs: Path) -> None:
    comparison, _ = opened(make_pair(runs / "pair", switch=20))
    found = happenings(comparison)
    assert ("both", "GH switched off") in {(each.side, each.text) for each in found}
    assert len({each.line for each in found}) == len(found)


# --- the page ---


def test_a_projection_says_so_and_can_be_coloured_by_placement(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ghviz.app import globe

    given: list[bytes] = []
    real = globe.twin_globe
    monkeypatch.setattr(globe, "twin_globe", lambda one, **named: given.append(one) or real(one, **named))
    app = open_page("compare", pair=str(projected_pair(runs / "pair")))
    assert not app.exception
    shown = said(app)
    assert "in 8-D" in shown
    assert "trustworthiness" in shown
    assert "as drawn" in shown
    assert "Measuring how far" not in shown
    assert [each.label for each in app.expander] == [
        "Neighbours kept, lost and gained, class by class",
        "How far to trust the picture, class by class",
    ]
    assert not app.dataframe  # until they are opened
    assert "bands" not in read_header(given[-1])
    app.segmented_control(key="colour").set_value("placement").run()
    assert not app.exception
    assert not app.warning
    assert read_header(given[-1])["bands"]["title"] == "Placement"
    open_page("compare", pair=str(runs / "pair"), colour="nonsense")
    assert "bands" not in read_header(given[-1])


def test_the_embedding_itself_has_no_placement_to_show(runs: Path) -> None:
    app = open_page("compare", pair=str(make_pair(runs / "pair", switch=20)))
    assert not app.exception
    assert "not a projection: every point is where it is." in said(app)
    assert "trustworthiness" not in said(app)
    assert "colour" not in {each.key for each in app.segmented_control}
    assert [each.label for each in app.expander] == ["Neighbours kept, lost and gained, class by class"]


def test_a_click_on_a_moment_wishes_for_its_step_once(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ghviz.app import globe

    given = []
    real = globe.twin_globe
    monkeypatch.setattr(globe, "twin_globe", lambda *a, **named: given.append(named) or real(*a, **named))
    app = open_page("compare", pair=str(make_pair(runs / "pair", switch=20)))
    assert given[-1]["seek"] is None
    assert (20, "GH switched off") in given[-1]["moments"]
    button(app, "Step 20: GH switched off").click().run()
    assert not app.exception
    assert [each["seek"].step for each in given if each["seek"]] == [20]
    app.run()
    assert given[-1]["seek"] is None


def test_umap_says_how_far_to_trust_it(runs: Path) -> None:
    folder = projected_pair(runs / "pair")
    comparison, drawn = opened(folder)
    planes = {name: {10: drawn.views[name].coordinates[1][:, :2].copy()} for name in comparison.shown}
    write_layouts(folder, layout_arrays(planes))
    app = open_page("compare", pair=str(folder))
    assert "Step 10. " not in said(app)
    app.session_state["tab"] = "UMAP"
    app.run()
    assert not app.exception
    assert "Step 10. " in said(app)
    app.segmented_control(key="umap-colour").set_value("placement").run()
    assert not app.exception
    assert "Step 10. " in said(app)
