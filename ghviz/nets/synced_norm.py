"""Batch normalisation over the batch of all processes, on any device."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm


class SyncedBatchNorm(_BatchNorm):
    """What torch.nn.SyncBatchNorm does, also on the CPU, where torch has none; shares may differ in size."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"batch normalisation needs (samples, channels, ...), got {tuple(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, ...), normalised over all processes' N and the rest in training, by running means else."""
        if not (self.training and dist.is_initialized()):
            return super().forward(input)
        return self._normalised(input.float()).to(input.dtype)  # a half can't count beyond 256

    def _normalised(self, input: Tensor) -> Tensor:
        axes = [axis for axis in range(input.ndim) if axis != 1]
        shape = [1, -1] + [1] * (input.ndim - 2)
        own = input.new_full((1,), input.numel() / input.shape[1])
        total: Tensor = _AllSum.apply(torch.cat([input.sum(axes), own]))
        count = total[-1]
        mean = total[:-1] / count
        centred = input - mean.view(shape)
        variance: Tensor = _AllSum.apply(centred.square().sum(axes)) / count
        self._remember(mean.detach(), variance.detach(), float(count.detach()))
        result = centred * (variance + self.eps).rsqrt().view(shape)
        if self.weight is not None:
            result = result * self.weight.view(shape) + self.bias.view(shape)
        return result

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: float) -> None:
        """Move the running means, which hold the unbiased variance."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        unbiased = variance * (count / max(count - 1, 1))
        self.running_var.lerp_(unbiased.to(self.running_var), momentum)


class _AllSum(torch.autograd.Function):
    """Sum over all processes; so is its gradient."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        value = value.contiguous().clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient


def with_synced_norms(net: nn.Module) -> nn.Module:
    """The net with its batch norms replaced by synced ones that hold the same tensors; changed in place.

    On a GPU by torch's, elsewhere by ours; those that are synced already stay.
    """
    for name, child in net.named_children():
        if isinstance(child, nn.SyncBatchNorm | SyncedBatchNorm):
            continue
        if isinstance(child, _BatchNorm):
            setattr(net, name, _synced(child))
        else:
            with_synced_norms(child)
    return net


def _synced(norm: _BatchNorm) -> nn.Module:
    if any(each.is_cuda for each in (*norm.parameters(), *norm.buffers())):
        on_gpu: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(norm)  # type: ignore[no-untyped-call]
        return on_gpu
    synced = SyncedBatchNorm(
        norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats
    )
    synced.weight, synced.bias = norm.weight, norm.bias
    synced.running_mean, synced.running_var = norm.running_mean, norm.running_var
    synced.num_batches_tracked = norm.num_batches_tracked
    return synced.train(norm.training)
