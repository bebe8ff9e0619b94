"""Behaviour: which runs a sweep has, and what it takes for the run that is meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ghviz.store import RunFolderError, RunWriter, open_run
from ghviz.sweep.plan import Planned, check_same, comparable, planned_runs, seeds_of, standing
from ghviz.types import RunConfig
from tests.store.builders import make_run
from tests.sweep.builders import make_numbers


def test_every_combination_in_order(tmp_path: Path) -> None:
    runs = planned_runs(RunConfig(), tmp_path, methods="simclr, focal", gh="on,off", seeds="1-2,10")
    assert len(runs) == 12
    assert [run.name for run in runs[:3]] == [
        "simclr-seed-0001/gh",
        "simclr-seed-0001/base",
        "simclr-seed-0002/gh",
    ]
    assert runs[-1].config.method == "focal"
    assert (runs[-1].config.seed, runs[-1].config.gh) == (10, "off")
    assert runs[-1].folder == tmp_path / "focal-seed-0010" / "base"


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "3-1", "0-99999", "1,,2", "1.5", "²"])
def test_seeds_that_make_no_sense(text: str) -> None:
    with pytest.raises(ValueError, match="seed"):
        seeds_of(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": "simclr,foccal"}, "did you mean 'focal'"),
        ({"methods": ","}, "methods must be a list such as simclr,focal"),
        ({"gh": "yes"}, "gh must be a list of off, on, got 'yes'"),
        ({"seeds": "0-4999", "gh": "off,on", "methods": "simclr,focal"}, "20,000"),
    ],
)
def test_lists_that_make_no_sense(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    lists = {"methods": "simclr", "gh": "off,on", "seeds": "0", **changes}
    with pytest.raises(ValueError, match=message):
        planned_runs(RunConfig(), tmp_path, **lists)


def test_how_far_a_run_is(tmp_path: Path) -> None:
    def how_far(folder: Path) -> str:
        return standing(Planned(config=open_run(folder).config, folder=folder))

    assert standing(Planned(config=RunConfig(), folder=tmp_path / "none")) == "to do"
    assert how_far(make_numbers(tmp_path / "done")) == "finished"
    assert how_far(make_numbers(tmp_path / "plain", probe=None)) == "to do", "it is not evaluated yet"
    assert how_far(make_run(tmp_path / "killed", steps=20, end="killed")) == "to do"
    assert how_far(make_run(tmp_path / "failed", steps=20, end="failed")) == "to do"
    with RunWriter.resume(tmp_path / "killed"):
        assert how_far(tmp_path / "killed") == "running"


def test_another_run_in_its_place_is_refused(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", epochs=20, data_path="/here/a.npz"))
    check_same(run, replace(run.config, threads=7, device="cpu", pace=2.0, data_path="/there/a.npz"))
    with pytest.raises(RunFolderError, match=r"\(epochs 20 instead of 30\): choose another --out"):
        check_same(run, replace(run.config, epochs=30))
    with pytest.raises(RunFolderError, match=r"data path a\.npz instead of b\.npz"):
        check_same(run, replace(run.config, data_path="/here/b.npz"))


def test_a_planned_run_does_not_take_another_for_itself(tmp_path: Path) -> None:
    folder = make_numbers(tmp_path / "done", gh="off")
    meant = replace(open_run(folder).config, gh="on")
    with pytest.raises(RunFolderError, match=r"\(gh off instead of on\)"):
        standing(Planned(config=meant, folder=folder))


def test_what_can_be_compared() -> None:
    one = RunConfig(gh="off", method="focal", seed=3, snapshots=7)
    assert comparable(one) == comparable(RunConfig())
    assert comparable(replace(one, ratio=32)) != comparable(one)
    assert comparable(replace(one, method_options=("gamma=1",))) != comparable(one)
