"""Page: the panel that says what GH is doing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghviz.app.diagnosis import MISSING, NOT_YET, TITLE, told
from ghviz.app.live import Live
from ghviz.store import create_run
from ghviz.types import Diagnosed, Finished, SnapshotTaken
from tests.app.conftest import open_page, said
from tests.store.builders import a_step, classes, config, make_pair, points, snapshot, started


def event(step: int = 20, **changes) -> Diagnosed:
    """Four vertices, the last of them dead."""
    given = {
        "numbers": {
            "live_vertices": 3.0,
            "evenness": 0.7,
            "moved": 0.25,
            "iterations": 6.0,
            "residual": 2e-8,
            "base_gradient": 1.0,
            "gh_gradient": 0.5,
            "gradient_cosine": -0.4,
            "gradient_share": 1 / 3,
            "nmi": 0.6,
            "adjusted_rand": 0.5,
            "batch_nmi": 0.6,
            "batch_adjusted_rand": 0.5,
        },
        "prior": [0.5, 0.3, 0.15, 0.05],
        "mass": [0.6, 0.3, 0.1, 0.0],
        "owners": [0, 0, 1, -1],
        "plan": [[90, 10, 0, 0], [5, 90, 5, 0], [0, 0, 98, 2]],
        "plan_classes": [0, 0, 2],
        "plan_vertices": [0, 1, 2, 3],
        "batch": 3,
    }
    return Diagnosed(step=step, **{**given, **changes})


def pair(folder: Path, *events: Diagnosed, end: bool = True, last: int = 20) -> Path:
    """A pair with snapshots at every tenth step, the side with GH with these events."""
    for side in ("base", "gh"):
        with create_run(folder / side, config(gh="on" if side == "gh" else "off")) as writer:
            writer.write_data(classes(), points())
            writer.append(started())
            for step in range(last + 1):
                if step:
                    writer.append(a_step(step))
                for each in events:
                    if side == "gh" and each.step == step:
                        writer.append(each)
                if step % 10 == 0:
                    name = writer.write_snapshot(snapshot(step))
                    writer.append(SnapshotTaken(step=step, epoch=0, file=name))
            if end:
                writer.append(Finished(step=last))
    return folder


def charts(app) -> int:
    return len(app.get("plotly_chart"))


def test_closed_it_draws_nothing(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ghviz.app import diagnosis

    pair(runs / "mine", event(10), event(20))
    monkeypatch.setattr(diagnosis, "_show", lambda *_: pytest.fail("drawn behind a closed lid"))
    app = open_page("train", run=str(runs / "mine"))
    assert not app.exception
    assert [each.label for each in app.expander] == [TITLE]
    assert charts(app) == 1, "the curves of the page"


def test_open_it_shows_the_last_look_and_all_over_time(runs: Path) -> None:
    pair(runs / "mine", event(10), event(20))
    app = open_page("train", run=str(runs / "mine"), doing="true")
    assert not app.exception
    text = said(app)
    assert "At step 20, 3 of 4 vertices are live and 2 classes have a vertex of their own." in text
    assert "Transport plan of a batch of 3" in text
    assert charts(app) == 1 + 3 + 1


@pytest.mark.parametrize(("last", "sentence"), [(20, MISSING), (0, NOT_YET)])
def test_a_run_without_it_says_so(runs: Path, last: int, sentence: str) -> None:
    pair(runs / "mine", last=last)
    app = open_page("train", run=str(runs / "mine"), doing="true")
    assert not app.exception
    assert sentence in said(app)
    assert charts(app) == 1, "the curves of the page"


def test_a_pair_of_an_older_ghviz_says_so(runs: Path) -> None:
    make_pair(runs / "old")
    app = open_page("train", run=str(runs / "old"), doing="true")
    assert not app.exception
    assert MISSING in said(app)


BROKEN = {
    "prior": [0.5, 0.5],
    "mass": [1.0],
    "owners": [0, 0, 3, -1],
    "plan": [[90, 10], [5, 90], [0, 0]],
    "plan_classes": [0, 0, -1],
    "plan_vertices": [0, 1, 2, 4],
}


@pytest.mark.parametrize("part", BROKEN)
def test_an_event_whose_parts_do_not_fit_is_passed_over(tmp_path: Path, part: str) -> None:
    folder = pair(tmp_path / "mine", event(10), event(20, **{part: BROKEN[part]}))
    live = Live(folder)
    live.refresh()
    assert [each.step for each in live.sides["gh"].diagnoses] == [10]


def test_numbers_that_are_not_known_are_left_out() -> None:
    assert told(event(numbers={})) == (
        "At step 20, 0 of 4 vertices are live and 2 classes have a vertex of their own."
    )


@pytest.mark.parametrize(
    ("share", "cosine", "said"),
    [
        (0.25, -0.4, "25 % of the pull on the embeddings is GH's, against the base loss (cosine -0.40)."),
        (0.25, 0.4, "25 % of the pull on the embeddings is GH's, with the base loss (cosine 0.40)."),
        (0.25, 0.05, "25 % of the pull on the embeddings is GH's, across the base loss (cosine 0.05)."),
        (0.0, 0.4, "GH does not act; it would pull with the base loss (cosine 0.40)."),
        (None, 0.4, ""),
    ],
)
def test_how_gh_pulls_is_said(share: float | None, cosine: float, said: str) -> None:
    words = told(event(numbers={"gradient_share": share, "gradient_cosine": cosine}))
    assert words.endswith(said or "of their own.")
