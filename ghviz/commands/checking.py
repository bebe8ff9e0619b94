"""What can be found out about a training before its data are loaded, which may take an hour of decoding."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ghviz.store import check_free
from ghviz.store.errors import writing
from ghviz.types import RunConfig


def check_early(config: RunConfig, folders: list[Path]) -> None:
    """Refuse what can't be trained whatever the data are.

    Args:
        config: of the run.
        folders: of the runs that will be made.

    Raises:
        RunFolderError: a folder holds a run already or can't be written.
        ValueError: there is no such method or option, the device or the compiler is not there, or more
            vertices are asked for than training samples; one sentence.
    """
    from ghviz.data.pool import wanted_counts
    from ghviz.gh.harmonizer import check_targets
    from ghviz.ssl.registry import options_of
    from ghviz.train.compiling import check_compiler
    from ghviz.train.device import resolve_device

    for folder in folders:
        _check_place(folder)
    options_of(config.method, config.method_options)
    device, _ = resolve_device(config.device)
    if config.compile == "on":
        check_compiler(device.type)
    if config.profile != "given":
        check_targets(config.num_targets, sum(wanted_counts(config)))


def _check_place(folder: Path) -> None:
    check_free(folder)
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    with writing(folder), tempfile.TemporaryFile(dir=there):
        pass
