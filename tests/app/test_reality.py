"""What Compare says about its own picture, about neighbours, and about what happened when."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from ghviz.app import reality
from ghviz.app.globe.parts import read_header
from ghviz.app.happenings import SHORT, Happening, happenings, on_side, shortest
from ghviz.app.ledger import placement_rows
from ghviz.app.numbers import numbers_html
from ghviz.app.opened import opened, read
from ghviz.app.plain import plain
from ghviz.app.reality import Closeness, Reality, closeness, drawings, placed_scene, reality_at
from ghviz.app.reality_words import closeness_sentence, trust_sentence
from ghviz.app.sentences import Change, as_shown, fine
from ghviz.embed import save_snapshot
from ghviz.figures.placement_bands import BANDS
from ghviz.metrics import (
    MetricSeries,
    events_of,
    frequency_slope,
    knn_purity,
    meetings_of,
    nearest_angles_of_cosines,
    nearest_neighbor_accuracy,
    silhouette,
    tail_gap,
    tail_mean_cosine,
    territory_share,
    unbiased_center_cosines,
)
from ghviz.metrics.catalog import METRICS
from ghviz.projections import quality as picture_quality_module
from ghviz.projections.quality import PictureQuality, Quality, picture_quality
from ghviz.projections.sphere import picture_basis
from ghviz.projections.umap import layout_arrays
from ghviz.store import write_layouts
from ghviz.types import ClassTable
from tests.app.conftest import button, open_page, said
from tests.metrics.samples import cloud
from tests.store.builders import make_pair, make_run

COUNTS = (40, 17, 7, 4)


def projected_pair(
    folder: Path,
    *,
    steps: tuple[int, ...] = (0, 10),
    dimension: int = 8,
    counts: tuple[int, ...] = COUNTS,
    spread: float = 0.4,
    tested: bool = True,
) -> Path:
    """A pair of embeddings in eight dimensions, which only a projection can show."""
    for seed, side in enumerate(("base", "gh")):
        for step in steps:
            rows, labels = cloud(3 + seed + step, dimension, counts=counts, spread=spread)
            generator = np.random.default_rng(step + seed)
            test = np.tile(rows[np.unique(labels, return_index=True)[1]], (25, 1))
            test += 0.5 * generator.standard_normal(test.shape)
            save_snapshot(
                folder / side,
                rows,
                labels,
                step=step,
                title=side,
                test=(test, np.tile(np.arange(len(counts)), 25)) if tested else None,
            )
    return folder


def quality(trust: float, continuity: float, *, tail: float) -> PictureQuality:
    """Of four classes, of which the two in the tail half have another trustworthiness."""
    per_class = np.array([trust, trust, tail, np.nan])
    return PictureQuality(
        Quality(trust, per_class, np.full(5, trust)), Quality(continuity, per_class, np.full(5, continuity))
    )


def side(true: float | list[float], shown: float | list[float], *, nowhere: int = 0) -> Reality:
    """Of one pair of tail classes, or of several."""
    return Reality(
        quality=quality(1, 1, tail=1),
        closeness=Closeness(np.atleast_1d(true), np.atleast_1d(shown), nowhere=nowhere),
        headlines={},
    )


def words(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


# --- sentences ---


def test_closeness_that_is_real() -> None:
    told = closeness_sentence({"base": side(0.81, 0.84), "gh": side([0.5, 0.34], [0.44, 0.46])}, 128)
    assert words(told) == (
        "The tail classes' closeness here is real: 0.81 in 128-D, 0.84 as shown without GH; "
        "0.42 and 0.45 with GH (mean cosine of their centres; a pair is off by 0.03 → 0.09 on average)."
    )
    assert "but" not in told


@pytest.mark.parametrize(
    ("shown", "start"),
    [
        (0.599, "The tail classes' closeness here is real"),
        (0.401, "The tail classes' closeness here is real"),
        (0.601, "The tail classes look closer together than they are"),
        (0.399, "The tail classes look farther apart than they are"),
    ],
)
def test_real_is_what_differs_by_a_tenth_at_most(shown: float, start: str) -> None:
    assert words(closeness_sentence({"gh": side(0.5, shown)}, 16)).startswith(start)


def test_closeness_that_the_projection_made_or_hid() -> None:
    told = words(closeness_sentence({"gh": side(-0.31, 0.84)}, 16))
    assert told.startswith(
        "The tail classes look closer together than they are: −0.31 in 16-D, 0.84 as shown"
    )
    assert "farther apart than they are" in closeness_sentence({"gh": side(0.9, 0.5)}, 16)
    assert 'class="but"' in closeness_sentence({"gh": side(0.9, 0.5)}, 16)


def test_errors_of_opposite_sign_do_not_cancel() -> None:
    told = closeness_sentence({"gh": side([0.5, 0.5, 0.5], [0.9, 0.1, 0.55])}, 16)
    assert words(told) == (
        "Some tail classes look closer together than they are, others farther apart: 0.50 in 16-D, 0.52 as "
        "shown, 1 of 3 pairs closer and 1 farther (mean cosine of their centres; a pair is off by 0.28 on "
        "average)."
    )
    assert 'class="but"' in told
    # small errors the other way are no second direction
    assert "look closer together than they are:" in words(
        closeness_sentence({"gh": side([0.1, 0.5], [0.9, 0.45])}, 16)
    )


def test_closeness_that_differs_between_the_sides() -> None:
    told = words(closeness_sentence({"base": side(0.3, 0.8), "gh": side(0.5, 0.5)}, 16))
    assert told == (
        "Without GH the tail classes look closer together than they are: 0.30 in 16-D, 0.80 as shown; "
        "with GH the tail classes' closeness here is real: 0.50 in 16-D, 0.50 as shown "
        "(mean cosine of their centres; a pair is off by 0.50 → 0.00 on average)."
    )


def test_one_tail_class_is_close_to_none() -> None:
    assert closeness_sentence({"base": side([], [])}, 8) == ""


def test_classes_that_point_nowhere_are_left_out_and_that_is_said() -> None:
    scatter = "nowhere, in the picture or in all dimensions: the samples scatter as by chance."
    told = words(closeness_sentence({"base": side([], [], nowhere=3), "gh": side(0.5, 0.5)}, 16))
    assert told == (
        "The tail classes' closeness here is real: 0.50 in 16-D, 0.50 as shown (mean cosine of their "
        f"centres; a pair is off by 0.00 on average). Left out: 3 → 0 tail classes that point {scatter}"
    )
    told = words(closeness_sentence({"base": side(0.3, 0.8), "gh": side(0.5, 0.5, nowhere=1)}, 16))
    assert told.endswith(f"0.50 → 0.00 on average). Left out: 0 → 1 tail classes that point {scatter}")
    alone = words(closeness_sentence({"gh": side([], [], nowhere=1)}, 16))
    assert alone == f"Left out: 1 tail class that points {scatter}"


@pytest.mark.parametrize(
    ("trust", "tail", "start"),
    [
        (0.97, 0.96, "On the whole, neighbours in this picture are near"),
        (0.9, 0.96, "Neighbours in this picture are only roughly near"),
        (0.7, 0.96, "Many neighbours in this picture are none"),
        (0.97, 0.9, "Among the tail classes, neighbours in this picture are only roughly near"),
        (0.97, 0.8, "Among the tail classes, many neighbours in this picture are none"),
        (0.9, 0.8, "Among the tail classes, many neighbours in this picture are none"),
    ],
)
def test_trust_is_judged_by_its_worst_number(trust: float, tail: float, start: str) -> None:
    sides = {"base": quality(0.99, 0.98, tail=0.96), "gh": quality(trust, 1.0, tail=tail)}
    told = trust_sentence(sides)
    assert words(told).startswith(start)
    assert words(told).endswith(
        f"trustworthiness 0.99 → {trust:.2f} (tail half 0.96 → {tail:.2f}), "
        f"continuity 0.98 → 1.00 (tail half 0.96 → {tail:.2f})."
    )
    assert ('class="but"' in told) == ("any neighbours" in told)


def test_of_how_many_points_trust_was_measured_is_said() -> None:
    some = np.where(np.arange(30_000) % 10, np.nan, 0.9)
    each = Quality(overall=0.9, per_class=np.array([0.9, 0.9]), per_point=some)
    told = words(trust_sentence({"gh": PictureQuality(each, each)}))
    assert told.endswith("continuity 0.90 (tail half 0.90) (measured on 3,000 of 30,000 points).")


def test_measuring_some_of_very_many_points_warns_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are errors here; the sentence beside the picture says it."""
    rows, labels = cloud(1, 8, counts=COUNTS)
    monkeypatch.setattr(picture_quality_module, "PAIRS", 20 * len(labels))
    monkeypatch.setattr(picture_quality_module, "AT_LEAST", 1)
    found = reality.quality_of(rows, rows[:, :3] + 0.001, labels, num_classes=len(COUNTS))
    assert 0 < np.isfinite(found.placement).sum() <= 20


def test_no_picture_is_said_to_be_the_embedding() -> None:
    told = words(trust_sentence({"gh": quality(0.95, 0.95, tail=0.95)}))
    assert "those of the embedding" not in told
    assert told.startswith("On the whole")
    assert "as it is" not in BANDS[0].name


def test_numbers_have_those_of_the_picture_beside_them(runs: Path) -> None:
    comparison, _ = opened(make_pair(runs / "pair"))
    tables = [record.tables[-1] for record in comparison.sides.values()]
    drawn = {
        "base": {"tail_gap": 7.6, "evenness": 0.5},
        "gh": {"tail_gap": float("nan"), "evenness": 0.6},
    }
    html = numbers_html(*tables, dimension=16, drawn=drawn)
    assert "as drawn 7.6° → –" in html
    assert "as drawn 0.500 → 0.600" in html
    assert "as drawn" not in numbers_html(*tables, dimension=2)


# --- measuring ---


def test_reality_is_measured_on_the_drawing_and_on_the_embedding(runs: Path) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair"))
    found = reality_at(drawings(comparison, drawn), step=10)
    for name, record in comparison.shown.items():
        rows, place = record.run.snapshot(10).train, drawn.views[name].coordinates[1]
        labels = record.points.train_labels
        both = found[name].closeness
        for values, cloud_ in zip((both.true, both.shown), (rows, place), strict=True):
            assert values.tolist() == [unbiased_center_cosines(cloud_, labels)[2, 3]]  # of the two rarest
        expected = picture_quality(rows, place, labels).placement
        np.testing.assert_array_equal(found[name].quality.placement, expected)
    table = placement_rows({name: each.quality for name, each in found.items()}, comparison.any_side.classes)
    assert list(table)[2:] == [
        f"{kind} {which} GH" for which in ("without", "with") for kind in ("Trustworthiness", "Continuity")
    ]


def test_headlines_as_drawn_are_those_of_the_drawn_points(runs: Path) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair", spread=0.7))
    found = reality_at(drawings(comparison, drawn), step=10)
    counts = np.array(COUNTS)
    last = {name: record.run.snapshot(10) for name, record in comparison.shown.items()}
    basis = picture_basis(last, comparison.any_side.points)
    for i, (name, record) in enumerate(comparison.shown.items()):
        place, labels = drawn.views[name].coordinates[1], record.points.train_labels
        test = np.float64(last[name].test) @ basis
        share = territory_share(place, labels).share
        accuracy = nearest_neighbor_accuracy(place, labels, test, record.points.test_labels)
        angles = np.degrees(np.arccos(unbiased_center_cosines(place, labels)))
        np.fill_diagonal(angles, np.inf)
        expected = {
            "frequency_slope": frequency_slope(share, counts).slope,
            "tail_gap": angles.min(axis=1)[2:].mean(),  # the two rarest of four classes
            "tail_territory": share[2:].sum(),
            "evenness": -(share * np.log(share)).sum() / np.log(4),
            "tail_accuracy": accuracy[3],  # the rarest third: one class
        }
        assert found[name].headlines == pytest.approx(expected, abs=1e-9)
        table = record.tables[1].summary  # in all dimensions they are others, each of them
        assert all(abs(table[key] - value) > 1e-3 for key, value in expected.items()), i


def test_without_test_points_only_the_accuracy_is_missing(runs: Path) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair", tested=False))
    for each in reality_at(drawings(comparison, drawn), step=10).values():
        assert [key for key, value in each.headlines.items() if np.isnan(value)] == ["tail_accuracy"]


def test_small_classes_make_no_difference_between_dimensions() -> None:
    """Samples that scatter in three directions alone: there a projection loses nothing, and none may appear.

    The scatter of the centres of small classes is the same in both then; here it is in 64 dimensions in one
    and in three in the other, while the directions of the classes are the same.
    """
    generator = np.random.default_rng(0)
    labels, counts = np.repeat([0, 1, 2, 3], [400, 400, 4, 4]), np.array([400, 400, 4, 4])
    centers = np.eye(64)[[0, 1, 2, 2]]  # the two rare classes are one
    plain, corrected = [], []
    for _ in range(200):
        rows = centers[labels] + 0.25 * generator.standard_normal((len(labels), 64))
        found = closeness(rows, rows[:, :3], labels, counts=counts)
        if found.nowhere:  # of four samples, by chance
            continue
        corrected.append(found.true[0] - found.shown[0])
        cosines = [tail_mean_cosine(each, labels, counts=counts) for each in (rows, rows[:, :3])]
        plain.append(cosines[0] - cosines[1])
    assert len(plain) > 100
    assert np.mean(plain) < -0.3  # plain centres would say that the picture invents closeness
    assert abs(np.mean(corrected)) < 0.1


def test_what_is_drawn_without_loss_is_real_and_classes_that_point_nowhere_are_left_out() -> None:
    """Also for those that point nowhere the correction has bounds, and these depend on the dimension."""
    rows, labels = cloud(1, 3, counts=(40, 17, 7, 6, 5, 4), spread=0.8)
    padded, counts = np.pad(rows, ((0, 0), (0, 29))), np.array([40, 17, 7, 6, 5, 4])
    found = closeness(padded, rows, labels, counts=counts)
    assert found.nowhere == 1
    assert len(found.true) == 1
    assert found.error < 1e-9


def test_a_class_of_two_samples_counts_for_nothing(runs: Path) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair", counts=(40, 17, 7, 6, 5, 2)))
    for each in reality_at(drawings(comparison, drawn), step=10).values():
        assert len(each.closeness.true) == len(each.closeness.shown) == 1  # of two of the three tail classes
        assert np.isfinite(each.headlines["tail_gap"])
    for record in comparison.sides.values():
        assert np.isnan(record.tables[-1].per_class["nearest_center_angle"][-1])
        assert np.isfinite(record.tables[-1].summary["tail_gap"])


def test_the_gap_beside_the_drawn_one_is_corrected_too(runs: Path) -> None:
    folder = projected_pair(runs / "pair")
    comparison, drawn = opened(folder)
    for name, record in comparison.sides.items():
        labels = record.points.train_labels
        for step, table, before in zip(
            record.steps, record.tables, read(folder).sides[name].tables, strict=True
        ):
            rows = record.run.snapshot(step).train
            angles = nearest_angles_of_cosines(unbiased_center_cosines(rows, labels))
            assert table.summary["tail_gap"] == pytest.approx(angles[2:].mean())
            np.testing.assert_allclose(table.per_class["nearest_center_angle"], angles)
            assert before.summary["tail_gap"] == pytest.approx(tail_gap(rows, labels))
            assert abs(table.summary["tail_gap"] - before.summary["tail_gap"]) > 0.1
            assert table.summary["evenness"] == before.summary["evenness"]
            assert list(table.summary) == list(before.summary)
            assert list(table.per_class) == list(before.per_class)
    captions = [each["captions"][-1] for each in read_header(drawn.scene)["sides"]]
    gaps = (
        METRICS["tail_gap"].format(each.tables[-1].summary["tail_gap"]) for each in comparison.sides.values()
    )
    assert all(gap in caption for gap, caption in zip(gaps, captions, strict=True))


def test_the_embedding_itself_is_shown_as_it_was_measured(runs: Path) -> None:
    folder = make_pair(runs / "pair")
    assert [each.tables for each in opened(folder)[0].sides.values()] == [
        each.tables for each in read(folder).sides.values()
    ]


def test_placement_of_all_steps_or_of_those_looked_at(runs: Path) -> None:
    comparison, drawn = opened(projected_pair(runs / "pair"))

    def known(step: int, at_once: int) -> list[list[bool]]:
        header = read_header(
            placed_scene(drawn.scene, drawings(comparison, drawn), step=step, at_once=at_once)
        )
        return [[name is not None for name in one["values"]] for one in header["sides"]]

    reality._known_placements.clear()
    assert known(10, 0) == [[False, True]] * 2
    assert known(3, 0) == [[True, True]] * 2  # of step 0, and what has been looked at stays
    reality._known_placements.clear()
    assert known(10, 4 * sum(COUNTS) ** 2) == [[True, True]] * 2


def test_very_few_points_have_fewer_neighbours() -> None:
    rows = np.random.default_rng(0).standard_normal((5, 6))
    found = reality.quality_of(rows, rows[:, :3], np.array([0, 0, 1, 1, 1]), num_classes=2)
    expected = picture_quality(rows, rows[:, :3], np.array([0, 0, 1, 1, 1]), neighbors=2)
    np.testing.assert_array_equal(found.placement, expected.placement)


# --- happenings ---


def test_a_moment_of_many_pairs_is_one_line() -> None:
    classes = ClassTable(names=("a", "b", "c"), counts=(3, 2, 1))
    apart, near = np.eye(3), np.full((3, 3), np.cos(np.radians(5)))
    series = MetricSeries(steps=np.array([0, 5]), classes=classes, meetings=meetings_of([apart, near]))
    (found,) = on_side(events_of(series), "gh")
    assert found.line == ("Step 5: with GH, 3 pairs of class centres merge: a and b, a and c, b and c")
    assert found.count == 3


def test_on_a_circle_shares_are_of_the_circle() -> None:
    classes = ClassTable(names=("a of the sphere against", "b"), counts=(3, 2))
    shares = np.array([[0.2, 0.8], [0.8, 0.2]])
    series = MetricSeries(steps=np.array([0, 5]), classes=classes, territory_share=shares)
    for dimension, place in ((2, "circle"), (3, "sphere"), (16, "sphere")):
        (found,) = on_side(events_of(series), "gh", dimension=dimension)
        assert found.line == (
            "Step 5: with GH, a of the sphere against (head) overtakes b (tail): "
            f"80 % of the {place} against 20 %"
        )


def overtaking_pair(folder: Path, *, dimension: int) -> Path:
    """A pair of which one side changes: without GH the first class gets more of the sphere."""
    for side in ("base", "gh"):
        for step in (0, 10):
            rows, labels = cloud(1, dimension, counts=(30, 29), spread=0.3)
            narrow = labels == (1 if step and side == "base" else 0)
            rows[narrow] = rows[narrow][0]
            save_snapshot(folder / side, rows, labels, step=step, title=side)
    return folder


@pytest.mark.parametrize(("dimension", "place"), [(2, "circle"), (3, "sphere")])
def test_moments_of_a_pair_are_of_its_sphere_or_circle(runs: Path, dimension: int, place: str) -> None:
    found = happenings(opened(overtaking_pair(runs / "pair", dimension=dimension))[0])
    lines = [each.line for each in found if each.kind.endswith("-overtakes")]
    assert lines
    assert all(f" of the {place} against " in line for line in lines)


def test_marks_of_the_slider_say_whose_they_are(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ghviz.app import globe

    given = []
    real = globe.twin_globe
    monkeypatch.setattr(globe, "twin_globe", lambda *a, **named: given.append(named) or real(*a, **named))
    app = open_page("compare", pair=str(overtaking_pair(runs / "pair", dimension=3)))
    assert not app.exception
    marked = given[-1]["moments"]
    assert any(text.startswith("without GH, ") and "overtakes" in text for _, text in marked)
    assert [plain(f"Step {step:,}: {text}") for step, text in marked] == [
        each.label for each in app.button if each.label.startswith("Step ")
    ]


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
    button(app, plain("Step 20: GH switched off")).click().run()
    assert not app.exception
    assert [each["seek"].step for each in given if each["seek"]] == [20]
    app.run()
    assert given[-1]["seek"] is None


def flat_pair(folder: Path) -> Path:
    """A pair in eight dimensions with layouts of its last step."""
    projected_pair(folder)
    comparison, drawn = opened(folder)
    planes = {name: {10: drawn.views[name].coordinates[1][:, :2].copy()} for name in comparison.shown}
    write_layouts(folder, layout_arrays(planes))
    return folder


def test_umap_says_how_far_to_trust_it(runs: Path) -> None:
    app = open_page("compare", pair=str(flat_pair(runs / "pair")))
    assert "Step 10. " not in said(app)
    app.session_state["tab"] = "UMAP"
    app.run()
    assert not app.exception
    assert "Step 10. " in said(app)
    app.segmented_control(key="umap-colour").set_value("placement").run()
    assert not app.exception
    assert "Step 10. " in said(app)


def test_umap_has_numbers_as_drawn_and_the_trust_of_each_class(runs: Path) -> None:
    folder = flat_pair(runs / "pair")
    app = open_page("compare", pair=str(folder))
    assert "Purity of neighbours" not in said(app)
    app.session_state["tab"] = "UMAP"
    app.session_state["umap-trust"] = True
    app.run()
    assert not app.exception
    shown = re.sub("(<[^>]*>)+", "|", said(app))
    comparison, drawn = opened(folder)
    for key, metric in (("knn_purity", knn_purity), ("silhouette", silhouette)):
        info, true, flat = fine(METRICS[key]), [], []
        for name, record in comparison.shown.items():
            labels = record.points.train_labels
            true.append(metric(record.run.snapshot(10).train, labels).mean())
            flat.append(FLAT_METRICS[key](drawn.views[name].coordinates[1][:, :2], labels))
        shown_as = as_shown(Change(key, *true))
        assert f"|{info.title}|{shown_as.format(true[0])}|→|{shown_as.format(true[1])}|" in shown
        assert f"|as drawn {info.format(flat[0])} → {info.format(flat[1])}|" in shown
    assert "can't be measured as drawn" in shown
    assert [each.label for each in app.expander].count("How far to trust the picture, class by class") == 1
    lines = set(re.findall(r"\|as drawn ([^|]*)\|", shown))
    assert len(lines) == len(FLAT_METRICS)  # the sphere's are not seen here
    (table,) = app.dataframe
    assert list(table.value["Class"]) == list(comparison.any_side.classes.names)
    quality_ = picture_quality(
        comparison.sides["gh"].run.snapshot(10).train,
        drawn.views["gh"].coordinates[1][:, :2],
        comparison.any_side.points.train_labels,
    )
    np.testing.assert_allclose(
        table.value["Continuity with GH"], quality_.continuity.per_class.round(2), atol=1e-9
    )


def purity_of_plane(places: np.ndarray, labels: np.ndarray) -> float:
    """Mean over classes of the share of own among the k nearest on the plane."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    shares = []
    for c in np.unique(labels):
        members = np.flatnonzero(labels == c)
        near = np.argsort(distances[members], axis=1)[:, : min(5, len(members) - 1)]
        shares.append((labels[near] == c).mean())
    return float(np.mean(shares))


def silhouette_of_plane(places: np.ndarray, labels: np.ndarray) -> float:
    """Mean over classes of the silhouette by squared distance."""
    squares = np.square(places[:, None].astype(float) - places[None]).sum(axis=2)
    each = silhouette_samples(squares, labels, metric="precomputed")
    return float(np.mean([each[labels == c].mean() for c in np.unique(labels)]))


FLAT_METRICS = {"knn_purity": purity_of_plane, "silhouette": silhouette_of_plane}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_a_plane_is_measured_by_its_distances(scale: float) -> None:
    rows, labels = cloud(0, 8, counts=COUNTS, spread=0.7)
    places = np.float32(scale * (rows[:, :2] * [3, 1] + [40, -7]))
    classes = ClassTable(names=tuple("abcd"), counts=COUNTS)
    found = reality.flat_numbers(places, labels, classes, step=1, plane=True).summary
    assert set(found) == {"knn_purity", "silhouette"}
    for key, metric in FLAT_METRICS.items():
        assert found[key] == pytest.approx(metric(np.float64(places), labels), abs=2e-3)
    whole = reality.flat_numbers(rows, labels, classes, step=1).summary
    assert whole["silhouette"] == pytest.approx(silhouette(rows, labels).mean())
    assert abs(whole["silhouette"] - found["silhouette"]) > 0.05


def test_a_layout_in_one_place_is_measured_too() -> None:
    labels = np.repeat([0, 1], 5)
    classes = ClassTable(names=("a", "b"), counts=(5, 5))
    found = reality.flat_numbers(np.zeros((10, 2), np.float32), labels, classes, step=1, plane=True).summary
    assert found["silhouette"] == 0
    assert found["knn_purity"] == pytest.approx(4 / 9)
