"""Divide and contrast: an expert for each cluster of the data, then one student that learns from them all."""

from __future__ import annotations

import copy
import math
from enum import IntEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, normalize

from ghviz.ssl.method import Encoding, Epoch, Method, Outcome, embed_both
from ghviz.ssl.nt_xent import nt_xent
from ghviz.ssl.parts import in_parts

LLOYD_ROUNDS = 50


class Phase(IntEnum):
    """What DnC is doing."""

    BASE = 0
    EXPERTS = 1
    STUDENT = 2


def k_means(points: Float[Tensor, "n d"], clusters: int, *, generator: torch.Generator) -> Int[Tensor, " n"]:
    """Lloyd's algorithm from a k-means++ start.

    A cluster that loses all its points takes the one that is farthest from its own centre.

    Args:
        points: (N, d).
        clusters: from 1 to N.
        generator: draws the start; on the points' device.

    Returns:
        (N,) cluster of each point.

    Raises:
        ValueError: fewer points than clusters.

    >>> source = torch.Generator().manual_seed(0)
    >>> k_means(torch.tensor([[0.0], [9.0], [0.1], [9.1]]), 2, generator=source).unique().tolist()
    [0, 1]
    """
    if not 1 <= clusters <= len(points):
        raise ValueError(f"clusters must be from 1 to the number of points, {len(points)}, got {clusters}")
    centers = _spread_start(points, clusters, generator)
    assigned = torch.cdist(points, centers).argmin(dim=1)
    for _ in range(LLOYD_ROUNDS):
        counts = torch.bincount(assigned, minlength=clusters)
        sums = torch.zeros_like(centers).index_add_(0, assigned, points)
        centers = sums / counts.clamp(min=1).unsqueeze(1)
        distances = torch.cdist(points, centers)
        nearest = distances.argmin(dim=1)
        left = distances.amin(dim=1)
        for empty in (torch.bincount(nearest, minlength=clusters) == 0).nonzero().flatten().tolist():
            farthest = left.argmax()
            nearest[farthest] = empty
            left[farthest] = -1
        if torch.equal(nearest, assigned):
            break
        assigned = nearest
    return assigned


def _spread_start(points: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """k-means++: each centre is a point drawn in proportion to its squared distance from those before."""
    first = torch.randint(len(points), (1,), generator=generator, device=points.device)
    centers = points[first]
    while len(centers) < clusters:
        distances = torch.cdist(points, centers).amin(dim=1).square()
        weights = torch.where(distances.sum() > 0, distances, torch.ones_like(distances))
        drawn = torch.multinomial(weights, 1, generator=generator)
        centers = torch.cat([centers, points[drawn]])
    return centers


class DnC(Method):
    """Divide and contrast in three phases: a base model, an expert for each cluster, a student of them all.

    First the encoder learns by SimCLR. Then k-means divides the samples by its embeddings, and a copy of the
    encoder goes on learning by SimCLR on each cluster alone; the encoder rests.
    At last the encoder learns to foretell, through a linear head each, the embeddings that the base model
    and a sample's own expert give it.

    Source: [0] Tian et al., "Divide and contrast: self-supervised learning from uncurated data", 2021,
    https://arxiv.org/abs/2105.08054. Deviations: experts and student start from the base model's weights;
    all experts learn at once, each from its samples of a batch; the student foretells projector outputs, the
    space that Geometric Harmonization shapes.

    Args:
        encoder: copied; has the attribute `dimension`, the width of its outputs.
        num_samples: size of the training set.
        temperature: of the contrastive phases, > 0.
        clusters: number of experts, from 1 to the number of samples.
        base: share of the epochs for the base model.
        experts: share of the epochs for the experts; the student has the rest.

    Raises:
        ValueError: a number out of range.
    """

    clusters: Tensor
    phase: Tensor

    def __init__(  # noqa: PLR0913 (one argument an option)
        self,
        encoder: nn.Module,
        num_samples: int,
        *,
        temperature: float = 0.2,
        clusters: float = 4,
        base: float = 0.5,
        experts: float = 0.3,
    ) -> None:
        """See the class."""
        super().__init__()
        if not 1 <= clusters <= num_samples:
            raise ValueError(f"clusters must be from 1 to the {num_samples} samples, got {clusters:g}")
        if not (base > 0 and experts > 0 and base + experts < 1):
            raise ValueError(
                "base and experts must be > 0 and leave a share of the epochs for the student, "
                f"got {base:g} and {experts:g}"
            )
        self.temperature = temperature
        self.shares = (base, base + experts)
        dimension = int(encoder.dimension)  # type: ignore[arg-type]
        self.base = copy.deepcopy(encoder).requires_grad_(False)
        self.experts = nn.ModuleList(copy.deepcopy(encoder) for _ in range(int(clusters)))
        self.to_base = nn.Linear(dimension, dimension)
        self.to_expert = nn.Linear(dimension, dimension)
        self.register_buffer("clusters", torch.zeros(num_samples, dtype=torch.int64))
        self.register_buffer("phase", torch.tensor(Phase.BASE))

    def check_length(self, epochs: int) -> None:
        """Refuse a run in which a phase would have no epoch: without a student, say, nothing is learnt."""
        taken = {self._phase(number, epochs) for number in range(epochs)}
        left_out = [phase for phase in Phase if phase not in taken]
        if left_out:
            raise ValueError(
                f"DnC trains a base model, then experts, then a student, and {epochs} epochs leave none for "
                f"the {left_out[-1].name.lower()}: choose more epochs or other shares (base, experts)"
            )

    def begin_epoch(self, encoder: nn.Module, epoch: Epoch) -> None:
        """Go on to the next phase when its time has come."""
        phase = self._phase(epoch.number, epoch.count)
        if phase == int(self.phase):
            return
        if int(self.phase) == Phase.BASE:
            self._divide(encoder, epoch)
        self.phase.fill_(phase)

    def _phase(self, number: int, count: int) -> Phase:
        return Phase(sum(number / count >= share for share in self.shares))

    @torch.no_grad()
    def _divide(self, encoder: nn.Module, epoch: Epoch) -> None:
        self.base.load_state_dict(encoder.state_dict())
        for expert in self.experts:
            expert.load_state_dict(encoder.state_dict())
        points = normalize(epoch.embed(encoder), dim=1)
        source = torch.Generator(points.device).manual_seed(epoch.number)
        self.clusters.copy_(k_means(points, len(self.experts), generator=source))

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`; while experts learn, the embeddings are theirs."""
        owners = self.clusters[indices]
        if int(self.phase) == Phase.EXPERTS:
            return self._by_experts(view1, view2, owners, encoding.parts)
        z1, z2 = embed_both(encoding, view1, view2)
        if int(self.phase) == Phase.BASE:
            return Outcome(nt_xent(z1, z2, temperature=self.temperature).mean(), z1, z2)
        twice = torch.cat([owners, owners])
        base, expert = self._taught(torch.cat([view1, view2]), twice, encoding.parts)
        return Outcome(self._foretelling(torch.cat([z1, z2]), base, expert), z1, z2)

    def _by_experts(self, view1: Tensor, view2: Tensor, owners: Int[Tensor, " n"], parts: int) -> Outcome:
        """Each expert contrasts the samples of its cluster; every process does all of them."""
        order = owners.argsort(stable=True)
        sizes = torch.bincount(owners, minlength=len(self.experts)).tolist()
        embedded = []
        for expert, own in zip(self.experts, torch.split(order, sizes), strict=True):
            if len(own):
                share = math.ceil(parts * len(own) / len(owners))  # parts as large as those of the batch
                embedded.append(
                    torch.stack(embed_both(Encoding(expert, parts=share), view1[own], view2[own]))
                )
        z1, z2 = torch.cat(embedded, dim=1)[:, order.argsort()]
        # from z1 and z2, which GH gets too, so that the pulls of both losses on them can be compared
        clusters = zip(z1[order].split(sizes), z2[order].split(sizes), strict=True)
        losses = [nt_xent(*both, temperature=self.temperature) for both in clusters if len(both[0])]
        return Outcome(torch.cat(losses).mean(), z1, z2)

    @torch.no_grad()
    def _taught(
        self, views: Tensor, owners: Int[Tensor, " n"], parts: int
    ) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """What the base model and the samples' own experts say."""
        self.base.eval()
        self.experts.eval()
        base = in_parts(self.base, views, parts=parts)
        expert = torch.zeros_like(base)
        for cluster, net in enumerate(self.experts):
            own = owners == cluster
            if own.any():
                expert[own] = in_parts(net, views[own], parts=parts)
        return base, expert

    def _foretelling(self, z: Tensor, base: Tensor, expert: Tensor) -> Tensor:
        """How far the student's heads are from what the base model and the experts say, by cosine."""
        by_base = 1 - cosine_similarity(self.to_base(z), base)
        by_expert = 1 - cosine_similarity(self.to_expert(z), expert)
        return (by_base + by_expert).mean()
