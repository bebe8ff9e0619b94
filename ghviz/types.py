"""The data classes that cross from one part of ghviz to another: configuration, events, snapshots, tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

Float = NDArray[np.float32] | NDArray[np.float64]
LARGEST: Final = 2**63 - 1
Positive = Annotated[int, Meta(ge=1, le=LARGEST)]
NonNegative = Annotated[int, Meta(ge=0, le=LARGEST)]
PositiveFloat = Annotated[float, Meta(gt=0)]
NonNegativeFloat = Annotated[float, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]

DataSet = Literal[
    "toy-circle",
    "toy-sphere",
    "digits",
    "mnist5k",
    "glyphs",
    "cifar10",
    "cifar100",
    "imagenet-lt",
    "places-lt",
    "elpv",
    "folder",
    "list",
    "npz",
    "imported",
]
Net = Literal["mlp", "convnet", "resnet18", "resnet50"]
Switch = Literal["on", "off"]
IMPORTED: Final = "imported"
"""Preset and data set of a run whose embeddings were computed elsewhere: it can be seen, not trained."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides a training run: data, views, net, optimisation, GH and how it is recorded.

    Two runs with equal configurations give equal numbers on one machine's CPU. Epochs count from 0.
    """

    preset: str = "custom"
    """Name of the preset this configuration started from."""

    # --- data ---
    dataset: DataSet = "toy-circle"
    """Where the samples come from; `imported` stands for embeddings from elsewhere and can't be trained."""
    data_path: str | None = None
    """The .npz, the image folder, the training list file or the folder of the published lists; for CIFAR
    prepared .npz files or the folder where downloads are cached."""
    test_list: str | None = None
    """Data set `list` only: the list file of the test images; None: the one named like the training list with
    test or val for train, or `test_per_class` of each class held out where there is none."""
    image_root: str | None = None
    """Data from list files only: the folder where their paths begin; None: the folder of the list."""
    cache_path: str | None = None
    """Data from image files only: where they are kept decoded; None: ~/.cache/ghviz."""
    image_size: Annotated[int, Meta(ge=8)] = 224
    """Data from image files only: side in pixels of what the net sees; 8/7 of it is stored."""
    skip_broken: bool = False
    """Data from image files only: leave out missing and broken images instead of stopping."""
    num_classes: Positive = 10
    """Number of classes L; for data sets with more, the first L of `classes` or of the data set."""
    classes: tuple[int, ...] | None = None
    """Original labels to take, before their frequency order is drawn; None: the first `num_classes`."""
    n_max: Positive = 256
    """Training samples of the largest class."""
    ratio: Annotated[float, Meta(ge=1)] = 64.0
    """Imbalance ratio R = largest class / smallest class."""
    profile: Literal["exp", "step", "given"] = "exp"
    """How class sizes fall from head to tail; given: as they are in the data, n_max and ratio don't count."""
    test_per_class: Positive = 100
    """Held-out samples per class; data sets that bring a test split keep the whole of it."""
    within_class_sd: PositiveFloat = 0.2
    """Toys only: standard deviation of the Gaussian inside a class (nearest centres are sqrt(2) apart)."""

    # --- views ---
    view_strength: PositiveFloat = 0.1
    """Strength of the augmentation: jitter sd (toys), strength a (digits), scale of the recipe (images)."""

    # --- net ---
    net: Net = "mlp"
    """Encoder architecture."""
    hidden: tuple[Positive, ...] = (64, 64)
    """MLP only: widths of the encoder's hidden layers; the last is the feature width."""
    projector_hidden: NonNegative = 0
    """Width of the projector's hidden layer; 0: a single linear layer."""
    dimension: Annotated[int, Meta(ge=2, le=LARGEST)] = 2
    """Output size d of the projector: the embedding lives on the unit sphere in d dimensions."""
    batch_norm: bool = False
    """Batch normalisation in encoder and projector."""

    # --- optimisation ---
    method: str = "simclr"
    """Base self-supervised method: simclr, focal, sdclr, bcl, dnc, moco, vicreg, barlow-twins."""
    method_options: tuple[str, ...] = ()
    """Settings of the method, such as `gamma=3`; those not named are at the method's defaults."""
    temperature: PositiveFloat = 0.2
    """Temperature of the contrastive losses."""
    epochs: Positive = 160
    """Length of the run. On the command line GH's warm-up, ramp and refreshing scale with it unless given."""
    batch_size: Annotated[int, Meta(ge=2, le=LARGEST)] = 128
    """Samples per step; the last, smaller batch of an epoch is dropped unless it is the only one."""
    accumulate: Positive = 1
    """Parts in which a batch goes through the net: only one part's activations are held at a time, for a
    second pass forward; losses and GH still see the whole batch. At least two samples a part."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """Optimiser."""
    learning_rate: PositiveFloat = 2e-3
    """Peak learning rate."""
    sgd_momentum: Fraction = 0.9
    """Momentum of SGD."""
    weight_decay: NonNegativeFloat = 0.0
    """Weight decay."""
    schedule: Literal["constant", "plain", "two-stage"] = "constant"
    """Learning-rate schedule; both sides of a pair run the same one."""
    middle_rate: Fraction = 0.6
    """Two-stage schedule only: fraction of the peak learning rate where its stages meet, as GH sets in."""

    # --- Geometric Harmonization ---
    gh: Switch = "on"
    """Whether GH's loss is on; off still gathers its statistics, so that it can be switched on later."""
    gh_weight: NonNegativeFloat = 1.0
    """Weight w of GH's loss when it is on."""
    num_targets: Annotated[int, Meta(ge=2, le=16384)] = 20
    """Number of vertices K of the geometric uniform structure, 2 to 16384: finding their places takes K * K
    numbers."""
    gh_warm_up: NonNegative = 60
    """Epochs before GH acts."""
    gh_ramp: Positive = 10
    """Epochs over which GH's weight rises linearly after its warm-up."""
    gh_refresh_every: Positive | None = 4
    """Epochs between two estimates of the prior; None: only the one at the end of the warm-up."""
    gh_momentum: tuple[Fraction, Fraction] = (0.9, 0.9)
    """Momentum of the per-sample running mean before and after the warm-up."""
    gh_prior_floor: Fraction = 0.2
    """No vertex gets a prior below this fraction of 1 / K."""
    gh_temperature: Annotated[float, Meta(ge=1e-12)] = 0.1
    """Temperature of GH's cross-entropy."""
    gh_regularization: Annotated[float, Meta(ge=1e-12)] = 0.05
    """Entropic regularisation of the optimal transport."""

    # --- running and recording ---
    seed: NonNegative = 0
    """Fixes data, weights, batches and augmentation."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to train; auto: CUDA, then MPS, then CPU."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto: bfloat16 autocast on CUDA, float32 elsewhere."""
    compile: Switch = "off"
    """Whether torch.compile makes the encoder's passes in training: a long wait for the first step, then
    faster steps of large nets and slower ones of small nets (docs/cluster.md); needs a C++ compiler, on a GPU
    Triton."""
    threads: NonNegative = 1
    """CPU threads of the trainer; 0: all cores but one. Configuration, because it decides rounding."""
    pace: NonNegativeFloat = 0.0
    """Steps per second at most; 0: as fast as possible."""
    snapshots: Positive = 40
    """Number of snapshots, evenly spaced from step 0 to the last."""
    snapshot_points: Positive = 4000
    """Training points a snapshot holds at most (a random subset beyond it)."""

    @property
    def initial_gh_weight(self) -> float:
        """GH's weight as the run begins; 0 with GH off."""
        return self.gh_weight if self.gh == "on" else 0.0

    @property
    def weight_of_on(self) -> float:
        """GH's weight once somebody switches it on without naming one; never 0."""
        return self.gh_weight or 1.0

    def __post_init__(self) -> None:
        """Check what no single field can check.

        Raises:
            ValueError: naming the fields, what was expected and what came.
        """
        if self.dataset == "npz" and not self.data_path:
            raise ValueError(
                "dataset 'npz' needs data_path: the .npz file with images, labels and class_names"
            )
        if self.classes is not None and len(set(self.classes)) != self.num_classes:
            raise ValueError(
                f"classes must name num_classes = {self.num_classes} different labels, got {self.classes}"
            )
        if self.net == "mlp" and not self.hidden:
            raise ValueError("net 'mlp' needs at least one width in hidden, got none")
        if self.num_classes < 2:
            raise ValueError(
                f"num_classes must be at least 2 (contrast needs classes), got {self.num_classes}"
            )
        if self.profile != "given" and self.ratio > self.n_max:
            raise ValueError(
                f"ratio {self.ratio:g} leaves the smallest class empty: with {self.n_max} samples of the "
                f"largest class it can be at most {self.n_max}"
            )


# --- events: what a run says while it goes on; each is one line of events.jsonl ---


class EventBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every event has.

    Attributes:
        step: number of optimisation steps finished when it happened.
        time: seconds since 1970, written by whoever records the event; 0 where nobody does.
    """

    step: int
    time: float = 0.0


class Started(EventBase, frozen=True, kw_only=True, tag="started"):
    """The run begins (or goes on, when `step` is not 0)."""

    device: str
    reason: str
    precision: str
    parameters: int
    steps_per_epoch: int
    total_steps: int
    schedule: str


class Step(EventBase, frozen=True, kw_only=True, tag="step"):
    """One optimisation step is done; `loss` = `base_loss` + GH's weight times `gh_loss`."""

    epoch: int
    loss: float
    base_loss: float
    gh_loss: float
    gh_weight: float
    learning_rate: float


class GHSwitch(EventBase, frozen=True, kw_only=True, tag="gh-switch"):
    """From this step on GH has another weight (0: off)."""

    weight: float
    on: bool


class PriorTaken(EventBase, frozen=True, kw_only=True, tag="prior"):
    """GH estimated its prior anew."""

    epoch: int
    prior: list[float]
    live_vertices: int


class SnapshotTaken(EventBase, frozen=True, kw_only=True, tag="snapshot"):
    """Embeddings were written to `file`, relative to the run folder."""

    epoch: int
    file: str


class Measured(EventBase, frozen=True, kw_only=True, tag="metrics"):
    """Metrics of the snapshot of the same step; None stands for a value that could not be computed."""

    per_class: dict[str, list[float | None]]
    summary: dict[str, float | None]


class Diagnosed(EventBase, frozen=True, kw_only=True, tag="diagnosis"):
    """What GH was doing in the batch of this step, taken where snapshots are; see `DiagnosisReady`.

    Attributes:
        numbers: those of `DiagnosisReady`, and `nmi` and `adjusted_rand`, how far the vertex that each sample
            seen so far is nearest to agrees with its class, and `batch_nmi` and `batch_adjusted_rand`, how
            far the batch's surrogate labels do; None stands for a value that could not be computed.
        prior: (K,) mass that each vertex is given.
        mass: (K,) share of the samples that are nearest to each vertex.
        owners: (K,) class that has most of a vertex's samples; -1 where it has none.
        plan: rows of the transport plan of view 1 in per cent, samples of the batch from head to tail.
        plan_classes: class of each of those samples.
        plan_vertices: vertex of each column of `plan`, ascending; of many the heaviest.
        batch: samples in the batch, of which `plan` may show some.
    """

    numbers: dict[str, float | None]
    prior: list[float]
    mass: list[float]
    owners: list[int]
    plan: list[list[int]]
    plan_classes: list[int]
    plan_vertices: list[int]
    batch: int


class CheckpointSaved(EventBase, frozen=True, kw_only=True, tag="checkpoint"):
    """The run can resume from here."""


class Stopped(EventBase, frozen=True, kw_only=True, tag="stopped"):
    """The run was stopped on request and can be resumed."""

    reason: str


class Finished(EventBase, frozen=True, kw_only=True, tag="finished"):
    """The run came to its end."""


class Failed(EventBase, frozen=True, kw_only=True, tag="failed"):
    """The run ended on an error; `message` is one sentence for a person."""

    message: str


LoggedEvent = (
    Started
    | Step
    | GHSwitch
    | PriorTaken
    | SnapshotTaken
    | Measured
    | Diagnosed
    | CheckpointSaved
    | Stopped
    | Finished
    | Failed
)
"""The events that `events.jsonl` holds."""


# --- arrays ---


@dataclass(frozen=True, kw_only=True)
class ClassTable:
    """The classes of a run from head to tail: class 0 is the most frequent.

    Attributes:
        names: (L,) what to call them.
        counts: (L,) training samples of each, never increasing.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Points:
    """The fixed points whose embeddings every snapshot of a run holds.

    Attributes:
        train_labels: (n,) int64, 0 = head class; long-tailed.
        train_indices: (n,) int64, position in the run's training set.
        test_labels: (m,) int64; balanced.
        targets: (K, d) float32, the vertices of GH's geometric uniform structure.
        thumbnails: (n, height, width) or (n, height, width, 3) uint8 of the training points; None for points.
    """

    train_labels: NDArray[np.int64]
    train_indices: NDArray[np.int64]
    test_labels: NDArray[np.int64]
    targets: NDArray[np.float32]
    thumbnails: NDArray[np.uint8] | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Embeddings of a run's fixed points at one step.

    Attributes:
        step: optimisation steps finished.
        epoch: epoch that this step belongs to.
        train: (n, d) float32 unit rows.
        test: (m, d) float32 unit rows.
    """

    step: int
    epoch: int
    train: NDArray[np.float32]
    test: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SnapshotReady:
    """Event of `train.fit`: a snapshot, not yet written anywhere."""

    step: int
    snapshot: Snapshot


@dataclass(frozen=True, kw_only=True)
class CheckpointReady:
    """Event of `train.fit`: a chance to save the state from which the run can go on.

    Attributes:
        step: optimisation steps finished.
        collect: gives every tensor of the state by name (torch tensors, still on the device); to be called
            before the generator advances, if at all.
        meta: the numbers and strings of the state; JSON.
        is_last: nothing comes after it but the end or a stop: it should not be left out.
    """

    step: int
    collect: Callable[[], dict[str, Any]]
    meta: dict[str, Any]
    is_last: bool = False


@dataclass(frozen=True, kw_only=True)
class DataReady:
    """Event of `train.fit`, before the first step: what the run trains on and will take snapshots of."""

    step: int
    classes: ClassTable
    points: Points


@dataclass(frozen=True, kw_only=True)
class DiagnosisReady:
    """Event of `train.fit`: what GH was doing in the batch of this step, whether it is on or not.

    Attributes:
        step: optimisation steps finished.
        numbers: `live_vertices`, `evenness` of the mass, `moved`, Sinkhorn's `iterations` and `residual`;
            `base_gradient` and `gh_gradient` (before its weight), `gradient_cosine` and `gradient_share`. See
            `ghviz.gh.diagnostics`. NaN where there is none.
        prior: (K,) float32 mass that each vertex is given.
        mass: (K,) float32 share of the samples that are nearest to each vertex.
        nearest: (num_samples,) int64 vertex that each training sample is nearest to; -1: not seen yet.
        labels: (num_samples,) int64 their classes.
        plan: (N, K) float32 transport plan of view 1, rows sum to 1.
        batch: (N,) int64 which training samples these are.
    """

    step: int
    numbers: dict[str, float]
    prior: NDArray[np.float32]
    mass: NDArray[np.float32]
    nearest: NDArray[np.int64]
    labels: NDArray[np.int64]
    plan: NDArray[np.float32]
    batch: NDArray[np.int64]


Event = LoggedEvent | SnapshotReady | DiagnosisReady | CheckpointReady | DataReady
"""What `train.fit` yields."""


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person wants of a running trainer: wishes as states, so that writing one twice does no harm.

    Attributes:
        gh_weight: weight of GH's loss; 0: off; None: no wish, it stays as it is.
        pace: steps per second at most; 0: no limit; None: as configured.
        stop: save and stop.
    """

    gh_weight: NonNegativeFloat | None = None
    pace: NonNegativeFloat | None = None
    stop: bool = False


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """How well a value, or the values of all classes, are known.

    Attributes:
        low: lower end of the 95 % interval, () or (L,).
        high: its upper end; both NaN where there is no interval.
        standard_error: of the same shape; NaN where it is not known.
        replicates: (B,) or (B, L) what other samples of the same classes might have given; runs of equal
            labels have equal draws, so that differences of replicates are paired.

    Printed, it shows numbers and the shapes of arrays:
        >>> drawn = np.array([[0.5, 1.0], [0.7, 1.5]])
        >>> Certainty(low=drawn[0], high=drawn[1], standard_error=drawn[1] - drawn[0], replicates=drawn)
        Certainty(low=array (2,), high=array (2,), standard_error=array (2,), replicates=array (2, 2))
        >>> one = drawn[:, 0]
        >>> Certainty(low=one.min(), high=one.max(), standard_error=one.std(), replicates=one)
        Certainty(low=0.5, high=0.7, standard_error=0.1, replicates=array (2,))
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    replicates: NDArray[np.float64]

    def __repr__(self) -> str:
        """Return the numbers, of arrays their shapes: replicates would fill pages."""
        parts = {each.name: getattr(self, each.name) for each in fields(self)}
        shown = (
            f"{name}=array {np.shape(part)}" if np.ndim(part) else f"{name}={part:.4g}"
            for name, part in parts.items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, kw_only=True)
class MetricTable:
    """Metrics of one snapshot.

    Attributes:
        step: optimisation steps finished.
        classes: names and training counts, head to tail.
        per_class: name -> (L,) float64; NaN where it can't be computed.
        summary: name -> one number; NaN where it can't be computed.
        embeddings: what the geometry was measured on: the long-tailed training embeddings or the balanced
            test embeddings. Accuracies always ask test embeddings for their nearest training embedding.
        samples: "train" and "test" -> (L,) samples of each class in the snapshot.
        certainty: name of a per-class metric -> how well its values are known; empty where nobody asked.
        summary_certainty: the same for the summary.
        sampled: names of the metrics that were computed on a sample of the embeddings or directions.
        reasons: name of a per-class metric -> (L,) why a value is NaN; "" where there is a value.
        corrected: names of the metrics of class centres that were corrected for the scatter of the centres of
            small classes (`unbiased_center_cosines`); the same metrics are plain where they are not named.

    Printed, it shows the summary, with intervals where there are any, and which values there are per class:
        >>> drawn = np.array([0.91, 0.97])
        >>> known = Certainty(low=drawn[0], high=drawn[1], standard_error=drawn.std(), replicates=drawn)
        >>> MetricTable(
        ...     step=7,
        ...     classes=ClassTable(names=("a", "b"), counts=(9, 2)),
        ...     per_class={"territory_share": np.array([0.625, 0.375])},
        ...     summary={"evenness": 0.954434, "tail_gap": 31.5},
        ...     summary_certainty={"evenness": known},
        ... )
        MetricTable(step 7, 2 classes, train embeddings
          summary: evenness=0.9544 [0.91, 0.97], tail_gap=31.5
          per class: territory_share)
    """

    step: int
    classes: ClassTable
    per_class: dict[str, NDArray[np.float64]]
    summary: dict[str, float]
    embeddings: Literal["train", "test"] = "train"
    samples: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    certainty: dict[str, Certainty] = field(default_factory=dict)
    summary_certainty: dict[str, Certainty] = field(default_factory=dict)
    sampled: tuple[str, ...] = ()
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    corrected: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return the summary and the names of the rest: values and replicates would fill pages."""
        summary = ", ".join(
            f"{name}={value:.4g}{self._interval(name)}" for name, value in self.summary.items()
        )
        return (
            f"{type(self).__name__}(step {self.step}, {len(self.classes.names)} classes, "
            f"{self.embeddings} embeddings\n  summary: {summary or 'nothing'}\n"
            f"  per class: {', '.join(self.per_class) or 'nothing'})"
        )

    def _interval(self, name: str) -> str:
        """Return the interval of a summary's value as the table prints it, "" where there is none."""
        known = self.summary_certainty.get(name)
        return f" [{known.low:.4g}, {known.high:.4g}]" if known is not None and np.isfinite(known.low) else ""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Coordinates to draw.

    Attributes:
        kind: "circle", "sphere" or "umap".
        coordinates: one (n, 2) or (n, 3) float32 array a snapshot; unit rows on circle and sphere.
        kept: share of the embeddings' second moment that the drawing keeps (1.0: the thing itself);
            None for UMAP.
        targets: (K, 2) or (K, 3) float32 vertices in the same drawing, or None.
    """

    kind: Literal["circle", "sphere", "umap"]
    coordinates: tuple[NDArray[np.float32], ...]
    kept: float | None
    targets: NDArray[np.float32] | None = None
    notes: tuple[str, ...] = field(default=())
