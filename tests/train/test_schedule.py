from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghviz.train.presets import PRESETS
from ghviz.train.schedule import learning_rates, rates_of
from ghviz.types import RunConfig
from tests import golden


def test_golden() -> None:
    data = golden.arrays("schedules")
    epochs, warm_up = int(data["epochs"]), int(data["warm_up"])
    np.testing.assert_allclose(learning_rates(epochs), data["plain"], rtol=1e-6)
    np.testing.assert_allclose(learning_rates(epochs, warm_up=warm_up), data["warm"], rtol=1e-6)


def test_written_out_formula() -> None:
    rates = learning_rates(40, warm_up=25, peak=0.2, middle=0.1, final=0.01, linear=5)
    for index, rate in enumerate(rates):
        e = index + 1
        if e < 5:
            expected = 0.2 * e / 5
        elif e < 25:
            expected = 0.1 + 0.1 * (1 + math.cos(math.pi * (e - 5) / 20)) / 2
        else:
            expected = 0.01 + 0.09 * (1 + math.cos(math.pi * (e - 25) / 15)) / 2
        assert rate == pytest.approx(expected)


def test_milestones() -> None:
    plain = learning_rates(100)
    assert plain[0] == pytest.approx(0.05)
    assert plain[9] == plain.max() == pytest.approx(0.5)
    assert plain[-1] == pytest.approx(1e-6)
    two_stage = learning_rates(100, warm_up=60)
    assert two_stage[9] == two_stage.max() == pytest.approx(0.5)
    assert two_stage[59] == pytest.approx(0.3)
    assert two_stage[-1] == pytest.approx(1e-6)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    epochs=st.integers(1, 40),
    warm_up=st.none() | st.integers(0, 50),
    linear=st.integers(0, 15),
)
def test_short_runs_stay_in_range_and_never_rise_after_the_start(
    epochs: int, warm_up: int | None, linear: int
) -> None:
    rates = learning_rates(epochs, warm_up=warm_up, linear=linear)
    assert rates.shape == (epochs,)
    assert rates.dtype == np.float64
    assert ((rates > 0) & (rates <= 0.5)).all()
    risen = rates[max(linear - 1, 0) :]
    assert (np.diff(risen) <= 1e-12).all()


@pytest.mark.parametrize(
    ("epochs", "keywords", "message"),
    [
        (0, {}, "epochs >= 1"),
        (10, {"warm_up": -1}, "warm_up >= 0"),
        (10, {"linear": -1}, "linear >= 0"),
        (10, {"final": -0.1}, "0 <= final"),
        (10, {"peak": 0.2, "warm_up": 5}, "middle <= peak"),
        (10, {"peak": math.nan}, "need 0 <= final <= middle <= peak"),
    ],
)
def test_bad_arguments(epochs: int, keywords: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        learning_rates(epochs, **keywords)


def test_a_recipe_has_the_rates_of_the_reference() -> None:
    data = golden.arrays("schedules")
    config = replace(
        PRESETS["cifar100-lt"].config, epochs=int(data["epochs"]), gh_warm_up=int(data["warm_up"])
    )
    np.testing.assert_allclose(rates_of(config), data["warm"], rtol=1e-6)
    np.testing.assert_allclose(rates_of(replace(config, schedule="plain")), data["plain"], rtol=1e-6)
    assert np.array_equal(rates_of(config), rates_of(replace(config, gh="off")))


def test_large_recipes_meet_at_a_tenth() -> None:
    rates = rates_of(PRESETS["imagenet-lt"].config)
    assert rates[399] == pytest.approx(0.1)
    assert rates[9] == rates.max() == pytest.approx(0.5)


@pytest.mark.parametrize("middle", [0.0, 1e-7, 0.25, 1.0])
def test_stages_meet_at_any_fraction_of_the_peak(middle: float) -> None:
    config = RunConfig(epochs=100, gh_warm_up=60, schedule="two-stage", middle_rate=middle, learning_rate=2.0)
    rates = rates_of(config)
    assert rates[59] == pytest.approx(2 * middle)
    assert rates[-1] == pytest.approx(min(4e-6, 2 * middle))


def test_constant_rate() -> None:
    assert rates_of(RunConfig(epochs=3, learning_rate=0.25)).tolist() == [0.25] * 3
