"""BCL's memory: how hard each sample has been, and so how strongly to augment it."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ghviz.checks import check_tensors
from ghviz.ssl.method import Encoding, Epoch, Outcome, embed_both
from ghviz.ssl.simclr import SimCLR
from ghviz.ssl.views import full_precision


@torch.no_grad()
def memorization_weights(momentum_losses: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """How far each sample's loss is above or below the mean, scaled to [0, 1].

    With L the losses: (1 + (L - mean L) / max |L - mean L|) / 2. The mean is at 1/2, the sample farthest from
    it at 0 or 1; tail samples are learnt late, keep a high loss, and so get high weights. Where all losses
    are equal, all weights are 1/2.

    Source: [0] Zhou et al., "Contrastive learning with boosted memorization", 2022,
    https://arxiv.org/abs/2205.12693. Deviation from its code: that divides by the standard deviation
    first, which cancels out, and is 0 / 0 for equal losses.

    Args:
        momentum_losses: running means of the samples' losses, any shape with at least one entry; see
            `LossMomentum`. NaN makes all weights NaN.

    Returns:
        Same shape, in [0, 1]; float64 for float64 losses, float32 otherwise; no gradient.

    Raises:
        ValueError: no losses.

    >>> memorization_weights(torch.tensor([1.0, 2.0, 6.0]))
    tensor([0.1667, 0.3333, 1.0000])
    """
    check_tensors(momentum_losses=momentum_losses)
    if momentum_losses.numel() == 0:
        raise ValueError(
            f"momentum_losses must have at least one entry, got shape {tuple(momentum_losses.shape)}"
        )
    losses = full_precision(momentum_losses)
    losses = losses - losses.flatten()[0]  # exact zeros where all are equal, which their mean need not give
    deviation = losses - losses.mean()
    largest = deviation.abs().max()
    return 0.5 + 0.5 * deviation / largest.where(largest != 0, 1.0)


class LossMomentum(nn.Module):
    """A running mean of each training sample's loss.

    A sample's first loss is copied; each later one counts 1 - momentum. All state is in buffers, and so in
    `state_dict()`: a resumed run has the same weights.

    Source: [0] Zhou et al., "Contrastive learning with boosted memorization", 2022,
    https://arxiv.org/abs/2205.12693.

    Args:
        num_samples: size of the training set.
        momentum: in [0, 1].

    Attributes:
        running: (num_samples,) float32, running mean; 0 where there is none.
        seen: (num_samples,) bool, whether there is one.

    Raises:
        ValueError: a number out of range.
    """

    running: Tensor
    seen: Tensor

    def __init__(self, num_samples: int, momentum: float = 0.97) -> None:
        """See the class."""
        super().__init__()
        if num_samples < 1:
            raise ValueError(f"num_samples must be at least 1, got {num_samples}")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1, got {momentum}")
        self.momentum = momentum
        self.register_buffer("running", torch.zeros(num_samples))
        self.register_buffer("seen", torch.zeros(num_samples, dtype=torch.bool))

    @torch.no_grad()
    def update(self, indices: Int[Tensor, " n"], losses: Float[Tensor, " n"]) -> None:
        """Take in the losses of a batch.

        Args:
            indices: (N,) which samples these are, int64. If one occurs more than once, its last occurrence
                counts.
            losses: (N,) loss of each, as `nt_xent` gives them. NaN and infinity are passed over: one of them
                would make NaN of all weights, for good.

        Raises:
            ValueError: shapes that do not fit, or an index out of range (found out on the CPU only, to spare
                other devices the wait).
        """
        self._check(indices, losses)
        position = torch.arange(len(indices), device=indices.device)
        last = position.new_zeros(len(self.running)).scatter_reduce_(0, indices, position, "amax")
        new = losses.to(self.running.dtype)[last[indices]]  # equal indices, equal values: any order will do
        old, seen, usable = self.running[indices], self.seen[indices], new.isfinite()
        keep = self.momentum * seen  # 0 for a sample's first loss
        self.running[indices] = torch.where(usable, new.lerp(old, keep), old)
        self.seen[indices] = seen | usable

    def weights(self) -> Float[Tensor, " samples"]:
        """`memorization_weights` of the samples seen so far; 0 for the others, as nothing is known of them.

        They change with each `update`: whoever wants them to stay for an epoch has to keep them.

        Returns:
            (num_samples,) in [0, 1].
        """
        weights = torch.zeros_like(self.running)
        if bool(self.seen.any()):
            weights[self.seen] = memorization_weights(self.running[self.seen])
        return weights

    def _check(self, indices: Tensor, losses: Tensor) -> None:
        check_tensors(indices=indices, losses=losses)
        if indices.ndim != 1 or indices.dtype != torch.int64 or losses.shape != indices.shape:
            raise ValueError(
                f"indices must be int64 of shape (n,) and losses of the same shape, got {indices.dtype} "
                f"{tuple(indices.shape)} and {tuple(losses.shape)}"
            )
        if indices.device.type == "cpu" and len(indices):
            low, high = (int(value) for value in indices.aminmax())
            if low < 0 or high >= len(self.seen):
                raise ValueError(f"indices must be from 0 to {len(self.seen) - 1}, got {low} to {high}")


class BCL(SimCLR):
    """Boosted contrastive learning: SimCLR that augments the samples it finds hard, those of the tail, more.

    How much more: see `ghviz.data.randaugment.memory_boosted`.

    Source: [0] Zhou et al., "Contrastive learning with boosted memorization", 2022,
    https://arxiv.org/abs/2205.12693.

    Args:
        encoder: not needed.
        num_samples: size of the training set.
        temperature: > 0.
        momentum: of each sample's loss, in [0, 1].

    Attributes:
        weights: (num_samples,) strength of each sample's augmentation in this epoch.

    Raises:
        ValueError: a number out of range.
    """

    weights: Tensor

    def __init__(
        self, encoder: nn.Module, num_samples: int, *, temperature: float = 0.2, momentum: float = 0.97
    ) -> None:
        """See the class."""
        super().__init__(encoder, num_samples, temperature=temperature)
        self.memory = LossMomentum(num_samples, momentum)
        self.register_buffer("weights", torch.zeros(num_samples))

    def begin_epoch(self, encoder: nn.Module, epoch: Epoch) -> None:
        """Take the weights for the epoch."""
        self.weights.copy_(self.memory.weights())

    def strengths(self, indices: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
        """The samples' memorization weights at the start of the epoch; 0 in the first."""
        return self.weights[indices]

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`; also remembers the losses."""
        z1, z2 = embed_both(encoding, view1, view2)
        losses = self.losses(z1, z2)
        self.memory.update(indices, losses.detach())
        return Outcome(losses.mean(), z1, z2)
