"""A batch through a net in parts, so that the activations of one part are held at a time, not of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


class InParts(nn.Module):
    """A net that takes its batch in parts; see `in_parts`. It adds neither parameters nor buffers.

    Args:
        net: (N, ...) to (N, d).
        parts: how many, >= 1; 1: the batch as a whole.
    """

    def __init__(self, net: nn.Module, parts: int) -> None:
        """See the class."""
        super().__init__()
        self.net = net
        self.parts = parts

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, ...) to (N, d) float32."""
        return in_parts(self.net, inputs, parts=self.parts)


def in_parts(
    net: nn.Module, inputs: Tensor, *, parts: int, run: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """What a net gives for a batch, computed part by part.

    Where a gradient is wanted, no part's activations are kept: the backward pass computes them again, one
    part at a time. The outputs are held together, so that a loss sees the whole batch, as in [0].

    A part takes rows of the first and of the second half of the batch: where two views stand one after the
    other, it has both views of the same samples. Batch normalisation in training sees one part at a time, and
    its running statistics move once a part; computing a part again does not move them.

    Source: [0] Gao et al., "Scaling deep contrastive learning batch size under memory limited setup", 2021,
    https://arxiv.org/abs/2101.06983.

    Args:
        net: a module without random numbers of its own, such as dropout.
        inputs: (N, ...).
        parts: how many, >= 1; fewer where a part would have less than two rows.
        run: how to run the net, if not by `net(inputs)`.

    Returns:
        (N, d) float32, in the order of the inputs.
    """
    run = run or net
    parts = min(parts, len(inputs) // 2)
    if parts <= 1:
        return run(inputs).float()

    def encoded(*halves: Tensor) -> Tensor:
        return run(torch.cat(halves)).float()

    firsts, seconds = (half.tensor_split(parts) for half in inputs.tensor_split(2))
    outputs = [_checkpointed(encoded, each, net) for each in zip(firsts, seconds, strict=True)]
    split = [output.tensor_split([len(first)]) for output, first in zip(outputs, firsts, strict=True)]
    return torch.cat([half for halves in zip(*split, strict=True) for half in halves])


def _checkpointed(run: Callable[..., Tensor], inputs: tuple[Tensor, ...], net: nn.Module) -> Tensor:
    if not torch.is_grad_enabled():
        return run(*inputs)
    output: Tensor = checkpoint(
        run,
        *inputs,
        use_reentrant=False,
        preserve_rng_state=False,
        context_fn=lambda: (nullcontext(), _buffers_kept(net)),
    )
    return output


@contextmanager
def _buffers_kept(net: nn.Module) -> Iterator[None]:
    """A stretch that leaves the buffers of a net, such as running statistics, as they were."""
    kept = [(buffer, buffer.clone()) for buffer in net.buffers()]
    try:
        yield
    finally:  # torch leaves a recomputation by an exception, as soon as it has what it needs
        for buffer, before in kept:
            buffer.data.copy_(before)  # past autograd, which would refuse the backward pass that follows
