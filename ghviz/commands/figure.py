"""`figure`: the twin figure of a pair, for a paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ghviz.commands.measured import snapshot_step, table_at
from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.store import Run, open_run, pair_sides
from ghviz.store.errors import write_error
from ghviz.store.layout import is_run


@dataclass(frozen=True)
class FigureArguments:
    """Draw a pair, or two runs, side by side: circles or spheres with the territory of each class."""

    base: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FOLDER")]
    """Pair folder, or run folder for the left side."""
    gh: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="[FOLDER]")] = None
    """Run folder for the right side; none: the first is a pair."""
    out: Path = field(kw_only=True)
    """FILE.pdf, FILE.svg or FILE.png."""
    step: int | None = None
    """The snapshots at or before this step; None: the last ones."""
    view: Literal["globe", "atlas"] = "globe"
    """Spheres as seen from outside, or the whole of them on an equal-area map."""
    camera: tuple[float, float, float, float] | None = None
    """Rotation of the spheres as a unit quaternion w x y z; None: looks at the tail classes."""


def figure(arguments: list[str]) -> int:
    """Draw, save, and print the caption, which says what the picture alone does not."""
    asked = parse(
        FigureArguments,
        arguments,
        command="figure",
        example="python -m ghviz figure runs/digits-7 --out digits.pdf",
    )
    file_format = _format(asked.out)
    if not asked.out.absolute().parent.is_dir():
        raise BadArgumentsError(f"there is no folder {asked.out.absolute().parent} for --out")
    from ghviz.figures.paper import save
    from ghviz.figures.style import label_of
    from ghviz.twin import twin_figure_of

    runs = {side: open_run(folder) for side, folder in _sides(asked).items()}
    steps = {side: snapshot_step(run, asked.step) for side, run in runs.items()}
    _check_comparable(runs["base"], runs["gh"])
    tables = {side: table_at(run, steps[side]) for side, run in runs.items()}
    drawing = twin_figure_of(runs, steps=steps, tables=tables, camera=asked.camera, view=asked.view)
    try:
        save(drawing, asked.out, file_format)
    except OSError as error:
        raise write_error(asked.out, error) from error
    print(f"{asked.out}: {', '.join(f'{side} at step {step}' for side, step in steps.items())}")
    print(label_of(drawing)[0])
    return 0


def _sides(asked: FigureArguments) -> dict[str, Path]:
    """The folders of both sides.

    Raises:
        BadArgumentsError: there is no such folder, or a single run.
        RunFolderError: there is a single folder, and it is no pair.
    """
    if asked.gh is not None:
        return {"base": asked.base, "gh": asked.gh}
    if not asked.base.is_dir():
        raise BadArgumentsError(f"there is no folder {asked.base}")
    if is_run(asked.base):
        raise BadArgumentsError(
            f"{asked.base} is a single run, and figure draws two side by side: name a second run for the "
            "right side, or a pair folder"
        )
    sides = pair_sides(asked.base)
    return {"base": sides["base"], "gh": sides["gh"]}


def _format(path: Path) -> Literal["pdf", "svg", "png"]:
    match path.suffix.lower():
        case ".pdf":
            return "pdf"
        case ".svg":
            return "svg"
        case ".png":
            return "png"
    raise BadArgumentsError(f"--out must end with .pdf, .svg or .png, got {path.name!r}")


def _check_comparable(base: Run, gh: Run) -> None:
    if base.config.dimension != gh.config.dimension:
        raise BadArgumentsError(
            f"the two runs must have one dimension, got {base.config.dimension} and {gh.config.dimension}"
        )
    if base.classes != gh.classes:
        raise BadArgumentsError(
            "the two runs must have the same classes and counts: choose the sides of one pair"
        )
