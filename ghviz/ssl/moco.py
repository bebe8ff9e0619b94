"""MoCo v2: a slowly moving copy of the encoder makes the keys, a queue keeps them as negatives."""

from __future__ import annotations

import copy

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from ghviz.checks import check_tensors
from ghviz.ssl.method import Encoding, Method, Outcome, embed_both
from ghviz.ssl.views import full_precision


def moco_loss(
    query: Float[Tensor, "n d"],
    key: Float[Tensor, "n d"],
    queue: Float[Tensor, "m d"],
    *,
    temperature: float = 0.2,
) -> Float[Tensor, " n"]:
    """Cross-entropy of each query's own key against the keys of a queue.

    With s = cosine / temperature, for query q, its key k and the keys r of the queue:
    -s(q, k) + log(exp s(q, k) + sum_r exp s(q, r)). Other keys of the batch are no negatives. No gradient
    flows to keys and queue.

    Source: [0] He et al., "Momentum contrast for unsupervised visual representation learning", 2019,
    https://arxiv.org/abs/1911.05722, Eq. 1; temperature of [1] Chen et al., "Improved baselines with momentum
    contrastive learning", 2020, https://arxiv.org/abs/2003.04297.

    Args:
        query: (N, d) outputs of the encoder for one view, not necessarily normalised; N >= 1.
        key: (N, d) outputs of the momentum encoder for the other view.
        queue: (M, d) negatives, such as `Queue.negatives()`; with M = 0 the loss is 0.
        temperature: > 0.

    Returns:
        (N,) loss of each query, >= 0; float64 for float64 embeddings, float32 otherwise (under autocast too).

    Raises:
        ValueError: shapes that do not fit or a temperature out of range.

    >>> negative = torch.tensor([[-1.0, 0.0]])  # log(1 + e^-2), log(1 + e^-1)
    >>> moco_loss(torch.eye(2), torch.eye(2), negative, temperature=1.0)
    tensor([0.1269, 0.3133])
    """
    check_tensors(query=query, key=key, queue=queue)
    fits = query.ndim == 2 and query.numel() and query.shape == key.shape
    if not fits or queue.ndim != 2 or queue.shape[1] != query.shape[1]:
        raise ValueError(
            "query and key must have the same shape (samples, dimension) and queue (negatives, dimension), "
            f"got {tuple(query.shape)}, {tuple(key.shape)} and {tuple(queue.shape)}"
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    query = full_precision(query)
    key, negatives = (z.detach().to(query.dtype) for z in (key, queue))
    with torch.autocast(query.device.type, enabled=False):
        query, key, negatives = (normalize(z, dim=1) for z in (query, key, negatives))
        positive = (query * key).sum(dim=1) / temperature
        negative = torch.logsumexp(query @ negatives.mT / temperature, dim=1)
        return softplus(negative - positive)  # [0] Eq. 1


class Queue(nn.Module):
    """The latest keys, oldest out first.

    Slots that hold no key yet are never given out: the first batches have fewer negatives, where MoCo's own
    code has random ones. All state is in `state_dict()`.

    Args:
        size: number of keys it holds, >= 1.
        dimension: d, of the keys.

    Attributes:
        keys: (size, d) float32 unit rows.
        pointer: () int64, the slot that is written next.
        filled: () int64, how many slots hold a key.

    Raises:
        ValueError: a number out of range.
    """

    keys: Tensor
    pointer: Tensor
    filled: Tensor

    def __init__(self, size: int, dimension: int) -> None:
        """See the class."""
        super().__init__()
        if size < 1 or dimension < 1:
            raise ValueError(f"size and dimension of a queue must be at least 1, got {size} and {dimension}")
        self.register_buffer("keys", torch.zeros(size, dimension))
        self.register_buffer("pointer", torch.zeros((), dtype=torch.int64))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    def negatives(self) -> Float[Tensor, "m d"]:
        """A copy of the keys held, (M, d) with M from 0 to size, in no particular order.

        A copy, so that `enqueue` before the backward pass does no harm.
        """
        return self.keys[: int(self.filled)].clone()

    @torch.no_grad()
    def enqueue(self, keys: Float[Tensor, "n d"]) -> None:
        """Put keys in place of the oldest; of a batch larger than the queue the last `size` stay.

        Args:
            keys: (N, d) not necessarily normalised.

        Raises:
            ValueError: keys of another dimension.
        """
        check_tensors(keys=keys)
        size, dimension = self.keys.shape
        if keys.ndim != 2 or keys.shape[1] != dimension:
            raise ValueError(f"keys must have shape (samples, {dimension}), got {tuple(keys.shape)}")
        latest = normalize(full_precision(keys), dim=1)[-size:].to(self.keys.dtype)
        slots = (self.pointer + torch.arange(len(latest), device=self.keys.device)) % size
        self.keys[slots] = latest
        self.pointer.add_(len(latest)).remainder_(size)
        self.filled.add_(len(latest)).clamp_(max=size)


@torch.no_grad()
def momentum_update(target_module: nn.Module, online_module: nn.Module, momentum: float) -> None:
    """Move the parameters of one module a little towards those of another: m * target + (1 - m) * online.

    Buffers stay as they are, as in MoCo's own code and in lightly's: the target gathers batch-norm statistics
    of its own in its forward passes.

    Source: [0] He et al., "Momentum contrast for unsupervised visual representation learning", 2019,
    https://arxiv.org/abs/1911.05722, Eq. 2.

    Args:
        target_module: is changed.
        online_module: has the same parameters by name and shape; not changed.
        momentum: m, in [0, 1]; 0 copies.

    Raises:
        ValueError: modules that do not fit, or a momentum out of range.
    """
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum must be from 0 to 1, got {momentum}")
    targets, onlines = (dict(module.named_parameters()) for module in (target_module, online_module))
    shapes = [{name: p.shape for name, p in each.items()} for each in (targets, onlines)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "momentum_update needs two modules of one architecture: their parameters differ in name or shape"
        )
    for name, target in targets.items():
        target.lerp_(onlines[name].to(target.dtype), 1 - momentum)  # [0] Eq. 2


class MoCo(Method):
    """MoCo v2, both ways: each view's query against the other's key and the keys of earlier batches.

    The queue holds at most as many keys as there are samples, so that a sample meets few keys of its own.
    The first step, with an empty queue, has the loss 0.

    Source: [0] Chen et al., "Improved baselines with momentum contrastive learning", 2020,
    https://arxiv.org/abs/2003.04297. Deviations: both views are queries; no shuffling of batch norms.

    Args:
        encoder: copied; has the attribute `dimension`, the width of its outputs.
        num_samples: size of the training set.
        temperature: > 0.
        momentum: of the key encoder, in [0, 1].
        queue: keys it holds at most, a whole number >= 1.

    Raises:
        ValueError: a number out of range.
    """

    def __init__(
        self,
        encoder: nn.Module,
        num_samples: int,
        *,
        temperature: float = 0.2,
        momentum: float = 0.99,
        queue: float = 4096,
    ) -> None:
        """See the class."""
        super().__init__()
        if not (queue >= 1 and float(queue).is_integer()):  # inf and NaN are no integers
            raise ValueError(f"queue must be a whole number of keys, at least 1, got {queue:g}")
        self.temperature = temperature
        self.momentum = momentum
        self.key_encoder = copy.deepcopy(encoder).requires_grad_(False)
        momentum_update(self.key_encoder, encoder, momentum)  # finds out whether it is in its range
        self.queue = Queue(min(int(queue), num_samples), int(encoder.dimension))  # type: ignore[arg-type]

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`; also enqueues the keys."""
        z1, z2 = embed_both(encoding, view1, view2)
        with torch.no_grad():
            key1, key2 = encoding.through(self.key_encoder, torch.cat([view1, view2])).chunk(2)
        negatives = self.queue.negatives()
        losses = moco_loss(
            torch.cat([z1, z2]), torch.cat([key2, key1]), negatives, temperature=self.temperature
        )
        self.queue.enqueue(torch.cat([key1, key2]))
        return Outcome(losses.mean(), z1, z2)

    def after_step(self, encoder: nn.Module) -> None:
        """Let the key encoder follow."""
        momentum_update(self.key_encoder, encoder, self.momentum)
