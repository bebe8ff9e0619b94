"""Property: presets are consistent and told apart."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from ghviz.train.presets import PRESETS, preset_named
from ghviz.types import RunConfig


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
