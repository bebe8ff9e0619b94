"""The computed sentence is honest in every case."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ghviz.app.numbers import numbers_html
from ghviz.app.sentences import change, summary_sentence, told
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
        "the five rare classes hold 17 % of the circle without GH, 33 % with it."
    )


def test_an_earlier_step_is_said() -> None:
    assert text(table(0.17), table(0.33), step=400, last_step=1800).startswith(
        "At step 400 of 1,800, the five"
    )


def test_place_depends_on_the_dimension() -> None:
    assert "of the sphere without" in text(table(0.1), table(0.2, slope=0.3), dimension=3)
    assert "of the sphere in 128 dimensions" in text(table(0.1), table(0.2, slope=0.3), dimension=128)


def test_one_rare_class() -> None:
    assert "the last, the rarest class holds 10 % of" in text(table(0.1, classes=3), table(0.2, classes=3))


def test_harm_is_said() -> None:
    assert "GH makes it worse here." in text(table(0.33), table(0.17))


def test_no_difference_is_said() -> None:
    assert "no difference to speak of" in text(table(0.170), table(0.174))


@pytest.mark.parametrize(("other", "chance"), [(0.22, True), (0.12, True), (0.19, False)])
def test_seed_noise_is_said(other: float, chance: bool) -> None:
    said = text(table(0.17), table(0.20), second=table(other))
    assert ("may be chance" in said) == chance
    if chance:
        assert "(5 pts)" in said


def test_merging_is_said_when_the_slope_alone_looks_good() -> None:
    said = text(table(0.17, gap=28, slope=0.7), table(0.33, gap=12, slope=0.2))
    assert (
        "more even, but the rare classes come closer together (tail gap 28.0° → 12.0°): they merge." in said
    )


def test_closer_classes_are_said_when_nothing_is_gained() -> None:
    said = text(table(0.22, gap=28, slope=0.7), table(0.14, gap=2, slope=1.5))
    assert "worse here" in said
    assert "come closer together" in said
    assert "they merge" not in said


def test_closer_within_seed_noise_is_said_as_such() -> None:
    said = text(table(0.17, gap=28, slope=0.7), table(0.33, gap=25, slope=0.3), second=table(0.17, gap=22))
    assert "28.0° → 25.0°); two seeds without GH differ as much (6.0°)" in said
    assert "merge" not in said


def test_wider_within_seed_noise_needs_no_warning() -> None:
    said = text(table(0.17, gap=22, slope=0.7), table(0.33, gap=25, slope=0.3), second=table(0.17, gap=28))
    assert "closer" not in said


def test_slope_that_does_not_fall_is_said() -> None:
    said = text(table(0.17, slope=0.72), table(0.20, slope=0.72))
    assert "But the frequency slope does not fall (0.72 → 0.72)." in said


def test_before_gh_acts() -> None:
    said = text(table(0.17), table(0.17), step=120)
    assert "GH has not acted yet (it starts at step 300)" in said


@pytest.mark.parametrize(
    ("base", "gh", "end"),
    [
        (NAN, NAN, "can't be measured."),
        (0.17, NAN, "can't be measured with GH; 17 % without."),
        (NAN, 0.33, "can't be measured without GH; 33 % with it."),
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


def test_lower_slope_is_better_and_higher_gap_too() -> None:
    assert change("frequency_slope", table(0.1, slope=0.7), table(0.1, slope=0.3)).verdict == "better"
    assert change("tail_gap", table(0.1, gap=20), table(0.1, gap=12)).verdict == "worse"


def test_numbers_show_both_sides_and_the_difference() -> None:
    html = numbers_html(table(0.17, slope=0.7), table(0.33, slope=0.3), dimension=3)
    assert html.count('class="gz-number"') == 5
    assert "0.70" in html
    assert "+16 pts better" in html
    assert "−0.40 better" in html
    assert 'class="worse"' not in html
    assert "noise" not in html


def test_numbers_within_seed_noise_are_greyed_and_every_card_says_how_much_it_is() -> None:
    lines = cards(table(0.17, gap=20), table(0.20, gap=30), second=table(0.22, gap=23))
    assert "▲ +3 pts within\nseed noise ±5 pts" in lines
    assert "▲ +10.0° better\nseed noise ±3.0°" in lines


def test_numbers_of_a_single_run() -> None:
    said = cards(table(0.17), None)
    assert "17 %" in said
    assert "→" not in said
    assert "can't be measured" in cards(None, table(NAN))
