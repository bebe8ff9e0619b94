"""Geometric Harmonization as a module for a training loop: the loss and the statistics of its prior."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ghviz.checks import check_tensors, check_whole
from ghviz.gh.loss import allocation_loss, check_views
from ghviz.gh.sinkhorn import TransportSettings, transport
from ghviz.gh.surrogate import full_precision, geometric_logits, population_prior
from ghviz.gh.targets import uniform_targets

NARROW = (torch.int32, torch.int16, torch.int8, torch.uint8)
"""Dtypes of whole numbers that lose nothing as int64."""


class Harmonizer(nn.Module):
    """Geometric Harmonization in three lines of a training loop.

    Construct it; call `set_epoch(epoch)` at the top of each epoch; `loss = base + harmonizer(z1, z2,
    indices)`.

    In training mode each call updates a running mean of the geometric logits of view 1 for the samples of the
    batch; those that are not finite are passed over, as a loss scaler does. At the end of the warm-up (at the
    top of epoch `warm_up`) and every `refresh_every` epochs after it, the prior becomes the share of the
    samples seen so far whose running mean is largest at each vertex. From the warm-up on, calls return
    weight * min(1, (epoch + 1 - warm_up) / ramp) * gh_loss(z1, z2, targets, prior).

    Source: [0] Zhou et al., "Combating representation learning disparity with Geometric Harmonization", 2023,
    https://arxiv.org/abs/2310.17622. Deviations from its code: a sample's running mean starts with its first
    value, not at zero (samples not seen are not counted); the prior is taken once per due epoch, not at each
    of its steps; a prior floor keeps vertices alive.

    Move it to the device of the embeddings like any module (`harmonizer.to(device)`).

    All state, the weight included, is in `state_dict()`: a resumed run goes on bit for bit.

    Args:
        num_samples: size of the training set.
        dimension: d, of the embeddings.
        num_targets: K, vertices, at most num_samples; twice the number of expected classes is a good start.
        warm_up: epochs before GH acts. With 0 the prior is uniform at first (there are no statistics yet) and
            is taken at the next `set_epoch`.
        ramp: epochs over which the weight rises linearly.
        refresh_every: epochs between two estimates of the prior; None: only the one at the end of the
            warm-up.
        momentum: of the running mean before and after the warm-up, each in [0, 1].
        prior_floor: no vertex gets less than this share of 1 / K; in [0, 1].
        weight: of the loss, >= 0; may be set at any time.
        temperature: see `gh_loss`.
        regularization: see `sinkhorn`.
        seed: of the vertices, see `uniform_targets`.

    Attributes:
        targets: (K, d) vertices.
        prior: (K,) current prior.
        running_mean: (num_samples, K).
        seen: (num_samples,) bool, whether there is a running mean.
        epoch: as last set; -1 before.
        prior_taken_at: epoch of the latest estimate of the prior; -1: none yet.
        last_loss: unweighted GH loss of the last call, detached; 0 if it was not computed.

    Raises:
        ValueError: a number out of range.
    """

    targets: Tensor
    prior: Tensor
    running_mean: Tensor
    seen: Tensor

    def __init__(  # noqa: PLR0913 (the signature is fixed by the project)
        self,
        num_samples: int,
        dimension: int,
        *,
        num_targets: int,
        warm_up: int = 500,
        ramp: int = 10,
        refresh_every: int | None = 20,
        momentum: tuple[float, float] = (0.9, 0.999),
        prior_floor: float = 0.0,
        weight: float = 1.0,
        temperature: float = 0.1,
        regularization: float = 0.05,
        seed: int = 0,
    ) -> None:
        """See the class."""
        super().__init__()
        check_whole(num_samples=num_samples, num_targets=num_targets)
        _check({"num_samples": num_samples, "ramp": ramp}, 1, math.inf)
        check_targets(num_targets, num_samples)
        if not isinstance(momentum, Sequence) or len(momentum) != 2:
            raise ValueError(f"momentum must be two numbers, before and after the warm-up, got {momentum!r}")
        _check({"refresh_every": 1 if refresh_every is None else refresh_every}, 1, math.inf)
        _check({"warm_up": warm_up}, 0, math.inf)
        _check({"momentum[0]": momentum[0], "momentum[1]": momentum[1], "prior_floor": prior_floor}, 0, 1)
        _check({"temperature": temperature, "regularization": regularization}, 1e-12, math.inf)
        self.warm_up = warm_up
        self.ramp = ramp
        self.refresh_every = refresh_every
        self.momentum = momentum
        self.prior_floor = prior_floor
        self.weight = weight
        self.temperature = temperature
        self.regularization = regularization
        self.epoch = -1
        self.prior_taken_at = -1
        self.register_buffer("targets", uniform_targets(num_targets, dimension, seed=seed))
        self.register_buffer("prior", torch.full((num_targets,), 1 / num_targets))
        self.register_buffer("running_mean", torch.zeros(num_samples, num_targets))
        self.register_buffer("seen", torch.zeros(num_samples, dtype=torch.bool))
        self.last_loss = torch.zeros(())

    @property
    def weight(self) -> float:
        """Weight of the loss after the ramp."""
        return self._weight

    @weight.setter
    def weight(self, value: float) -> None:
        _check({"weight": value}, 0, math.inf)
        self._weight = float(value)

    @property
    def effective_weight(self) -> float:
        """Weight of the loss in this epoch: 0 before the end of the warm-up, then `weight` times the ramp."""
        since = max(self.epoch, 0) - self.warm_up
        return self._weight * min(1.0, (since + 1) / self.ramp) if since >= 0 else 0.0

    def set_epoch(self, epoch: int) -> None:
        """Say that an epoch begins: takes the prior if it is due. Saying it twice makes no difference.

        Args:
            epoch: counted from 0.

        Raises:
            ValueError: a negative epoch.
        """
        _check({"epoch": epoch}, 0, math.inf)
        if epoch == self.epoch:
            return
        self.epoch = epoch
        if epoch < self.warm_up:
            return
        since = epoch - self.warm_up
        due = epoch - (since % self.refresh_every if self.refresh_every else since)
        if self.prior_taken_at < due:
            self._take_prior()

    def _take_prior(self) -> None:
        prior = population_prior(self.running_mean, self.seen, floor=self.prior_floor)
        if prior is not None:
            self.prior.copy_(prior)
            self.prior_taken_at = self.epoch

    def live_vertices(self) -> int:
        """Number of vertices that are nearest to the running mean of at least one sample."""
        return int(self.running_mean[self.seen].argmax(dim=1).bincount().count_nonzero())

    def forward(
        self, z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], indices: Int[Tensor, " n"]
    ) -> Float[Tensor, ""]:
        """Weighted loss of a batch; also updates the statistics, in training mode.

        Args:
            z1: (N, d) projector outputs of view 1, not necessarily normalised.
            z2: (N, d) projector outputs of view 2.
            indices: (N,) which samples of the training set these are, int64. If one occurs more than once,
                its last occurrence counts.

        Returns:
            Scalar, to be added to the base loss; an exact 0 without gradient where GH does not act.

        Raises:
            ValueError: shapes that do not fit, or indices out of range (checked on the CPU only: it would
                make a GPU wait).
        """
        check_views(z1, z2, self.targets.shape[1])
        if z1.device != self.targets.device:
            raise ValueError(
                f"embeddings are on {z1.device} and the Harmonizer is on {self.targets.device}: "
                "move it there with harmonizer.to(device)"
            )
        self._check_indices(indices, len(z1))
        weight = self.effective_weight
        indices = indices.to(self.seen.device)

        def allocate(logits: Tensor) -> Tensor:
            self._gather(logits[0].mT, indices)
            return transport(logits, self.prior, TransportSettings(self.regularization)).plans

        if weight == 0:
            with full_precision(z1.device):
                self._gather(geometric_logits(z1.detach().unsqueeze(0), self.targets)[0][0].mT, indices)
            self.last_loss = self.prior.new_zeros(())
            return self.last_loss
        loss = allocation_loss(z1, z2, self.targets, allocate=allocate, temperature=self.temperature)
        self.last_loss = loss.detach()
        return weight * loss

    def _check_indices(self, indices: Int[Tensor, " n"], batch_size: int) -> None:
        check_tensors(indices=indices)
        if indices.shape != (batch_size,) or indices.dtype != torch.int64:
            shape = tuple(indices.shape)
            hint = ": convert them with indices.long()" if indices.dtype in NARROW else ""
            raise ValueError(
                f"indices must be int64 of shape ({batch_size},), got {indices.dtype} {shape}{hint}"
            )
        if indices.device.type == "cpu":
            low, high = (int(value) for value in indices.aminmax())
            if low < 0 or high >= len(self.seen):
                raise ValueError(f"indices must be from 0 to {len(self.seen) - 1}, got {low} to {high}")

    @torch.no_grad()
    def _gather(self, logits: Float[Tensor, "n k"], indices: Int[Tensor, " n"]) -> None:
        """In training mode, move the running means of a batch: momentum * old + (1 - momentum) * logits."""
        if not self.training:
            return
        if indices.device.type != "cpu":  # where equal indices are written in any order: give them equal rows
            logits = logits[_last_occurrence(indices, len(self.seen))]
        old = self.running_mean.index_select(0, indices)
        momentum = self.momentum[0 if self.epoch < self.warm_up else 1]
        keep = (momentum * self.seen.index_select(0, indices)).to(old.dtype)  # 0 for a sample's first value
        new = logits.to(old.dtype).lerp(old, keep.unsqueeze(1))
        finite = logits.sum(dim=1).isfinite()  # one NaN would stay in the mean for good
        self.running_mean.index_copy_(0, indices, torch.where(finite.unsqueeze(1), new, old))
        self.seen.index_copy_(0, indices, finite | self.seen.index_select(0, indices))

    def get_extra_state(self) -> Tensor:
        """The state that is not in buffers: epoch, epoch of the prior and weight, float64."""
        return torch.tensor([self.epoch, self.prior_taken_at, self._weight], dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """Take over what `get_extra_state` gave."""
        epoch, prior_taken_at, self.weight = state.tolist()
        self.epoch, self.prior_taken_at = int(epoch), int(prior_taken_at)


def _last_occurrence(indices: Int[Tensor, " n"], num_samples: int) -> Int[Tensor, " n"]:
    """Position, for each index, of its last occurrence in the batch."""
    position = torch.arange(len(indices), device=indices.device)
    return position.new_zeros(num_samples).scatter_reduce_(0, indices, position, "amax")[indices]


def check_targets(num_targets: int, num_samples: int) -> None:
    """Check that there can be a sample for each vertex.

    Raises:
        ValueError: there are more vertices than samples.
    """
    if num_targets > num_samples:
        raise ValueError(
            f"num_targets is {num_targets:,}, but there are only {num_samples:,} training samples, and most "
            "vertices would stay empty: choose at most as many, about twice the number of classes"
        )


def _check(values: dict[str, float], low: float, high: float) -> None:
    """Raise a ValueError for the first value that is not a finite number from low to high."""
    for name, value in values.items():
        try:
            fits = math.isfinite(value) and low <= value <= high
        except TypeError:  # a string, None
            fits = False
        if not fits:
            limit = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
            raise ValueError(f"{name} must be a finite number {limit}, got {value!r}")
