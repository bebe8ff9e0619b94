"""Training as a generator of events: it knows no disk and no screen."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from ghviz.data.dataset import LongTailed, load
from ghviz.data.views import as_input, two_views
from ghviz.embed import embeddings
from ghviz.gh import Harmonizer
from ghviz.gh.harmonizer import check_targets
from ghviz.nets.encoder import build
from ghviz.ssl.method import Encoding, Epoch, Method, Outcome
from ghviz.ssl.registry import build as build_method
from ghviz.ssl.registry import entry, options_of
from ghviz.train.compiling import check_compiler
from ghviz.train.device import resolve_device
from ghviz.train.diagnosing import diagnosis_ready
from ghviz.train.randomness import Stream, derived_seed, generator
from ghviz.train.ranks import current as current_ranks
from ghviz.train.ranks import encoding_of, together
from ghviz.train.schedule import rates_of
from ghviz.train.snapshot_points import points_of, stride_of_test_points
from ghviz.train.state import SavedState, load_state, state_tensors
from ghviz.types import (
    CheckpointReady,
    ClassTable,
    Control,
    DataReady,
    DiagnosisReady,
    Event,
    Finished,
    GHSwitch,
    PriorTaken,
    RunConfig,
    Snapshot,
    SnapshotReady,
    Started,
    Step,
    Stopped,
)

TRIED = 4
"""Samples with which a configuration is tried."""
ControlSource = Callable[[], Control]


class TrainingDivergedError(ArithmeticError):
    """The loss is no finite number any more; the message says at which step and what to try."""


def fit(  # noqa: PLR0913 (one argument for each thing that can differ from a plain run)
    config: RunConfig,
    *,
    data: LongTailed | None = None,
    control: ControlSource | None = None,
    resume: SavedState | None = None,
    switches: Sequence[GHSwitch] = (),
    frontier: int = -1,
) -> Iterator[Event]:
    """Train as configured, one event after the other; the caller decides what to do with them.

    Order: Started, DataReady, a snapshot of the fresh encoder, then for each step a Step, followed where due
    by DiagnosisReady and SnapshotReady, and CheckpointReady after snapshots and epochs; PriorTaken before the
    first step of an epoch that renews the prior, GHSwitch before the step that first has the new weight; at
    last Finished or Stopped. A SnapshotReady's arrays are the caller's; a CheckpointReady's tensors are live,
    to be taken before the generator advances.

    Args:
        config: what to train.
        data: the data of `config`, if loaded already; both runs of a pair can share them.
        control: called between steps; what a person wants now. Its `gh_weight` None changes nothing.
        resume: state to go on from; the events up to its step are not repeated.
        switches: changes of GH's weight that an earlier attempt made, to be repeated at their steps.
        frontier: wishes for GH's weight count only beyond this step (the furthest that an earlier attempt
            recorded), so that repeating a part of a run gives the same numbers again.

    Yields:
        Events of `ghviz.types`.

    Raises:
        ValueError: the data, the device or the checkpoint do not fit.
        TrainingDivergedError: the loss became NaN or infinite.
        RankLostError: another process of the run ended.
    """
    torch.set_num_threads(config.threads or max(1, (os.cpu_count() or 2) - 1))
    trainer = Trainer(config, load(config) if data is None else data)
    if resume is not None:
        trainer.restore(resume)
    yield trainer.started()
    if resume is None:
        yield DataReady(step=0, classes=trainer.classes, points=trainer.points)
        if 0 in trainer.snapshot_steps:
            yield from trainer.snapshot_ready()
    pending = [switch for switch in switches if switch.step >= trainer.step]
    while trainer.step < trainer.total_steps:
        wish = control() if control is not None else Control()
        if pending and pending[0].step <= trainer.step:
            weight: float | None = pending.pop(0).weight
        else:
            weight = wish.gh_weight if trainer.step > frontier else None
        weight, stop = trainer.ranks.agreed((weight, wish.stop))
        if stop:
            yield trainer.checkpoint_ready(is_last=True)
            yield Stopped(step=trainer.step, reason="stopped on request")
            return
        if weight is not None and weight != trainer.harmonizer.weight:
            yield GHSwitch(step=trainer.step, weight=weight, on=weight > 0)
            trainer.harmonizer.weight = weight
        yield from trainer.steps_on()
    yield Finished(step=trainer.step)


def check(config: RunConfig, data: LongTailed) -> None:
    """Find out, before anything is recorded, whether a configuration can be trained at all: try some samples.

    Raises:
        ValueError: the device or a compiler is not there, there is no such method or option, a batch is too
            small for its parts, the net does not fit the data, or it does not fit into the memory.
    """
    _check_options(config, len(data.train_labels))
    try:
        with torch.random.fork_rng(devices=[]):
            encoder = build(config, data.input_shape)
            method = method_of(config, encoder, len(data.train_labels))
            inputs = as_input(data.centered(data.train_inputs[:TRIED]))
            method(Encoding(encoder), inputs, inputs, torch.arange(len(inputs)))
    except (RuntimeError, MemoryError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        said = said.rpartition("DefaultCPUAllocator: ")[2]  # before it stands where in torch that is
        raise ValueError(
            f"a net of these settings can't be made or run here, try smaller ones (torch says: {said})"
        ) from error


class Trainer:
    """The parts of one training run and the step that it has come to."""

    def __init__(self, config: RunConfig, data: LongTailed) -> None:
        """Build everything from the configuration's seed, leaving torch's global random state alone."""
        _check_options(config, len(data.train_labels))
        self.config = config
        self.ranks = current_ranks()
        self.device, self.reason = resolve_device(config.device)
        self.autocast = config.precision == "bfloat16" or (
            config.precision == "auto" and self.device.type == "cuda"
        )
        self.data = data.to(self.device)
        self.num_samples = len(data.train_labels)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derived_seed(config.seed, Stream.WEIGHTS))
            encoder = build(config, data.input_shape)
            method = method_of(config, encoder, self.num_samples)
        self.is_image = data.train_inputs.ndim == 4
        self.memory_format = (
            torch.channels_last if self.is_image and self.device.type == "cuda" else torch.contiguous_format
        )
        self.encoder = encoder.to(self.device).to(memory_format=self.memory_format)
        self.method = method.to(self.device)
        self.encoding = encoding_of(
            self.encoder,
            self.ranks,
            parts=config.accumulate,
            compiled=config.compile == "on",
        )
        self.optimizer = _optimizer(config, [*encoder.parameters(), *_trained(method)])
        self.harmonizer = harmonizer_of(config, self.num_samples).to(self.device)
        self.rates = rates_of(config)
        self.steps_per_epoch = max(1, self.num_samples // config.batch_size)
        self.total_steps = config.epochs * self.steps_per_epoch
        self.step = 0
        self.snapshot_steps = frozenset(
            np.linspace(self.total_steps, 0, config.snapshots).round().astype(int).tolist()
        )
        self.classes = ClassTable(names=data.class_names, counts=data.counts)
        self.points = points_of(config, data, self.harmonizer.targets)
        self.diagnosis_steps = self.snapshot_steps
        self._diagnosis: DiagnosisReady | None = None
        self._order = torch.empty(0, dtype=torch.int64)

    # --- what there is to say ---

    def started(self) -> Started:
        """Where and how the run is trained."""
        return Started(
            step=self.step,
            device=str(self.device),
            reason=self.reason
            + (f"; {self.ranks.size} processes share a batch" if self.ranks.size > 1 else ""),
            precision="bfloat16" if self.autocast else "float32",
            parameters=sum(p.numel() for p in self.encoder.parameters()),
            steps_per_epoch=self.steps_per_epoch,
            total_steps=self.total_steps,
            schedule=self.config.schedule,
        )

    def snapshot_ready(self) -> Iterator[SnapshotReady]:
        """Embeddings of the fixed points as they are now; only the first of several processes takes them."""
        if not self.ranks.is_first:
            return
        indices = torch.from_numpy(self.points.train_indices)
        test = self.data.test_inputs[:: stride_of_test_points(self.config, self.data)]
        snapshot = Snapshot(
            step=self.step,
            epoch=self.step // self.steps_per_epoch,
            train=embeddings(self.encoder, self.data.centered(self.data.train_inputs), rows=indices),
            test=embeddings(self.encoder, self.data.centered(test)),
        )
        yield SnapshotReady(step=self.step, snapshot=snapshot)

    def checkpoint_ready(self, *, is_last: bool) -> CheckpointReady:
        """Everything that the run needs to go on from here."""
        return CheckpointReady(
            step=self.step,
            collect=lambda: state_tensors(self._modules(), self.optimizer),
            meta={"dataset": self.config.dataset},
            is_last=is_last,
        )

    def restore(self, saved: SavedState) -> None:
        """Go back to a checkpoint."""
        load_state(saved.tensors, self._modules(), self.optimizer)
        self.step = saved.step
        epoch, position = divmod(self.step, self.steps_per_epoch)
        if position:
            self._prepare_epoch(epoch)

    def _modules(self) -> dict[str, nn.Module]:
        return {"encoder": self.encoder, "harmonizer": self.harmonizer, "method": self.method}

    # --- one step ---

    def steps_on(self) -> Iterator[Event]:
        """One optimisation step and all that it has to say."""
        epoch, position = divmod(self.step, self.steps_per_epoch)
        if position == 0:
            yield from self._begin_epoch(epoch)
        yield self._optimise(epoch, position)
        is_snapshot = self.step in self.snapshot_steps
        is_due = is_snapshot or position + 1 == self.steps_per_epoch
        if is_due and not all(bool(each.isfinite().all()) for each in self.encoder.parameters()):
            raise TrainingDivergedError(f"the weights are no finite numbers any more after {self._advice()}")
        if self._diagnosis is not None:
            yield self._diagnosis
        if is_snapshot:
            yield from self.snapshot_ready()
        if is_due:
            yield self.checkpoint_ready(is_last=self.step == self.total_steps)

    def _begin_epoch(self, epoch: int) -> Iterator[Event]:
        self._prepare_epoch(epoch)
        self.method.begin_epoch(self.encoder, Epoch(epoch, self.config.epochs, self._embedded))
        before = self.harmonizer.prior_taken_at
        self.harmonizer.set_epoch(epoch)
        if self.harmonizer.prior_taken_at != before:
            prior = self.harmonizer.prior.tolist()
            live = self.harmonizer.live_vertices()
            yield PriorTaken(step=self.step, epoch=epoch, prior=prior, live_vertices=live)

    def _embedded(self, net: nn.Module) -> Tensor:
        """Outputs of a net for all training samples, on the unit sphere."""
        rows = embeddings(net, self.data.centered(self.data.train_inputs))
        return torch.from_numpy(rows).to(self.device)

    def _prepare_epoch(self, epoch: int) -> None:
        """Order and learning rate of an epoch, which follow from its number alone."""
        source = generator(self.config.seed, Stream.ORDER, epoch, device="cpu")
        self._order = torch.randperm(self.num_samples, generator=source).to(self.device)
        for group in self.optimizer.param_groups:
            group["lr"] = float(self.rates[epoch])

    def _optimise(self, epoch: int, position: int) -> Step:
        start = position * self.config.batch_size
        indices = self._order[start : start + self.config.batch_size]
        outcome = self._outcome(indices)
        base, z1, z2 = outcome
        loss = base + self.harmonizer(z1, z2, indices)
        self._diagnosis = self._diagnosed(outcome, indices)
        self.optimizer.zero_grad(set_to_none=True)
        with together():
            loss.backward()
        self.optimizer.step()
        self.method.after_step(self.encoder)
        self.step += 1
        values = torch.stack([loss.detach(), base.detach(), self.harmonizer.last_loss.to(loss)]).tolist()
        if not all(map(math.isfinite, values)):
            raise TrainingDivergedError(f"the loss is {values[0]} at {self._advice()}")
        return Step(
            step=self.step,
            epoch=epoch,
            loss=values[0],
            base_loss=values[1],
            gh_loss=values[2],
            gh_weight=self.harmonizer.effective_weight,
            learning_rate=float(self.rates[epoch]),
        )

    def _diagnosed(self, outcome: Outcome, indices: Tensor) -> DiagnosisReady | None:
        """What GH does, where it is due; all of several processes look, as a method may make them wait."""
        if self.step + 1 not in self.diagnosis_steps:
            return None
        labels = self.data.train_labels
        with together():
            found = diagnosis_ready(self.harmonizer, outcome, indices, labels=labels, step=self.step + 1)
        return found if self.ranks.is_first else None

    def _advice(self) -> str:
        precision = " or --precision float32" if self.autocast else ""
        return f"step {self.step}: try a smaller learning rate{precision}"

    def _outcome(self, indices: Tensor) -> Outcome:
        """What the method makes of a batch."""
        source = generator(self.config.seed, Stream.VIEWS, self.step, device=self.device)
        inputs, strengths = self.data.batch(indices, self.device), self.method.strengths(indices)
        view1, view2 = two_views(inputs, self.config, source, strengths=strengths)
        if self.is_image:
            view1, view2 = (each.contiguous(memory_format=self.memory_format) for each in (view1, view2))
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            outcome: Outcome = self.method(self.encoding, view1, view2, indices)
        return outcome


def _check_options(config: RunConfig, num_samples: int) -> None:
    """Refuse what the machine or the size of a batch rules out."""
    device, _ = resolve_device(config.device)
    check_targets(config.num_targets, num_samples)
    batch, processes = min(config.batch_size, num_samples), current_ranks().size
    most = batch // (2 * processes)
    if config.accumulate > max(1, most):
        shared = f" on each of {processes} processes" if processes > 1 else ""
        raise ValueError(
            f"accumulate is {config.accumulate}, but a batch of {batch} samples has at most {most} parts of "
            f"two samples{shared}: choose a smaller accumulate or a larger batch_size"
        )
    if config.compile == "on":
        check_compiler(device.type)


def _optimizer(config: RunConfig, parameters: list[nn.Parameter]) -> Optimizer:
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return SGD(parameters, lr=rate, momentum=config.sgd_momentum, weight_decay=decay)
    kind = Adam if config.optimizer == "adam" else AdamW
    return kind(parameters, lr=rate, weight_decay=decay)


def _trained(method: Method) -> list[nn.Parameter]:
    """Parameters of a method that are optimised with the encoder's."""
    return [parameter for parameter in method.parameters() if parameter.requires_grad]


def method_of(config: RunConfig, encoder: nn.Module, num_samples: int) -> Method:
    """The base method that a configuration asks for.

    Raises:
        ValueError: an unknown method or option, or a run too short for the method.
    """
    shared = [f"temperature={config.temperature}"] if "temperature" in entry(config.method).options else []
    options = options_of(config.method, [*shared, *config.method_options])
    method = build_method(config.method, encoder, num_samples, options)
    method.check_length(config.epochs)
    return method


def harmonizer_of(config: RunConfig, num_samples: int) -> Harmonizer:
    """The Harmonizer that a configuration asks for; with GH off it has weight 0 and gathers statistics."""
    return Harmonizer(
        num_samples,
        config.dimension,
        num_targets=config.num_targets,
        warm_up=config.gh_warm_up,
        ramp=config.gh_ramp,
        refresh_every=config.gh_refresh_every,
        momentum=config.gh_momentum,
        prior_floor=config.gh_prior_floor,
        weight=config.initial_gh_weight,
        temperature=config.gh_temperature,
        regularization=config.gh_regularization,
        seed=config.seed,
    )
