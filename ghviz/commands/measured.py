"""The numbers of a run, or of a pair's sides and what lies between, measured as the command line asks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ghviz.commands.parsing import BadArgumentsError
from ghviz.metrics.differences import Differences, Verdict, differences, verdict
from ghviz.metrics.material import Resampling
from ghviz.metrics.sampling import SampledWarning
from ghviz.metrics.seed_noise import SeedNoise, seed_noise
from ghviz.metrics.table import measure
from ghviz.store import SECOND_BASELINE, Run, RunFolderError, open_run, pair_sides
from ghviz.types import IMPORTED, MetricTable

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be measured.

    Attributes:
        step: the snapshot at or before this step; None: the last.
        metrics: names; None: those that are measured while a run trains.
        embeddings: what the geometry is measured on.
        resampling: how intervals are made; None: there are none.
    """

    step: int | None = None
    metrics: tuple[str, ...] | None = None
    embeddings: Literal["train", "test"] = "train"
    resampling: Resampling | None = None


LAST = Wish()
"""The last snapshot, as a run itself measures it."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number and how well it is known.

    Attributes:
        value: NaN where there is none.
        low: lower end of its interval; NaN where there is none.
        high: its upper end.
        noise: of a difference, how far two seeds without GH lie apart; NaN where that is not known.
        verdict: what can be said of a difference; "" for what is no difference.
    """

    value: float
    low: float = NAN
    high: float = NAN
    noise: float = NAN
    verdict: Verdict | Literal[""] = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What stands side by side.

    Attributes:
        name: folder of the run, or of the pair.
        tables: of its runs, by their folders; of a pair without GH first.
        changed: of a pair, with GH minus without.
        noise: between two baselines of a pair, where there are two.
        imported: the runs were trained elsewhere.
    """

    name: str
    tables: dict[str, MetricTable] = field(default_factory=dict)
    changed: Differences | None = None
    noise: SeedNoise | None = None
    imported: bool = False

    @property
    def to_know_seeds(self) -> str:
        """How to get a second baseline."""
        if self.imported:
            return f"put one of yours into {self.name} as {SECOND_BASELINE}"
        return f"python -m ghviz baseline {self.name}"

    @property
    def table(self) -> MetricTable:
        """The first of the tables: all have the same classes and metrics."""
        return next(iter(self.tables.values()))

    @property
    def columns(self) -> dict[str, MetricTable | Differences]:
        """The tables by folder, and the differences by the pair's."""
        return {**self.tables, **({self.name: self.changed} if self.changed is not None else {})}

    def number(self, of: MetricTable | Differences, key: str, c: int | None = None) -> Number:
        """Return a number of one of the columns.

        Args:
            of: the column.
            key: name of the metric.
            c: the class; None: the metric with one value.
        """
        value = float(of.summary[key] if c is None else of.per_class[key][c])
        known = (of.summary_certainty if c is None else of.certainty).get(key)
        at = () if c is None else (c,)
        low, high = (NAN, NAN) if known is None else (float(known.low[at]), float(known.high[at]))
        if isinstance(of, MetricTable):
            return Number(value=value, low=low, high=high)
        noise = self._noise(key, c)
        said = verdict(value, low=low, high=high, noise=noise)
        return Number(value=value, low=low, high=high, noise=noise, verdict=said)

    def _noise(self, key: str, c: int | None) -> float:
        if self.noise is None:
            return NAN
        if c is None:
            return self.noise.summary.get(key, NAN)
        return float(self.noise.per_class[key][c]) if key in self.noise.per_class else NAN


def snapshot_step(run: Run, step: int | None) -> int:
    """The step of the last snapshot at or before `step`; None: of the last there is.

    Raises:
        RunFolderError: there is none.
    """
    steps = [s for s in run.snapshot_steps() if step is None or s <= step]
    if not steps:
        where = "yet" if step is None else f"at or before step {step}"
        raise RunFolderError(f"{run.folder} has no snapshot {where}.")
    return steps[-1]


def table_at(run: Run, step: int | None, wish: Wish = LAST) -> MetricTable:
    """Metrics of a run at the last snapshot at or before `step`; the wish says which metrics, and how.

    Raises:
        BadArgumentsError: test embeddings are asked for, and there are none.
        RunFolderError: there is no snapshot.
    """
    chosen = snapshot_step(run, step)
    points, classes = run.points, run.classes
    if points is None or classes is None:
        raise RunFolderError(f"{run.folder} has no data yet.")
    snapshot = run.snapshot(chosen)
    if wish.embeddings == "test" and len(snapshot.test) == 0:
        raise BadArgumentsError(
            f"{run.folder} has no test embeddings: leave --embeddings test out{_has_none(run)}"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledWarning)  # the table names them
        return measure(
            snapshot,
            points,
            classes,
            metrics=wish.metrics,
            embeddings=wish.embeddings,
            resampling=wish.resampling,
        )


def _has_none(run: Run) -> str:
    return ", or import it anew with those of a test set (--test)" if run.config.preset == IMPORTED else ""


def measured_pair(folder: Path, wish: Wish) -> Shown:
    """Both sides of a pair at the last step of which both have a snapshot, and what lies between.

    Args:
        folder: of the pair.
        wish: with a resampling.

    Raises:
        RunFolderError: there is no such step.
    """
    sides = {side: open_run(path) for side, path in pair_sides(folder).items()}
    base, gh, second = sides["base"], sides["gh"], sides.get(SECOND_BASELINE)
    common = set(base.snapshot_steps()) & set(gh.snapshot_steps())
    step = max((s for s in common if wish.step is None or s <= wish.step), default=None)
    if step is None:
        where = "yet" if wish.step is None else f"at or before step {wish.step}"
        raise RunFolderError(f"{folder} has no snapshot of the same step on both sides {where}.")
    tables = {str(run.folder): table_at(run, step, wish) for run in (base, gh)}
    first, other = tables.values()
    assert wish.resampling is not None
    return Shown(
        name=str(folder),
        tables=tables,
        changed=differences(first, other, level=wish.resampling.level),
        noise=None if second is None else _noise_at(first, second, wish),
        imported=base.config.preset == IMPORTED,
    )


def _noise_at(first: MetricTable, second: Run, wish: Wish) -> SeedNoise | None:
    """How far the baselines lie apart; None where the second has not come as far or has other classes."""
    if first.step not in second.snapshot_steps():
        return None
    corrected_alike = Wish(metrics=wish.metrics, embeddings=wish.embeddings, resampling=Resampling(draws=0))
    table = table_at(second, first.step, corrected_alike)
    alike = len(table.classes.names) == len(first.classes.names)
    return seed_noise([first, table]) if alike else None
