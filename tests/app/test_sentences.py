"""The computed sentence is honest in every case."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ghviz.app.numbers import NO_SEEDS, PLAIN, SEEDS_ONLY, numbers_html
from ghviz.app.sentences import Change, as_shown, change, summary_sentence, told
from ghviz.metrics.catalog import METRICS
from ghviz.types import ClassTable, MetricTable

NAN = float("nan")


def table(territory: float, *, gap: float = 20.0, slope: float = 0.7, classes: int = 10) -> MetricTable:
    summary = {
        "tail_territory": territory,
        "tail_gap": gap,
        "frequency_slope": slope,
        "evenness": 0.8,
        "tail_accuracy": 0.5,
    }
    names = tuple("abcdefghijkl"[:classes])
    return MetricTable(
        step=800,
        classes=ClassTable(names=names, counts=tuple(range(classes, 0, -1))),
        per_class={"territory_share": np.full(classes, 1 / classes)},
        summary=summary,
    )


def cards(base: MetricTable | None, gh: MetricTable | None, **arguments) -> str:
    """The cards' words, one line each."""
    html = numbers_html(base, gh, **{"dimension": 2, **arguments})
    return re.sub("(<[^>]*>)+", "\n", html)


def text(base: MetricTable, gh: MetricTable, **arguments) -> str:
    html = summary_sentence(
        base, gh, **{"dimension": 2, "step": 800, "last_step": 800, "gh_starts_at": 300, **arguments}
    )
    return re.sub("<[^>]*>", "", html)


def test_help_is_said_plainly() -> None:
    said = text(table(0.17), table(0.33, gap=25, slope=0.3))
    assert (
        said == "At step 800, the last, "
        "the five rare classes hold 17.0 % of the circle without GH, 33.0 % with it; seed noise is not known."
    )
    said = text(table(0.17), table(0.33, gap=25, slope=0.3), second=table(0.21))
    assert said.endswith(
        "17.0 % of the circle without GH, 33.0 % with it: 16.0 pts more, beyond seed noise (±4.0 pts)."
    )


def test_an_earlier_step_is_said() -> None:
    assert text(table(0.17), table(0.33), step=400, last_step=1800).startswith(
        "At step 400 of 1,800, the five"
    )


def test_place_depends_on_the_dimension() -> None:
    assert "of the sphere without" in text(table(0.1), table(0.2, slope=0.3), dimension=3)
    assert "of the sphere in 128 dimensions" in text(table(0.1), table(0.2, slope=0.3), dimension=128)


def test_one_rare_class() -> None:
    assert "the last, the rarest class holds 10.0 % of" in text(table(0.1, classes=3), table(0.2, classes=3))


def test_harm_is_said() -> None:
    html = summary_sentence(table(0.33), table(0.17), second=table(0.3), dimension=2, step=800, last_step=800)
    assert html.endswith(': <span class="but">16.0 pts less, beyond seed noise (±3.0 pts).</span>')


@pytest.mark.parametrize("territory", [0.33, 0.17, 0.1])
@pytest.mark.parametrize("slope", [0.2, 0.7, 1.2])
def test_nothing_sounds_certain_where_seed_noise_is_not_known(territory: float, slope: float) -> None:
    base, gh = table(0.17, gap=28), table(territory, gap=2, slope=slope)
    html = summary_sentence(base, gh, dimension=2, step=800, last_step=800)
    assert "but" not in html.replace("more even, but", "")
    assert "As far as one seed tells, the" in html
    assert "(tail gap 28.0° → 2.0°): they merge" in html
    assert html.count("seed noise is not known") == 1
    assert not re.search('class="(better|worse)"', numbers_html(base, gh, dimension=2))
    sure = summary_sentence(base, gh, second=table(0.18, gap=27), dimension=2, step=800, last_step=800)
    assert 'class="but"' in sure
    assert "one seed" not in sure


def test_no_difference_is_said() -> None:
    assert "no difference to speak of" in text(table(0.170), table(0.174))


@pytest.mark.parametrize(("other", "chance"), [(0.22, True), (0.12, True), (0.19, False)])
def test_seed_noise_is_said(other: float, chance: bool) -> None:
    said = text(table(0.17), table(0.20), second=table(other))
    assert ("may be chance" in said) == chance
    if chance:
        assert said.count(": 3.0 pts apart, no more than two seeds without GH (5.0 pts), so it") == 1


@pytest.mark.parametrize(
    ("gap", "end"), [(12, ")."), (10.1, ")."), (10, "): they merge."), (3, "): they merge.")]
)
def test_merging_is_said_only_of_centres_that_are_one(gap: float, end: str) -> None:
    second = table(0.18, gap=27)
    said = text(table(0.17, gap=28, slope=0.7), table(0.33, gap=gap, slope=0.2), second=second)
    assert said.endswith(
        "The territory is more even, but the rare classes come closer to others "
        f"(tail gap 28.0° → {gap:.1f}°{end}"
    )


def test_closer_classes_are_said_when_nothing_is_gained() -> None:
    said = text(table(0.22, gap=28, slope=0.7), table(0.14, gap=2, slope=1.5), second=table(0.2, gap=27))
    assert "8.0 pts less" in said
    assert said.endswith("The rare classes come closer to others (tail gap 28.0° → 2.0°): they merge.")


@pytest.mark.parametrize("classes", [2, 3])
def test_one_rare_class_comes_closer_to_another_one(classes: int) -> None:
    base, gh = table(0.17, gap=28, classes=classes), table(0.33, gap=12, slope=0.2, classes=classes)
    said = text(base, gh, second=table(0.18, gap=27, classes=classes))
    assert said.endswith("but the rarest class comes closer to another one (tail gap 28.0° → 12.0°).")
    within = text(base, gh, second=table(0.18, gap=8, classes=classes))
    assert "The rarest class comes closer to another one (tail gap 28.0° → 12.0°); two seeds" in within


def test_closer_within_seed_noise_is_said_as_such() -> None:
    said = text(table(0.17, gap=28, slope=0.7), table(0.33, gap=25, slope=0.3), second=table(0.17, gap=22))
    assert "28.0° → 25.0°); two seeds without GH differ as much (6.0°)" in said
    assert "merge" not in said


def test_wider_within_seed_noise_needs_no_warning() -> None:
    said = text(table(0.17, gap=22, slope=0.7), table(0.33, gap=25, slope=0.3), second=table(0.17, gap=28))
    assert "closer" not in said


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        (0.72, 0.72, "no nearer"),
        (0.72, 0.705, "hardly nearer"),
        (0.10, -0.60, "no nearer"),
        (0.4, -0.4, "no nearer"),
        (-0.1, 0.3, "no nearer"),
    ],
)
def test_slope_that_comes_no_nearer_to_zero_is_said(before: float, after: float, how: str) -> None:
    said = text(table(0.17, slope=before), table(0.20, slope=after))
    digits = 3 if how == "hardly nearer" else 2  # 0.72 → 0.70 would be more than it is
    numbers = f"{before:.{digits}f} → {after:.{digits}f}".replace("-", "−")
    assert said.endswith(f"But the frequency slope comes {how} to 0 ({numbers}).")


@pytest.mark.parametrize(("before", "after"), [(0.72, 0.6), (-0.6, 0.1), (-0.3, -0.2), (NAN, 0.2)])
def test_slope_that_comes_nearer_to_zero_needs_no_warning(before: float, after: float) -> None:
    assert "slope" not in text(table(0.17, slope=before), table(0.20, slope=after))


def test_before_gh_acts() -> None:
    said = text(table(0.17), table(0.17), step=120)
    assert "GH has not acted yet (it starts at step 300)" in said


@pytest.mark.parametrize(
    ("base", "gh", "end"),
    [
        (NAN, NAN, "can't be measured."),
        (0.17, NAN, "can't be measured with GH; 17.0 % without."),
        (NAN, 0.33, "can't be measured without GH; 33.0 % with it."),
    ],
)
def test_what_cannot_be_measured_is_said_with_what_can(base: float, gh: float, end: str) -> None:
    said = text(table(base), table(gh))
    assert said == f"At step 800, the last, the territory of the rare classes {end}"
    lines = cards(table(base), table(gh)).splitlines()
    assert end.split(";")[0].rstrip(".") in lines
    assert not any(symbol in line for line in lines for symbol in ("nan", "▲", "▼"))


def test_a_missing_number_of_both_sides_is_one_dash() -> None:
    assert "→" not in cards(table(NAN), table(NAN)).split("Tail territory")[1].split("Evenness")[0]


def test_a_circle_is_not_called_a_sphere() -> None:
    for info in METRICS.values():
        assert "sphere" not in told(info, 2)
    assert "part of the circle" in told(METRICS["territory_share"], 2)
    assert "part of the sphere" in told(METRICS["territory_share"], 3)
    html = numbers_html(table(0.1), table(0.2), dimension=2)
    assert "of the circle" in html
    assert "sphere" not in html


@pytest.mark.parametrize(
    ("base", "gh", "second", "verdict"),
    [
        (0.7, 0.3, None, "better"),
        (0.3, 0.7, None, "worse"),
        (0.4, -0.1, None, "better"),
        (0.1, -0.6, None, "worse"),
        (-0.6, 0.1, None, "better"),
        (-0.2, -0.5, None, "worse"),
        (0.4, -0.4, None, "neither"),  # it differs, and is as far from 0
        (0.4, -0.4, 0.45, "neither"),
        (0.4, -0.37, 0.45, "neither"),  # nearer by less than the two seeds are
        (0.4, -0.3, 0.45, "better"),
        (0.1, -0.6, -0.2, "worse"),
        (0.1, -0.15, -0.2, "noise"),
        (0.4, 0.39, None, "same"),
        (0.4, NAN, None, "unknown"),
    ],
)
def test_slope_is_judged_by_its_distance_from_zero(
    base: float, gh: float, second: float | None, verdict: str
) -> None:
    other = None if second is None else table(0.1, slope=second)
    found = change("frequency_slope", table(0.1, slope=base), table(0.1, slope=gh), second=other)
    assert found.verdict == verdict


def test_a_higher_gap_is_better() -> None:
    assert change("tail_gap", table(0.1, gap=20), table(0.1, gap=12)).verdict == "worse"
    assert change("tail_gap", table(0.1, gap=12), table(0.1, gap=20)).verdict == "better"


def test_lower_is_better_where_the_metric_says_so() -> None:
    assert Change("simplex_distance", 0.5, 0.2).verdict == "better"
    assert Change("simplex_distance", 0.2, 0.5).verdict == "worse"
    assert Change("head_resultant_length", 0.2, 0.5).verdict == "neither"


def test_one_class_is_not_called_rare() -> None:
    said = text(table(1.0, classes=1), table(1.0, classes=1))
    assert said == (
        "At step 800, the last, there is one class only: nothing is rare, and nothing to be compared with it."
    )
    assert "the rarest class holds" in text(table(0.4, classes=2), table(0.5, classes=2))


def test_numbers_show_both_sides_and_the_difference() -> None:
    html = numbers_html(table(0.17, slope=0.7), table(0.33, slope=0.3), dimension=3)
    assert html.count('class="gz-number"') == 5
    assert "0.70" in html
    assert "+16.0 pts<" in html
    assert "−0.40<" in html
    assert 'class="worse"' not in html
    assert 'class="better"' not in html, "as far as one seed tells"
    assert html.count("seed noise not known") == 5
    assert NO_SEEDS in html
    sure = numbers_html(table(0.17, slope=0.7), table(0.33, slope=0.3), second=table(0.18), dimension=3)
    assert 'class="better"' in sure


def test_numbers_within_seed_noise_are_greyed_and_every_card_says_how_much_it_is() -> None:
    lines = cards(table(0.17, gap=20), table(0.20, gap=30), second=table(0.22, gap=23))
    assert "▲ +3.0 pts\nwithin seed noise (±5.0 pts)" in lines
    assert "▲ +10.0°\nbeyond seed noise (±3.0°)" in lines
    assert "no difference\nwithin seed noise (±0.000)" in lines
    assert SEEDS_ONLY in lines
    assert NO_SEEDS not in lines


def test_only_measure_says_better_and_worse() -> None:
    for gap, slope in ((30, 0.2), (10, 1.5)):
        html = numbers_html(
            table(0.1, gap=20), table(0.3, gap=gap, slope=slope), second=table(0.12), dimension=2
        )
        assert not re.search('(better|worse)(?!")', re.sub('title="[^"]*"', "", html))


@pytest.mark.parametrize(
    ("base", "gh", "second", "shown"),
    [
        (0.170, 0.200, 0.197, "17.0 %\n→\n20.0 %\n▲ +3.0 pts\nbeyond seed noise (±2.7 pts)"),
        (0.1944, 0.3686, 0.2, "19.44 %\n→\n36.86 %\n▲ +17.42 pts"),  # 19.4 → 36.9 would be 17.5
        (0.19, 0.37, 0.2, "19.0 %\n→\n37.0 %\n▲ +18.0 pts"),
        (0.17, 0.20, 0.2002, "17.00 %\n→\n20.00 %\n▲ +3.00 pts\nwithin seed noise (±3.02 pts)"),
        (0.17, 0.1702, 0.3, "17.00 %\n→\n17.02 %\n▲ +0.02 pts\nwithin seed noise (±13.00 pts)"),
    ],
)
def test_numbers_and_their_differences_do_not_contradict(
    base: float, gh: float, second: float, shown: str
) -> None:
    assert shown in cards(table(base), table(gh), second=table(second))


def test_digits_do_not_grow_without_end() -> None:
    number = Change("frequency_slope", 0.7348, 0.2494, 0.9427)  # would add up with four only
    assert as_shown(number).digits == METRICS["frequency_slope"].digits
    number = Change("tail_gap", 10.0, 10.0 + 1e-7, 10.0)
    assert as_shown(number).digits == METRICS["tail_gap"].digits + 2


def test_what_the_tail_is_stands_beside_its_numbers() -> None:
    lines = cards(table(0.17), table(0.3)).splitlines()
    assert {"Tail gap, of the rarer half", "Tail territory, of the rarer half"} <= {*lines}
    assert "Tail 1-NN accuracy, of the rarest third" in lines
    assert "Tail 1-NN accuracy, of the rarest third" in cards(table(0.17), None)


def test_where_class_centres_are_plain_it_is_said() -> None:
    both = table(0.17), table(0.3)
    assert PLAIN in cards(*both, dimension=2)
    assert PLAIN in cards(both[0], None, dimension=3)
    assert PLAIN not in cards(*both, dimension=4)
    assert PLAIN not in cards(*both, dimension=2, keys=["evenness"])


def test_numbers_of_a_single_run() -> None:
    said = cards(table(0.17), None)
    assert "17.0 %" in said
    assert "seed" not in said
    assert "Intervals" not in said
    assert "→" not in said
    assert "can't be measured" in cards(None, table(NAN))


def test_a_caveat_within_seed_noise_is_no_alarm() -> None:
    """Whatever the verdict: slopes that are the same, too, when two seeds are farther apart."""
    sides = table(0.2, slope=0.5), table(0.3, slope=0.49)
    seconds = table(0.21, slope=0.8), table(0.21, slope=0.5)
    told = [summary_sentence(*sides, dimension=3, second=each, step=800, last_step=800) for each in seconds]
    assert [each.count('class="but"') for each in told] == [0, 1]
    assert all("hardly nearer to 0" in each for each in told)
