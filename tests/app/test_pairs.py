"""Finding and reading pairs, drawing them, and saving the drawing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ghviz.app.charted import curve, marks, per_class
from ghviz.app.export import WIDTHS, picture, sides_of, twin_picture, twin_text
from ghviz.app.globe.parts import read_header
from ghviz.app.live import Live
from ghviz.app.pairs import folder_of, own_choices, read_comparison, runs_root, stamp
from ghviz.app.scenes import how_drawn, remark, stage
from ghviz.store import RunFolderError, RunWriter
from ghviz.types import Projection, Started
from tests.store.builders import (
    a_step,
    classes,
    config,
    make_pair,
    make_run,
    points,
    record,
    snapshot,
    started,
)


def test_runs_live_where_the_environment_says(runs: Path) -> None:
    assert runs_root() == runs


def test_choices_are_pairs_that_can_be_drawn(runs: Path) -> None:
    make_pair(runs / "whole")
    make_run(runs / "single")
    assert [choice.key for choice in own_choices()] == [str(runs / "whole")]
    assert [choice.label for choice in own_choices(also=str(runs / "single"))] == [
        "whole (finished)",
        "single",
    ]


def test_folder_that_is_gone(runs: Path) -> None:
    with pytest.raises(RunFolderError, match="is gone"):
        folder_of(str(runs / "nothing"))


def test_stamp_changes_with_the_log(runs: Path) -> None:
    folder = make_pair(runs / "pair")
    before = stamp(folder)
    assert stamp(folder) == before
    with (folder / "gh" / "events.jsonl").open("a") as log:
        log.write("\n")
    assert stamp(folder) != before


def test_comparison_measures_what_the_log_lacks(runs: Path) -> None:
    comparison = read_comparison(make_pair(runs / "pair", switch=20))
    assert comparison.is_pair
    gh = comparison.sides["gh"]
    assert gh.steps == (10, 20, 30, 40)
    assert [table.step for table in gh.tables] == [10, 20, 30, 40]
    assert gh.table_at(29).step == 20
    assert gh.table_at(5).step == 10
    assert gh.table_at(40).per_class["territory_share"].sum() == pytest.approx(1)
    assert [mark.label for mark in marks(gh)] == ["GH off"]


def test_single_run_is_one_side(runs: Path) -> None:
    comparison = read_comparison(make_run(runs / "single"))
    assert list(comparison.shown) == ["gh"]
    assert not comparison.is_pair


def test_run_without_snapshots_is_one_sentence(runs: Path) -> None:
    make_run(runs / "young", steps=3)
    with pytest.raises(RunFolderError, match="no snapshot that can be drawn yet"):
        read_comparison(runs / "young")


def test_stage_has_both_sides_and_the_switch(runs: Path) -> None:
    drawn = stage(read_comparison(make_pair(runs / "pair", switch=20)))
    header = read_header(drawn.scene)
    assert [side["name"] for side in header["sides"]] == ["base", "gh"]
    assert header["sides"][0]["steps"] == [10, 20, 30, 40]
    assert header["sides"][1]["switches"] == [[20, 0.0]]
    assert "tail territory" in header["sides"][0]["captions"][0]
    assert header["sides"][0]["targets"] is None
    assert header["sides"][1]["targets"] is not None
    assert header["thumbnails"] is not None
    assert "the embedding itself, not a projection" in drawn.note


def test_projection_says_what_it_keeps() -> None:
    rows = (np.eye(3, dtype=np.float32),)
    views = {side: Projection(kind="sphere", coordinates=rows, kept=0.43) for side in ("base", "gh")}
    assert "A projection of 16 dimensions" in how_drawn(views, 16)
    assert "43% (base)" in how_drawn(views, 16)
    assert "the same for both sides" in how_drawn(views, 16)
    alone = how_drawn({"base": views["base"]}, 16)
    assert "class centres, no mean subtracted. It keeps 43% of the embeddings'" in alone
    assert "43%" in remark(views)
    assert remark({"base": Projection(kind="sphere", coordinates=rows, kept=1.0)}) == ""


def test_saved_picture_is_that_of_step_and_camera(runs: Path) -> None:
    comparison = read_comparison(make_pair(runs / "pair"))
    drawn = stage(comparison)
    sides = sides_of(comparison, drawn, 20)
    np.testing.assert_array_equal(sides["gh"].coordinates, drawn.views["gh"].coordinates[1])
    quarter = (0.5**0.5, 0.0, 0.0, 0.5**0.5)

    def draw(width="full"):
        return twin_picture(sides, comparison.any_side.classes, step=20, rotation=quarter, width=width)

    assert json.loads(draw().get_label())["camera"] == pytest.approx(quarter, abs=1e-5)
    assert json.loads(draw().get_label())["caption"] == twin_text(sides, step=20)
    assert [draw(width).get_figwidth() for width in WIDTHS.values()] == [5.5, 3.25]
    assert picture(draw, "pdf").startswith(b"%PDF")
    assert b"<svg" in picture(draw, "svg")
    assert picture(draw, "png").startswith(b"\x89PNG")


def test_charts_show_per_cent(runs: Path) -> None:
    record_ = read_comparison(make_run(runs / "single")).sides["gh"]
    drawn = curve("tail_territory", (), record_.tables)
    assert drawn.base is None
    assert drawn.gh is not None
    assert drawn.text.unit == "%"
    assert drawn.gh.values[-1] == pytest.approx(100 * record_.tables[-1].summary["tail_territory"])
    assert per_class(record_.tables[-1], "territory_share").per_class[
        "territory_share"
    ].sum() == pytest.approx(100)


def growing(folder: Path) -> RunWriter:
    from ghviz.store import create_run

    writer = create_run(folder, config())
    writer.write_data(classes(), points())
    writer.append(started())
    return writer


def test_live_reads_only_what_is_new(runs: Path) -> None:
    folder = runs / "pair"
    with growing(folder / "base") as base, growing(folder / "gh") as gh:
        live = Live(folder)
        live.refresh()
        assert live.scene is None
        for writer in (base, gh):
            record(writer, 1, 10)
        assert live.refresh()
        first = live.sides["gh"].drawn[10]
        for writer in (base, gh):
            record(writer, 11, 20)
        assert live.refresh()
        assert not live.refresh()
        assert live.sides["gh"].drawn[10] is first
        assert live.scene is not None
        header = read_header(live.scene)
        assert [side["steps"] for side in header["sides"]] == [[10, 20], [10, 20]]
        assert live.sides["gh"].step == 20
        assert live.sides["gh"].gh_starts_at == 4 * config().gh_warm_up
        side = live.paper_side("gh", 15)
        np.testing.assert_allclose(side.coordinates, snapshot(10).train, atol=1e-6)


def test_live_starts_over_after_a_rewind(runs: Path) -> None:
    folder = make_pair(runs / "pair", end="stopped")
    live = Live(folder)
    live.refresh()
    assert live.sides["gh"].step == 40
    with RunWriter.resume(folder / "gh") as writer:
        writer.rewind(20)
        writer.append(a_step(21))
        live.refresh()
        assert live.sides["gh"].step == 21
        assert sorted(live.sides["gh"].drawn) == [10, 20]


def test_speed_is_that_of_the_last_steps(runs: Path) -> None:
    live = Live(make_pair(runs / "pair"))
    side = live.sides["gh"]
    assert side.speed() == 0
    side.losses = [type(a_step(1))(**{**_fields(a_step(i)), "time": 100 + i / 50}) for i in range(1, 200)]
    assert side.speed() == pytest.approx(50)
    assert isinstance(started(), Started)


def _fields(event) -> dict:
    return {name: getattr(event, name) for name in event.__struct_fields__}
