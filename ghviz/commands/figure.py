"""`figure`: the twin figure of a pair, for a paper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from ghviz.commands.measured import snapshot_step, table_at
from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.store import Run, open_run
from ghviz.store.errors import write_error


@dataclass(frozen=True)
class FigureArguments:
    """Draw two runs side by side: circles or spheres with the territory of each class."""

    base: tyro.conf.Positional[Path]
    """Run folder for the left side."""
    gh: tyro.conf.Positional[Path]
    """Run folder for the right side."""
    out: Path
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
        example="python -m ghviz figure runs/digits-7/base runs/digits-7/gh --out digits.pdf",
    )
    file_format = _format(asked.out)
    if not asked.out.absolute().parent.is_dir():
        raise BadArgumentsError(f"there is no folder {asked.out.absolute().parent} for --out")
    from ghviz.figures.paper import save
    from ghviz.figures.style import label_of
    from ghviz.twin import twin_figure_of

    runs = {"base": open_run(asked.base), "gh": open_run(asked.gh)}
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
