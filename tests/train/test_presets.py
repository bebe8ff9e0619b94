"""Property: presets are consistent and told apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghviz.data.longtail import class_counts
from ghviz.train.presets import PRESETS, preset_named
from ghviz.train.recipes import LENGTHS, floor_of_counts, scaled
from ghviz.types import RunConfig

DOCS = Path(__file__).parents[2] / "docs"
RECIPES = ("cifar100-lt", "cifar10-lt", "imagenet-lt", "places-lt")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_valid_configuration_that_says_its_name(name):
    preset = PRESETS[name]
    assert preset.config.preset == name
    assert msgspec.convert(msgspec.to_builtins(preset.config), RunConfig) == preset.config
    assert preset.config.gh_warm_up < preset.config.epochs
    assert preset.title
    assert preset.text
    assert preset.claim


def test_readme_calls_presets_what_the_app_calls_them():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", readme, re.MULTILINE))
    for name, preset in PRESETS.items():
        assert shown[name].startswith(preset.title), name


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'digits'"):
        preset_named("digit")


@pytest.mark.parametrize(
    ("name", "samples"), [("imagenet-lt", 115_846), ("places-lt", 62_500)], ids=["imagenet", "places"]
)
def test_the_floor_is_what_the_reference_adds_in_counts(name, samples):
    config = PRESETS[name].config
    vertices = config.num_targets
    lowest = 100 / (samples + 100 * vertices)  # prior of a vertex without a sample
    assert config.gh_prior_floor / vertices == pytest.approx(lowest, rel=1e-3)
    assert floor_of_counts(100, samples=samples, num_targets=vertices) / vertices == pytest.approx(lowest)


@pytest.mark.parametrize("name", ["cifar100-lt", "cifar10-lt"])
def test_snapshots_of_cifar_hold_every_image(name):
    config = PRESETS[name].config
    counts = class_counts(config.n_max, config.num_classes, profile="exp", ratio=config.ratio)
    assert sum(counts) <= config.snapshot_points


def rows_of(document: str) -> dict[str, list[str]]:
    """The table of recipes: a setting's cells."""
    lines = (DOCS / document).read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {name: row for name, *row in reversed(cells)}


@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ("classes L", "num_classes"),
        ("size of a view", "image_size"),
        ("epochs", "epochs"),
        ("batch, over all processes", "batch_size"),
        ("peak learning rate", "learning_rate"),
        ("weight decay", "weight_decay"),
        ("temperature", "temperature"),
        ("vertices K", "num_targets"),
        ("GH's warm-up, epochs", "gh_warm_up"),
        ("GH's ramp, epochs", "gh_ramp"),
        ("prior renewed every", "gh_refresh_every"),
        ("floor of the prior, of 1 / K", "gh_prior_floor"),
    ],
)
def test_the_table_of_recipes_has_our_numbers(setting, field):
    cells = dict(zip(rows_of("recipes.md")["setting"], rows_of("recipes.md")[setting], strict=True))
    for name in RECIPES:
        (cell,) = (text for column, text in cells.items() if f"`{name}`" in column)
        if field == "image_size" and name.startswith("cifar"):
            assert cell == "32"
            continue
        ours = cell.replace(",", "").split()[0]
        assert float(ours) == getattr(PRESETS[name].config, field), name


def test_a_recipe_is_shortened_in_proportion():
    recipe = PRESETS["imagenet-lt"].config
    short = scaled(recipe, 50)
    assert (short.epochs, *(getattr(short, name) for name in LENGTHS)) == (50, 40, 3, 2)
    assert scaled(recipe, recipe.epochs) == recipe
    others = {name: getattr(recipe, name) for name in ("epochs", *LENGTHS)}
    assert replace(short, **others) == recipe


@settings(derandomize=True, deadline=None)
@given(
    epochs=st.integers(1, 50),
    length=st.integers(1, 3000),
    warm_up=st.integers(0, 60),
    every=st.none() | st.just(3),
)
def test_of_any_length_gh_acts_if_it_did(epochs, length, warm_up, every):
    config = RunConfig(epochs=epochs, gh_warm_up=warm_up, gh_refresh_every=every)
    result = scaled(config, length)
    assert (result.gh_warm_up < length) or warm_up >= epochs
    assert (result.gh_warm_up == 0) == (warm_up == 0 or (length == 1 and warm_up < epochs))
    assert result.gh_ramp >= 1
    assert (result.gh_refresh_every is None) == (every is None)
