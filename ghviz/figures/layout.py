"""Parts that paper figures share, placed in inches: panels, titles, headline numbers, class legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ghviz.figures.disc import Look
from ghviz.figures.series import shorten
from ghviz.figures.style import SMALL_PT, TEXT_PT, THIN_SPACE, TITLE_PT
from ghviz.types import ClassTable

TITLE_HEIGHT: Final = 0.24  # inches, as all heights here
NUMBERS_HEIGHT: Final = 0.36
ROW: Final = 0.165
MAX_WRITTEN_CLASSES: Final = 20


def canvas_axes(figure: Figure) -> Axes:
    """Axes over the whole figure, in inches from its lower left corner, for text and symbols."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height), zorder=5)
    axes.axis("off")
    axes.patch.set_alpha(0)
    return axes


def panel(figure: Figure, box: tuple[float, float, float, float]) -> Axes:
    """Axes at (left, bottom, width, height) in inches."""
    width, height = figure.get_size_inches()
    left, bottom, across, up = box
    return figure.add_axes((left / width, bottom / height, across / width, up / height))


def badges(classes: ClassTable) -> list[str] | None:
    """What to write on the pins: names of up to three characters, else ranks; None for too many classes."""
    if len(classes.names) > MAX_WRITTEN_CLASSES:
        return None
    if all(len(name) <= 3 for name in classes.names):
        return list(classes.names)
    return [str(rank + 1) for rank in range(len(classes.names))]


def write_title(canvas: Axes, place: tuple[float, float], title: str, *, width: float, look: Look) -> None:
    """A panel's title, centred at a place in inches, smaller where it is too long for a width."""
    figure = canvas.get_figure(root=True)
    assert figure is not None
    needed = text_width(figure, title, TITLE_PT, "bold")
    canvas.text(
        *place,
        title,
        fontsize=TITLE_PT * min(1, width / needed),
        fontweight="bold",
        color=look.inks.text,
        ha="center",
        va="baseline",
    )


def write_numbers(
    canvas: Axes, place: tuple[float, float], numbers: Mapping[str, str], *, width: float, look: Look
) -> None:
    """Headline numbers side by side, each above its name, centred at the top of `place`."""
    if not numbers:
        return
    figure = canvas.get_figure(root=True)
    assert figure is not None
    step = width / len(numbers)
    broken = _too_wide(figure, list(numbers), width=width)
    for i, (name, value) in enumerate(numbers.items()):
        x = place[0] + (i - (len(numbers) - 1) / 2) * step
        lines = name.split(" ", 1) if broken else [name]
        for text, size, weight, color, drop in (
            (value, TITLE_PT + 1, "bold", look.inks.text, 0.13),
            *((line, SMALL_PT, "normal", look.inks.muted, 0.26 + 0.11 * k) for k, line in enumerate(lines)),
        ):
            canvas.text(
                x,
                place[1] - drop,
                text,
                fontsize=size,
                fontweight=weight,
                color=color,
                ha="center",
                va="baseline",
            )


def numbers_height(figure: Figure, names: Sequence[str], *, width: float) -> float:
    """Height in inches that `write_numbers` needs for the names of both sides."""
    if not names:
        return 0.05
    return NUMBERS_HEIGHT + (0.11 if _too_wide(figure, names[: len(names) // 2], width=width) else 0)


def _too_wide(figure: Figure, names: Sequence[str], *, width: float) -> bool:
    """Whether names must be broken to stand side by side."""
    widest = max(text_width(figure, name, SMALL_PT) for name in names)
    return widest + 0.06 > width / len(names)


def text_width(figure: Figure, text: str, size: float, weight: str = "normal") -> float:
    """Width of a text in inches."""
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    probe = figure.text(0, 0, text, fontsize=size, fontweight=weight)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    width = probe.get_window_extent(renderer).width / figure.dpi
    probe.remove()
    return float(width)


def legend_columns(figure: Figure, classes: ClassTable, *, look: Look, width: float) -> tuple[int, float]:
    """Number of columns of the class legend, and their width in inches."""
    widest = max(
        text_width(figure, f"{_label(classes, look, i)}  {_count(classes, i)}", TEXT_PT)
        for i in range(len(classes.names))
    )
    column = widest + 0.30
    columns = max(1, min(len(classes.names), int(width / column)))
    rows = -(-len(classes.names) // columns)
    columns = -(-len(classes.names) // rows)
    return columns, min(column + 0.2, width / columns)


def legend_height(figure: Figure, classes: ClassTable, *, look: Look, width: float) -> float:
    """Height in inches that `write_legend` needs."""
    if len(classes.names) > MAX_WRITTEN_CLASSES:
        return 0.44
    columns, _ = legend_columns(figure, classes, look=look, width=width)
    return 0.21 + ROW * -(-len(classes.names) // columns)


def write_legend(  # noqa: PLR0913
    canvas: Axes, top: float, classes: ClassTable, *, look: Look, dashes: bool, width: float
) -> None:
    """The classes from head to tail with their counts, centred below `top`.

    Args:
        canvas: axes in inches.
        top: where it begins.
        classes: names and training counts.
        look: colours and badges.
        dashes: show the tail half's dashed lines.
        width: inches across.
    """
    figure = canvas.get_figure(root=True)
    assert figure is not None
    middle = figure.get_figwidth() / 2
    canvas.text(
        middle,
        top - 0.11,
        "Classes, head to tail (training samples)",
        fontsize=SMALL_PT,
        color=look.inks.muted,
        ha="center",
    )
    if len(classes.names) > MAX_WRITTEN_CLASSES:
        _write_scale(canvas, (middle, top - 0.26), classes, look=look, width=width)
        return
    columns, column = legend_columns(figure, classes, look=look, width=width)
    left = middle - columns * column / 2
    for i in range(len(classes.names)):
        row, place = divmod(i, columns)
        x, y = left + place * column + 0.05, top - 0.27 - ROW * row
        style = (0, (1.7, 1.0)) if dashes and i >= look.tail_start else "-"
        if dashes:
            canvas.plot([x, x + 0.17], [y, y], color=look.colors[i], linewidth=1.4, linestyle=style)
        else:
            canvas.plot([x + 0.1], [y], "o", color=look.colors[i], markersize=6, markeredgewidth=0)
        canvas.text(
            x + 0.23,
            y,
            _label(classes, look, i),
            fontsize=TEXT_PT,
            color=look.inks.text,
            va="center_baseline",
        )
        canvas.text(
            x + 0.23 + text_width(figure, _label(classes, look, i) + "  ", TEXT_PT),
            y,
            _count(classes, i),
            fontsize=TEXT_PT,
            color=look.inks.muted,
            va="center_baseline",
        )


def _label(classes: ClassTable, look: Look, i: int) -> str:
    written = look.badges
    name = shorten(classes.names[i])
    rank = "" if written is None or written[i] == classes.names[i] else f"{written[i]}  "
    return rank + name


def _count(classes: ClassTable, i: int) -> str:
    return f"({classes.counts[i]:,})".replace(",", THIN_SPACE)


def _write_scale(
    canvas: Axes, place: tuple[float, float], classes: ClassTable, *, look: Look, width: float
) -> None:
    """One bar of all class colours, with the counts of its ends."""
    bar = min(2.6, 0.5 * width)
    left = place[0] - bar / 2
    step = bar / len(classes.names)
    for i, color in enumerate(look.colors):
        x = left + i * step
        canvas.fill_between(
            [x, min(x + 1.3 * step, left + bar)], place[1] - 0.05, place[1] + 0.05, color=color, lw=0
        )
    ends = ((0, left - 0.07, "right"), (len(classes.names) - 1, left + bar + 0.07, "left"))
    for i, x, side in ends:
        canvas.text(
            x,
            place[1],
            f"{shorten(classes.names[i])}  {_count(classes, i)}",
            fontsize=TEXT_PT,
            color=look.inks.text,
            ha=side,
            va="center_baseline",
        )
