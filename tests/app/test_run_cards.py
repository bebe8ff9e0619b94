"""The Runs page: what its cards offer, and names that Markdown would take for something else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
import streamlit as st

from ghviz.app import launch, run_cards
from ghviz.app.plain import plain
from ghviz.store import RunWriter
from ghviz.types import Failed
from tests.app.conftest import button, open_page, said
from tests.store.builders import make_pair, make_run


def fail(run: Path) -> Path:
    with RunWriter.resume(run) as writer:
        writer.append(Failed(step=14, message="the loss is nan"))
    return run


def test_a_failed_run_can_be_resumed_if_it_has_a_checkpoint(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed: list[Path] = []
    monkeypatch.setattr(launch, "resume", resumed.append)
    folder = fail(make_run(runs / "late", steps=14, end="killed"))
    fail(make_run(runs / "at once", steps=4, end="killed"))
    app = open_page("runs")
    assert "the loss is nan" in said(app)
    assert [each.key for each in app.button if each.label == "Resume"] == [f"resume-{folder}"]
    button(app, "Resume").click().run()
    assert resumed == [folder]


def test_names_are_no_formulas(runs: Path) -> None:
    folder = make_pair(runs / "$1 vs $2")
    app = open_page("runs")
    app.text_input(key=f"new-name-{folder}").set_value("_new_")
    button(app, "Rename").click().run()
    assert app.success[0].value == r"\$1 vs \$2 is now \_new\_."
    button(app, "Delete").click().run()
    assert r"**\_new\_**" in said(app)
    button(app, "Delete it").click().run()
    assert app.success[0].value == r"\_new\_ is deleted."


def test_what_was_done_is_said_once_the_cards_are_new(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said above cards of before, it would invite a click on a button that is about to go: a click lost."""
    said_before: list[bool] = []
    real = run_cards.card
    monkeypatch.setattr(
        run_cards,
        "card",
        lambda summary: (real(summary), said_before.append("runs-done" not in st.session_state)),
    )
    make_pair(runs / "given")
    app = open_page("runs")
    said_before.clear()
    app.session_state["runs-done"] = "given was old."
    app.run()
    assert said_before == [False]
    assert app.success[0].value == "given was old."


def test_links_follow_a_pair_that_is_renamed_and_leave_one_that_is_deleted(runs: Path) -> None:
    folder = make_pair(runs / "old")

    def linked() -> set[str]:
        return {
            each.proto.query_string for each in app.get("page_link") if "pair=" in each.proto.query_string
        }

    app = open_page("compare", pair=str(folder))
    app.switch_page("ghviz/app/pages/runs.py")
    app.query_params.clear()
    app.run()
    assert linked() == {urlencode({"pair": str(folder)})}
    app.text_input(key=f"new-name-{folder}").set_value("new")
    button(app, "Rename").click().run()
    assert linked() == {urlencode({"pair": str(runs / "new")})}
    button(app, "Delete").click().run()
    button(app, "Delete it").click().run()
    assert not linked()


def test_links_do_not_lead_to_what_is_gone(runs: Path) -> None:
    folder = make_pair(runs / "there")
    app = open_page("compare", pair=str(runs / "gone"))
    app.run()
    links = {each.proto.query_string for each in app.get("page_link") if "pair=" in each.proto.query_string}
    assert links == {urlencode({"pair": str(folder)})}


def test_a_name_shows_as_it_is() -> None:
    assert plain("toy 7 é") == "toy 7 é"
    assert plain("1. a\n\n# b") == r"1\. a \# b"
    assert plain(":smile:").replace("\u2060", "") == r"\:smile\:"
    assert ":smile" not in plain(":smile:").replace("\\", "")


def test_the_home_of_a_user_who_is_not_there_is_one_sentence(runs: Path) -> None:
    app = open_page("runs")
    app.text_input(key="load-path").set_value("~nobody-of-this-name/x")
    button(app, "Open").click().run()
    assert not app.exception
    assert "is not a folder" in app.error[0].value
