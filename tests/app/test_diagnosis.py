"""Page: the panel that says what GH is doing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ghviz.app.diagnosis import MISSING, NOT_YET, TITLE, mass_words, plan_words, prior_words, told
from ghviz.app.live import Live
from ghviz.metrics.vertex_owners import vertex_owners
from ghviz.store import create_run
from ghviz.types import Diagnosed, Finished, SnapshotTaken
from tests.app.conftest import open_page, said
from tests.store.builders import a_step, classes, config, make_pair, points, snapshot, started

BELONGS = "Each belongs to the class with the most samples there, of equals to the rarer"


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
    assert f"At step 20, 3 of 4 vertices are live. {BELONGS}: 2 of 3 classes have one or more." in text
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
    assert told(event(numbers={}), num_classes=3) == (
        f"At step 20, 3 of 4 vertices are live. {BELONGS}: 2 of 3 classes have one or more."
    )


@pytest.mark.parametrize(
    ("nearest", "vertices", "classes", "expected"),
    [
        # at vertex 0 class 0 has 2 of 5 samples, more than any other, yet not half of them
        (
            [[0, 0], [0, 1], [0], [0], [1]],
            2,
            5,
            "are live. {}: 2 of 5 classes have one or more (2 at most could).",
        ),
        (
            [[0, 0, 0], [0], [0]],
            2,
            3,
            "1 of 2 vertices is live. {}: 1 of 3 classes has one or more (2 at most could).",
        ),
        ([[0, 0], [0, 0]], 2, 2, "1 of 2 vertices is live. {}: 1 of 2 classes has one or more."),
        ([[0, 1], [2, 3]], 5, 2, "4 of 5 vertices are live. {}: 2 of 2 classes have one or more."),
        ([[0, 1, 1]], 3, 1, "2 of 3 vertices are live; there is one class only, so they are its."),
        ([[-1, -1], [-1]], 3, 2, "0 of 3 vertices are live: none is nearest to a sample."),
    ],
)
def test_whose_the_vertices_are_is_said_as_it_is_counted(
    nearest: list[list[int]], vertices: int, classes: int, expected: str
) -> None:
    labels = np.repeat(np.arange(len(nearest)), [len(each) for each in nearest])
    owners = vertex_owners(np.concatenate(nearest), labels, num_vertices=vertices).tolist()
    looked = event(numbers={}, prior=[1 / vertices] * vertices, owners=owners)
    assert told(looked, num_classes=classes).endswith(expected.format(BELONGS))


def test_what_a_plan_leaves_out_is_said() -> None:
    assert plan_words(event()) == (
        "Which share of each sample goes to which vertex. Strips: the class of the sample, of the vertex."
    )
    cut = plan_words(event(batch=500, prior=[1 / 150] * 150))
    assert "As many of each class are shown as can be, so the rare ones are more than their share." in cut
    assert "Only the 4 vertices with most of the batch are shown." in cut


def test_how_many_vertices_are_shown_is_said() -> None:
    assert "nearest to each vertex; blank" in mass_words(event(), most=4)
    assert "nearest to each of the 3 heaviest of 4 vertices; blank" in mass_words(event(), most=3)
    assert prior_words(many=False).startswith("Each segment: a vertex at which that class has the most")
    assert prior_words(many=True).startswith("Each dot: all vertices at which that class has the most")


def test_the_residual_is_shown_over_time_and_an_older_run_opens_without(runs: Path) -> None:
    old = {name: value for name, value in event().numbers.items() if name != "residual"}
    for name, numbers in (("new", event().numbers), ("old", old)):
        pair(runs / name, event(10, numbers=numbers), event(20, numbers=numbers))
        app = open_page("train", run=str(runs / name), doing="true")
        assert not app.exception
        drawn = app.get("plotly_chart")[-1].proto.spec
        assert "Iterations of Sinkhorn" in drawn
        assert ("Residual of Sinkhorn" in drawn) == (name == "new")
        assert ('"type":"log"' in drawn) == (name == "new")


@pytest.mark.parametrize(
    ("share", "cosine", "said"),
    [
        (0.25, -0.4, "25 % of the pull on the embeddings is GH's, against the base loss (cosine -0.40)."),
        (0.25, 0.4, "25 % of the pull on the embeddings is GH's, with the base loss (cosine 0.40)."),
        (0.25, 0.05, "25 % of the pull on the embeddings is GH's, across the base loss (cosine 0.05)."),
        (0.0, 0.4, "GH does not act; it would pull with the base loss (cosine 0.40)."),
        (None, 0.4, "GH's part of the pull on the embeddings is not known."),
        (0.25, None, "25 % of the pull on the embeddings is GH's."),
        (0.0, None, "GH does not act."),
    ],
)
def test_how_gh_pulls_is_said(share: float | None, cosine: float | None, said: str) -> None:
    words = told(event(numbers={"gradient_share": share, "gradient_cosine": cosine}), num_classes=3)
    assert words.endswith(f"one or more. {said}")


def test_transport_is_said() -> None:
    assert told(event(), num_classes=3).endswith(
        "Of 25 % of the batch, transport takes the largest share to another vertex than the nearest "
        "(Sinkhorn: 6 iterations, 2e-08 off the prior)."
    )
