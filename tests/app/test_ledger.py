"""The neighbour ledger on a page: signs, order, what two seeds differ by, and what that greys."""

from __future__ import annotations

import csv
import io
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from ghviz.app import ledger
from ghviz.app.ledger_rows import balance_rows, ledger_csv, ledger_rows, seed_balance, verdicts
from ghviz.embed import save_snapshot
from ghviz.metrics import NeighborGroups, NeighborLedger, neighbor_groups, neighbor_ledger
from ghviz.types import ClassTable
from tests.app.conftest import open_page, said
from tests.app.test_reality import COUNTS, projected_pair
from tests.metrics.samples import cloud

CLASSES = ClassTable(names=("a", "b", "c", "d"), counts=(40, 9, 5, 0))


def found() -> NeighborLedger:
    """Of a head, a medium and a tail class, and one without samples."""
    none = [np.nan] * 3
    return NeighborLedger(
        kept=np.array([8, 6.504, 7, np.nan]),
        lost=np.array([2, 3.496, 3, np.nan]),
        gained=np.array([2, 3.496, 3, np.nan]),
        lost_groups=np.array([[1.5, 0.5, 0.0], [3.0, 0.4, 0.096], [3.0, 0.0, 0.0], none]),
        gained_groups=np.array([[1.0, 0.6, 0.4], [1.0, 2.3, 0.196], [0.5, 0.5, 2.0], none]),
        own=np.array([-0.5, 1.9, 0.0, np.nan]),
        asked=np.array([30, 9, 5, 0]),
    )


def test_the_class_that_changed_most_comes_first() -> None:
    base, labels = cloud(0, 6, counts=COUNTS)
    gh = base.copy()
    gh[labels == 2] *= -1  # one class goes elsewhere
    classes = ClassTable(names=("a", "b", "c", "d", "e"), counts=(*COUNTS, 1))
    changes = neighbor_ledger(base, gh, labels, neighbors=5, counts=np.array(classes.counts))
    rows = ledger_rows(changes, classes)
    assert rows["Class"][0] == "c"
    assert sorted(rows["Class"]) == ["a", "b", "c", "d"]  # e has no sample
    assert (np.diff(rows["Gained"]) <= 0).all()


def test_columns_of_the_ledger() -> None:
    rows = ledger_rows(found(), CLASSES)
    assert list(rows) == [
        *("Class", "Kept", "Lost", "Lost: head", "Lost: medium", "Lost: tail"),
        *("Gained", "Gained: head", "Gained: medium", "Gained: tail", "Group", "Samples"),
    ]
    assert rows["Class"] == ["b", "c", "a"]  # by what they gained; d has no sample
    assert rows["Group"] == ["medium", "medium", "head"]
    assert rows["Samples"] == [9, 5, 40]
    assert rows["Kept"].tolist() == [6.5, 7, 8]
    assert rows["Lost"].tolist() == rows["Gained"].tolist() == [3.5, 3, 2]
    assert rows["Lost: head"].tolist() == [3, 3, 1.5]
    assert rows["Lost: tail"].tolist() == [0.1, 0, 0]
    assert rows["Gained: medium"].tolist() == [2.3, 0.5, 0.6]
    assert rows["Gained: tail"].tolist() == [0.2, 2, 0.4]


def test_the_balance_is_gained_minus_lost_own_class_first() -> None:
    rows = balance_rows(found(), CLASSES, None)
    assert list(rows) == ["Class", "± own class", "± head", "± medium", "± tail"]
    assert rows["Class"] == ["b", "c", "a"]
    assert rows["± own class"].tolist() == [1.9, 0, -0.5]
    assert rows["± head"].tolist() == [-2, -2.5, -0.5]
    assert rows["± medium"].tolist() == [1.9, 0.5, 0.1]
    assert rows["± tail"].tolist() == [0.1, 2, 0.4]


def test_two_seeds_stand_beside_and_grey_what_they_differ_by_too() -> None:
    noise = np.array([[0.5, 0.2, 0.1, 0.6], [1.0, 2.0, 0.0, 0.1], [9.0, 0.1, 2.5, 0.0], [np.nan] * 4])
    rows = balance_rows(found(), CLASSES, noise)
    assert list(rows)[1:5] == ["± own class", "seeds: own class", "± head", "seeds: head"]
    assert rows["seeds: own class"].tolist() == [0.1, 0, 0.6]
    assert rows["seeds: head"].tolist() == [1, 9, 0.5]
    style = ledger._greyed(rows, dark=False)
    style._compute()
    grey = {
        (style.data["Class"][row], style.data.columns[column])
        for (row, column), look in style.ctx.items()
        if any(name == "color" for name, _ in look)
    }
    # changes that are no larger, such as -2.5 beside 9 and -0.5 beside 0.5; and all that seeds differ by
    within = {("c", "± own class"), ("a", "± own class"), ("c", "± head"), ("a", "± head")}
    within |= {("b", "± medium"), ("a", "± medium"), ("c", "± tail")}
    assert {cell for cell in grey if cell[1].startswith("±")} == within
    assert len(grey - within) == 3 * 4
    text = style.to_html()
    for number in ("+1.90", "−0.50", "±0.60"):
        assert number in text


def test_where_seeds_are_not_known_nothing_looks_certain() -> None:
    noise = np.array([[np.nan] * 4, [1.0, 2.0, 0.0, 0.1], [0.0] * 4, [np.nan] * 4])
    rows = balance_rows(found(), CLASSES, noise)
    style = ledger._greyed(rows, dark=False)
    style._compute()
    row, column = rows["Class"].index("a"), list(rows).index("± own class")
    assert any(name == "color" for name, _ in style.ctx[row, column])
    assert "within seed noise, or not known" in ledger._seeds(noise)
    assert "or not known" not in ledger._seeds(np.ones((3, 4)))


@pytest.mark.parametrize("noise", [None, np.full((4, 4), np.nan)])
def test_unknown_seed_noise_is_grey_however_it_is_unknown(noise: np.ndarray | None) -> None:
    rows = balance_rows(found(), CLASSES, noise)
    style = ledger._greyed(rows, dark=False)
    style._compute()
    changes = [i for i, name in enumerate(rows) if name.startswith("± ")]
    assert len(changes) == 4
    for row in range(3):
        for column in changes:
            assert any(name == "color" for name, _ in style.ctx[row, column]), (row, column)
    assert not style.ctx.get((0, 0)), "a class has its own colour"
    assert "not known" in ledger._seeds(noise)
    assert "grey" in ledger._seeds(noise)


def test_verdicts_are_of_what_is_shown() -> None:
    changes, noise = np.array([-0.5, 0.5, 0.204, 0.21, 0.0]), np.array([0.4, 0.6, 0.2, 0.2, np.nan])
    far, within = "beyond seed noise", "within seed noise"
    assert verdicts(changes, noise).tolist() == [far, within, within, far, "unknown"]


def test_both_tables_as_csv() -> None:
    noise = np.array([[0.5, 0.2, 0.1, 0.6], [1.0, 2.0, 0.0, 0.1], [9.0, 0.1, 2.5, 0.0], [np.nan] * 4])
    head, *lines = csv.reader(io.StringIO(ledger_csv(found(), CLASSES, noise)))
    assert head[5:] == ["kept", "lost", "gained", "difference", "seed_noise", "verdict"]
    assert [line[0] for line in lines] == [*"bbbbb", *"ccccc", *"aaaaa"]
    assert [line[4] for line in lines[:5]] == ["all", "own class", "head", "medium", "tail"]
    assert lines[0] == ["b", "medium", "9", "9", "all", "6.504", "3.496", "3.496", "", "", ""]
    assert lines[1][5:] == ["", "", "", "1.9", "0.1", "beyond seed noise"]
    assert lines[2][5:] == ["", "3.0", "1.0", "-2.0", "1.0", "beyond seed noise"]
    assert lines[4][6:8] == ["0.096", "0.196"]
    assert lines[10][:4] == ["a", "head", "40", "30"]
    assert lines[12][5:] == ["", "1.5", "1.0", "-0.5", "0.5", "within seed noise"]
    alone = [*csv.DictReader(io.StringIO(ledger_csv(found(), CLASSES, None)))]
    assert {line["verdict"] for line in alone if line["neighbors_of"] != "all"} == {"unknown"}
    assert {line["seed_noise"] for line in alone} == {""}


def test_how_many_are_asked_is_said_where_not_all_are() -> None:
    assert ledger._asked(found(), np.zeros(44, dtype=int)) == ""
    assert ledger._asked(found(), np.zeros(54, dtype=int)) == " Of larger classes 30 drawn samples are asked."


def test_distance_of_seeds() -> None:
    first = NeighborGroups(groups=np.array([[1.0, 2, 7]]), own=np.array([3.0]))
    second = NeighborGroups(groups=np.array([[4.0, 2, 4]]), own=np.array([2.5]))
    np.testing.assert_array_equal(seed_balance(first, second), [[3, 0, 3, 0.5]])


@pytest.mark.parametrize("page", ["compare", "measure"])
def test_without_a_second_baseline_seed_noise_is_not_known(runs: Path, page: str) -> None:
    app = open_page(page, pair=str(projected_pair(runs / "pair")))
    app.session_state["ledger"] = True
    app.run()
    assert not app.exception
    _, balance = (each.value for each in app.dataframe if "Samples" in each.value or "± head" in each.value)
    assert list(balance) == ["Class", "± own class", "± head", "± medium", "± tail"]
    assert "All grey: whether two seeds differ as much is not known, as there is no second" in said(app)
    assert "drawn samples are asked" not in said(app)


def test_the_page_says_how_many_are_asked(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("ghviz.metrics.neighbor_ledger")  # its name in the package is the function's
    monkeypatch.setattr(module, "_most", lambda sizes: 9)
    unlike_others = projected_pair(runs / "pair", spread=0.37)  # what is known of a pair is not asked again
    app = open_page("compare", pair=str(unlike_others))
    app.session_state["ledger"] = True
    app.run()
    assert not app.exception
    assert "how many is not known. Of larger classes 9 drawn samples are asked." in said(app)


def test_a_second_baseline_of_other_samples_greys(runs: Path) -> None:
    """Numbers of the page against the metrics themselves."""
    folder = projected_pair(runs / "pair")
    other, labels = cloud(77, 8, counts=COUNTS)
    for step in (0, 10):
        save_snapshot(folder / "base-b", other, labels, step=step, title="base-b")
    app = open_page("compare", pair=str(folder))
    app.session_state["ledger"] = True
    app.run()
    assert not app.exception
    table, balance = (each.value.set_index("Class") for each in app.dataframe)
    base, gh = (cloud(seed, 8, counts=COUNTS)[0] for seed in (13, 14))
    changes = neighbor_ledger(base, gh, labels, counts=np.array(COUNTS))
    order = np.argsort(-changes.gained, kind="stable")
    np.testing.assert_allclose(table["Kept"], changes.kept[order].round(2), atol=0.011)
    np.testing.assert_allclose(table["Lost: tail"], changes.lost_groups[order, 2].round(2), atol=0.011)
    ours, theirs = (neighbor_groups(rows, labels, counts=np.array(COUNTS)) for rows in (base, other))
    np.testing.assert_allclose(balance["± own class"], changes.own[order].round(2), atol=0.011)
    np.testing.assert_allclose(
        balance["seeds: own class"], np.abs(ours.own - theirs.own)[order].round(2), atol=0.011
    )
    assert "within seed noise" in said(app)
    noise = seed_balance(ours, theirs)
    classes = ClassTable(names=tuple(table.index[np.argsort(order)]), counts=COUNTS)
    copied = next(each.value for each in app.code if each.value.startswith("class,"))
    expected = ledger_csv(changes, classes, noise)
    for ours, theirs in zip(*(csv.reader(io.StringIO(text)) for text in (copied, expected)), strict=True):
        assert [ours[:5], ours[10]] == [theirs[:5], theirs[10]]
        for a, b in zip(ours[5:10], theirs[5:10], strict=True):
            assert a == b or float(a) == pytest.approx(float(b), abs=0.011)  # snapshots are float32
