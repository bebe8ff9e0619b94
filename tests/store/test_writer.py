"""Behaviour: what is written comes back, and a folder has one run."""

from __future__ import annotations

import errno
import os
import time

import numpy as np
import pytest

from ghviz.store import (
    ControlWatcher,
    RunFolderError,
    RunWriter,
    create_run,
    open_run,
    read_control,
    update_control,
)
from ghviz.types import CheckpointSaved, Control, Finished, Measured, PriorTaken, RunConfig, Started, Step
from tests.store.builders import (
    a_step,
    classes,
    config,
    finish,
    make_run,
    one_sentence,
    points,
    python,
    snapshot,
    started,
)


def test_a_run_comes_back_as_it_was_written(tmp_path):
    run = open_run(make_run(tmp_path / "deep" / "er" / "run", switch=17))
    assert run.config == config()
    assert run.classes == classes()
    read, written = run.points, points()
    for name in ("train_labels", "train_indices", "test_labels", "targets", "thumbnails"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
    assert run.snapshot_steps() == [10, 20, 30, 40]
    np.testing.assert_array_equal(run.snapshot(20).train, snapshot(20).train)
    assert run.snapshot(20).epoch == 5
    assert [event.step for event in run.events() if isinstance(event, Step)] == list(range(1, 41))
    assert [(event.step, event.on) for event in run.switches()] == [(17, False)]
    assert run.state().status == "finished"
    assert run.frontier() == 40


def test_point_data_have_no_thumbnails(tmp_path):
    with create_run(tmp_path / "run", config()) as writer:
        assert open_run(writer.folder).classes is None
        assert open_run(writer.folder).points is None
        writer.write_data(classes(), points(thumbnails=False))
        assert open_run(writer.folder).points.thumbnails is None


def test_arrays_of_any_memory_order_come_back_right(tmp_path):
    matrix = np.arange(12.0).reshape(3, 4)
    tensors = {
        "transposed": matrix.T,
        "strided": matrix[:, ::2],
        "fortran": np.asfortranarray(matrix),
        "reversed": matrix[::-1],
        "scalar": np.array(3, dtype=np.int64),
        "empty": np.zeros((0, 2)),
        "flags": np.array([True, False]),
    }
    with create_run(tmp_path / "run", config()) as writer:
        writer.write_checkpoint(3, tensors, {})
    step, read, meta = open_run(tmp_path / "run").checkpoint()
    assert (step, meta) == (3, {})
    for name, array in tensors.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].shape == array.shape
        assert read[name].dtype == array.dtype


def test_transposed_embeddings_come_back_right(tmp_path):
    taken = snapshot(0)
    turned = np.asfortranarray(taken.train)
    with create_run(tmp_path / "run", config()) as writer:
        writer.write_snapshot(type(taken)(step=0, epoch=0, train=turned, test=taken.test))
    np.testing.assert_array_equal(open_run(tmp_path / "run").snapshot(0).train, taken.train)


def test_every_configuration_field_survives(tmp_path):
    odd = RunConfig(
        dataset="npz",
        data_path="a b/ü.npz",
        num_classes=2,
        classes=(7, 3),
        hidden=(9,),
        gh_refresh_every=None,
    )
    create_run(tmp_path / "run", odd).close()
    assert open_run(tmp_path / "run").config == odd


def test_an_event_gets_its_time_once(tmp_path):
    before = time.time()
    with create_run(tmp_path / "run", config()) as writer:
        writer.append(started())
        writer.append(Finished(step=3, time=12.5))
    first, second = open_run(tmp_path / "run").events()
    assert before <= first.time <= time.time()
    assert second.time == 12.5


def test_a_loss_that_is_no_number_stays_none(tmp_path):
    with create_run(tmp_path / "run", config()) as writer:
        writer.append(a_step(1, float("nan")))
        writer.append(a_step(2, float("inf")))
        writer.append(PriorTaken(step=2, epoch=0, prior=[float("nan")], live_vertices=0))
        writer.append(Measured(step=2, per_class={"x": [None, 1.0]}, summary={"y": None}))
    run = open_run(tmp_path / "run")
    events = run.events()
    assert [event.step for event in events] == [1, 2, 2]  # the prior without numbers is passed over
    assert np.isnan([events[0].loss, events[1].loss]).all()
    assert events[1].base_loss == 1.0
    assert run.state().step == 2


def test_meta_of_a_checkpoint_may_hold_big_integers_but_no_nan(tmp_path):
    with create_run(tmp_path / "run", config()) as writer:
        writer.write_checkpoint(1, {}, {"generator": 2**127 - 1, "x": [1, None, "é"]})
        with pytest.raises(ValueError, match="JSON"):
            writer.write_checkpoint(2, {}, {"loss": float("nan")})
    assert open_run(tmp_path / "run").checkpoint() == (1, {}, {"generator": 2**127 - 1, "x": [1, None, "é"]})


def test_only_the_last_two_checkpoints_are_kept(tmp_path):
    folder = make_run(tmp_path / "run")
    assert sorted(path.name for path in (folder / "checkpoint").iterdir()) == [
        "latest.json",
        "state-00000030.safetensors",
        "state-00000040.safetensors",
    ]


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path):
    folder = make_run(tmp_path / "run", end="killed")
    last = folder / "checkpoint" / "state-00000040.safetensors"
    last.write_bytes(last.read_bytes()[:-5])
    assert open_run(folder).checkpoint()[0] == 30
    with RunWriter.resume(folder) as writer:
        writer.rewind(30)
    step, tensors, meta = open_run(folder).checkpoint()
    assert (step, tensors["w"].tolist(), meta) == (30, [30, 30, 30], {"step": 30})
    (folder / "checkpoint" / "latest.json").write_text("{")
    assert open_run(folder).checkpoint()[0] == 30


def test_a_checkpoint_that_was_never_declared_does_not_count(tmp_path):
    folder = make_run(tmp_path / "run", end="killed")
    checkpoints = folder / "checkpoint"
    whole = (checkpoints / "state-00000040.safetensors").read_bytes()
    (checkpoints / "state-00000050.safetensors").write_bytes(whole)
    assert open_run(folder).checkpoint()[0] == 40


def test_a_folder_holds_one_run(tmp_path):
    folder = make_run(tmp_path / "run")
    before = (folder / "events.jsonl").read_bytes()
    with pytest.raises(RunFolderError, match="holds a run already") as caught:
        create_run(folder, config())
    assert one_sentence(caught.value)
    assert (folder / "events.jsonl").read_bytes() == before
    RunWriter.resume(folder).close()  # the lock was given back


def test_a_creation_that_was_cut_short_can_be_made_again(tmp_path):
    folder = make_run(tmp_path / "run", steps=3)
    (folder / "format.json").unlink()
    (folder / "events.jsonl").write_text("rest of a former try")
    create_run(folder, config(seed=9)).close()
    assert open_run(folder).config.seed == 9
    assert open_run(folder).events() == []


def test_a_run_made_again_has_none_of_the_wishes_for_the_one_that_never_began(tmp_path):
    folder = tmp_path / "run"
    create_run(folder, config()).close()
    update_control(folder, gh_weight=0.0, stop=True)
    with create_run(folder, config()):
        assert read_control(folder) == ControlWatcher(folder).poll() == Control()


def test_an_event_that_does_not_reach_the_disk_is_not_in_the_log(tmp_path, monkeypatch):
    with create_run(tmp_path / "run", config()) as writer:
        writer.append(started())
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))
            with pytest.raises(RunFolderError, match="could not be written"):
                writer.append(CheckpointSaved(step=3))
        writer.append(Finished(step=4))
    assert [type(event) for event in open_run(tmp_path / "run").events()] == [Started, Finished]


def test_the_environment_is_recorded(tmp_path):
    folder = make_run(tmp_path / "run")
    assert '"python": "3"' in (folder / "environment.json").read_text()


def test_a_closed_writer_closes_again_and_says_so_when_written_to(tmp_path):
    writer = create_run(tmp_path / "run", config())
    writer.close()
    writer.close()
    with pytest.raises(RunFolderError):
        writer.append(CheckpointSaved(step=1))


def test_importing_the_store_loads_no_heavy_package():
    heavy = {"torch", "streamlit", "scipy", "pandas"}
    code = f"import sys, ghviz.store, ghviz.pretrained; print({heavy} & set(sys.modules))"
    assert finish(python(code)).strip() == "set()"
