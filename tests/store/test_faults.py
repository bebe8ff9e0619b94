"""Behaviour: a full disk, a limit or a read-only place gives one sentence, and what was recorded stays."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from ghviz.store import (
    RunFolderError,
    RunWriter,
    create_run,
    delete_run,
    open_run,
    rename_run,
    update_control,
)
from ghviz.types import Step
from tests.store.builders import a_step, config, finish, make_run, one_sentence, python, record, started


def whole_steps(folder):
    """The steps in the log, which must be whole to its last byte."""
    assert (folder / "events.jsonl").read_bytes()[-1:] == b"\n"
    return [event.step for event in open_run(folder).events() if isinstance(event, Step)]


def fill(folder):
    """Leave no free byte on the disk of `folder`."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def append_steps(writer, first):
    for step in range(first, first + 5000):
        writer.append(a_step(step))


def test_a_full_disk_loses_nothing(small_disk):
    writer = create_run(small_disk / "run", config())
    writer.append(started())
    record(writer, 1, 10)
    fill(small_disk)
    with pytest.raises(RunFolderError, match="disk is full") as caught:
        append_steps(writer, 11)
    assert one_sentence(caught.value)
    last = whole_steps(writer.folder)[-1]
    assert whole_steps(writer.folder) == list(range(1, last + 1))
    for write in (
        lambda: writer.write_checkpoint(11, {"w": np.zeros(99_999)}, {}),
        lambda: writer.rewind(10),
        lambda: update_control(writer.folder, gh_weight=1),
        lambda: create_run(small_disk / "other", config()),
    ):
        with pytest.raises(RunFolderError, match="disk is full") as caught:
            write()
        assert one_sentence(caught.value)
    assert whole_steps(writer.folder) == list(range(1, last + 1))
    step, tensors, meta = open_run(writer.folder).checkpoint()
    assert (step, tensors["w"].tolist(), meta) == (10, [10, 10, 10], {"step": 10})
    assert open_run(writer.folder).snapshot(10).step == 10
    assert not list(writer.folder.rglob(".*"))
    writer.close()

    (small_disk / "ballast").unlink()  # the person makes room
    with RunWriter.resume(writer.folder) as again:
        again.rewind(10)
        record(again, 11, 40)
    assert whole_steps(writer.folder) == list(range(1, 41))


def test_a_writer_goes_on_when_there_is_room_again(small_disk):
    with create_run(small_disk / "run", config()) as writer:
        writer.append(a_step(1))
        fill(small_disk)
        with pytest.raises(RunFolderError, match="disk is full"):
            append_steps(writer, 2)
        last = whole_steps(writer.folder)[-1]
        (small_disk / "ballast").unlink()
        writer.append(a_step(last + 1))
    assert whole_steps(writer.folder) == list(range(1, last + 2))


def test_an_existing_run_can_be_deleted_on_a_full_disk(small_disk):
    folder = make_run(small_disk / "run", steps=10)
    fill(small_disk)
    assert delete_run(folder) == []
    assert not folder.exists()


LIMITED = """
import resource, sys
import numpy as np
from pathlib import Path
from ghviz.store import RunFolderError, RunWriter
from tests.store.builders import a_step
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
writer = RunWriter.resume(Path(sys.argv[1]))
for write in (
    lambda: [writer.append(a_step(step)) for step in range(4, 4000)],
    lambda: writer.write_checkpoint(4, {"w": np.zeros(99_999)}, {}),
):
    try:
        write()
    except RunFolderError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no resource limits")
def test_a_limit_on_file_sizes_loses_nothing(tmp_path):
    folder = make_run(tmp_path / "run", steps=3, end="killed")
    lines = finish(python(LIMITED, folder)).splitlines()
    assert len(lines) == 2
    assert all("limit on file sizes" in line and "safe" in line for line in lines)
    assert 3 < len(whole_steps(folder)) < 4000
    assert open_run(folder).checkpoint() is None
    assert not list(folder.rglob(".*"))
    RunWriter.resume(folder).close()


def test_a_read_only_disk_can_be_read_and_says_why_it_cannot_be_written(small_disk, make_read_only):
    folder = make_run(small_disk / "run", steps=20, end="stopped")
    make_read_only()
    run = open_run(folder)
    assert run.state().status == "stopped"
    assert len(run.events()) > 20
    assert run.snapshot(20).step == 20
    assert run.checkpoint()[0] == 20
    for write in (
        lambda: RunWriter.resume(folder),
        lambda: create_run(small_disk / "other", config()),
        lambda: update_control(folder, stop=True),
        lambda: rename_run(folder, "other"),
        lambda: delete_run(folder),
    ):
        with pytest.raises(RunFolderError, match="read-only") as caught:
            write()
        assert one_sentence(caught.value)
    assert open_run(folder).state().status == "stopped"


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root and Windows write where they please"
)
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(RunFolderError, match="read-only"):
            create_run(tmp_path / "run", config())
    finally:
        tmp_path.chmod(0o755)


def test_what_stands_in_the_way_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name, words in (
        ("file", "a file stands in its place"),
        ("file/run", f"{tmp_path}/file is a file"),
        ("file/a/run", f"{tmp_path}/file is a file"),
        ("dangling/run", f"{tmp_path}/dangling is a link that leads nowhere"),
        ("loop/run", f"{tmp_path}/loop is a link that leads nowhere"),
    ):
        with pytest.raises(RunFolderError) as caught:
            create_run(tmp_path / name, config())
        assert str(caught.value) == (
            f"{tmp_path / name} could not be written: {words}; choose another place or move it away."
        )
    assert (tmp_path / "file").read_text() == "mine"
    with pytest.raises(RunFolderError, match="the name is too long; choose a shorter one"):
        create_run(tmp_path / ("x" * 300), config())


def test_a_folder_in_place_of_a_file(tmp_path):
    folder = make_run(tmp_path / "run", steps=3, end="stopped")
    (folder / "control.json").mkdir()
    with pytest.raises(RunFolderError, match="could not be written: a folder stands in its pl"):
        update_control(folder, stop=True)
    with RunWriter.resume(make_run(tmp_path / "other", steps=3, end="stopped")) as writer:
        shutil.rmtree(writer.folder / "snapshots")
        (writer.folder / "snapshots").write_text("mine")
        with pytest.raises(RunFolderError, match="snapshots could not be written: a file stands in its plac"):
            record(writer, 10, 10)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")
def test_a_place_where_nothing_can_be_made():
    with pytest.raises(RunFolderError) as caught:
        create_run(Path("/proc/run"), config())
    assert str(caught.value) == (
        "/proc/run could not be written: nothing can be made in /proc; choose another place."
    )


def test_a_run_that_never_began_has_nothing_that_is_safe(small_disk):
    fill(small_disk)
    with pytest.raises(RunFolderError, match="the disk is full; free some space and try again") as caught:
        create_run(small_disk / "run", config())
    assert one_sentence(caught.value)


def test_a_folder_that_vanishes_under_the_writer(tmp_path):
    writer = create_run(tmp_path / "run", config())
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    writer.append(a_step(1))  # its log is open and moves along
    with pytest.raises(RunFolderError, match=f"the folder {tmp_path}/run is gone; choose") as caught:
        writer.write_checkpoint(1, {}, {})
    assert one_sentence(caught.value)
    writer.close()
    assert whole_steps(tmp_path / "elsewhere") == [1]
