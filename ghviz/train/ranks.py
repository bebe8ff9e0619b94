"""Several processes that train one model together: torch.distributed, as torchrun starts it.

Every process (rank) holds the whole global batch of inputs and encodes its share of it; the embeddings are
gathered, so that every rank computes the same losses, the same statistics and the same transport plan as one
process with the whole batch would. Gradients flow back into each rank's own share and are averaged by
DistributedDataParallel.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import Any, NoReturn, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.parallel import DistributedDataParallel

from ghviz.nets.synced_norm import with_synced_norms
from ghviz.ssl.method import Encoding
from ghviz.ssl.parts import in_parts

_parallel: Callable[..., nn.Module] = DistributedDataParallel
_BUFFERS = (
    "forward_sync_buffers"
    if "forward_sync_buffers" in signature(DistributedDataParallel).parameters
    else "broadcast_buffers"  # torch before 2.14
)
"""What keeps torch from copying buffers at each pass: ours are equal on all ranks already."""


_PATIENCE = timedelta(hours=12)
"""How long a process waits for another: while the first alone decodes the images of a large data set, the
others have nothing to do, for longer than the 10 or 30 minutes after which torch gives up. A process that has
ended is noticed at once, not by this."""


class RankLostError(RuntimeError):
    """Another process of the run ended, so that this one can't go on."""


@dataclass(frozen=True)
class Ranks:
    """Which process of how many this is.

    Attributes:
        rank: from 0.
        size: number of processes; 1: there are no others.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that speaks for all: it alone writes and prints."""
        return self.rank == 0

    def agreed(self, wish: tuple[float | None, bool]) -> tuple[float | None, bool]:
        """What the first process wishes, on every process.

        Args:
            wish: a new weight of GH or None, and whether to stop; only that of the first process counts.

        Raises:
            RankLostError: another process has ended.
        """
        if self.size == 1:
            return wish
        weight, stop = wish
        told = torch.tensor([math.nan if weight is None else weight, float(stop)], dtype=torch.float64)
        with together():
            dist.broadcast(told, src=0)
        weight, stop = told.tolist()
        return None if math.isnan(weight) else weight, bool(stop)

    @contextmanager
    def first_goes_ahead(self) -> Iterator[None]:
        """The others enter when the first has left: what it downloads or caches is there for them."""
        if self.size > 1 and not self.is_first:
            with together():
                dist.barrier()
        yield
        if self.size > 1 and self.is_first:
            with together():
                dist.barrier()


def join() -> Ranks:
    """Join the processes that torchrun has started beside this one; alone where it has not.

    Raises:
        ValueError: the other processes can't be reached, or there are more of them than GPUs.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Ranks()
    if torch.cuda.is_available():
        _take_gpu(int(os.environ.get("LOCAL_RANK", "0")))
    try:
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=_PATIENCE
        )
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"the other processes of this run can't be reached: {error}") from error
    return current()


def _take_gpu(number: int) -> None:
    """Use the GPU of that number; all processes of a machine refuse alike where there are too few."""
    there = torch.cuda.device_count()
    wanted = max(number + 1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    if wanted > there:
        gpus = "1 GPU" if there == 1 else f"{there} GPUs"
        raise ValueError(f"--nproc-per-node is {wanted}, this machine has {gpus}: start one process for each")
    torch.cuda.set_device(number)


def leave() -> None:
    """Wait for the other processes, if there are any, so that none ends while another still needs it.

    The process group is not torn down: torch may abort over its threads. `end_process` leaves without.
    """
    if dist.is_initialized():
        with together():
            dist.barrier()


def end_process(code: int) -> NoReturn:
    """End one of several processes at once, without the tearing down in which torch may abort."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def current() -> Ranks:
    """The processes that this one has joined."""
    if not (dist.is_available() and dist.is_initialized()):
        return Ranks()
    return Ranks(dist.get_rank(), dist.get_world_size())


def encoding_of(encoder: nn.Module, ranks: Ranks, *, parts: int = 1, compiled: bool = False) -> Encoding:
    """How a run encodes a batch: on its own, or each process its share.

    With several processes the batch norms of the encoder become synced ones, in place.

    Args:
        encoder: on its device.
        ranks: who shares a batch.
        parts: into how many parts a process divides its share.
        compiled: whether `torch.compile` makes the encoder's passes for training; the encoder itself stays as
            it is, and so do its copies.
    """
    if ranks.size > 1:
        with_synced_norms(encoder)
    quick = cast(nn.Module, torch.compile(encoder)) if compiled else None
    if ranks.size == 1:
        return Encoding(encoder, parts=parts, compiled=quick)
    return SharedEncoding(encoder, ranks, parts=parts, compiled=quick)


class SharedEncoding(Encoding):
    """Each process encodes its share of the rows and gets the embeddings of all.

    Inputs are the global batch, the same on every rank, and so are the outputs.
    """

    def __init__(
        self, encoder: nn.Module, ranks: Ranks, *, parts: int = 1, compiled: nn.Module | None = None
    ) -> None:
        """Encode with `encoder`, whose gradients will be averaged over the ranks."""
        super().__init__(encoder, parts=parts, compiled=compiled)
        self._ranks = ranks
        with together():
            self._parallel = _parallel(self._net, **{_BUFFERS: False})  # outside the parts: one pass a step

    def __call__(self, inputs: Tensor) -> Tensor:
        """See `Encoding`."""
        return self._gathered(self._parallel, inputs)

    def through(
        self, net: nn.Module, inputs: Tensor, *, run: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """See `Encoding`; the net's batch norms become synced ones, in place."""
        with_synced_norms(net)  # only here: a net that every process runs whole must keep its own
        return self._gathered(lambda rows: in_parts(net, rows, parts=self.parts, run=run), inputs)

    def _gathered(self, encode: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        shares = inputs.tensor_split(self._ranks.size)
        with together():
            local = encode(shares[self._ranks.rank])
            gathered: Tensor = _Gather.apply(local, [len(share) for share in shares], self._ranks)
        return gathered


class _Gather(torch.autograd.Function):
    """The rows of all ranks, in their order.

    Every rank computes the same loss from them; its own rows get their gradient times the number of ranks,
    because DistributedDataParallel then averages.
    """

    @staticmethod
    def forward(ctx: Any, local: Tensor, sizes: list[int], ranks: Ranks) -> Tensor:
        ctx.start, ctx.length = sum(sizes[: ranks.rank]), sizes[ranks.rank]
        ctx.size = ranks.size
        padded = local.new_zeros(max(sizes), *local.shape[1:])
        padded[: len(local)] = local.detach()
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient.narrow(0, ctx.start, ctx.length) * ctx.size, None, None


@contextmanager
def together() -> Iterator[None]:
    """A stretch in which the ranks wait for each other, and another's end becomes one sentence.

    Raises:
        RankLostError: another process has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if current().size > 1 and _is_lost(error):
            raise RankLostError("another process of this run ended, so this one stopped") from error
        raise


def _is_lost(error: RuntimeError) -> bool:
    signs = (
        "connection closed",
        "connection reset",
        "broken pipe",
        "gloo",
        "nccl",
        "timed out",
        "peer",
        "store",
    )
    return any(sign in str(error).lower() for sign in signs)
