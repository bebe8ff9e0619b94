"""Which device a run trains on, and why."""

from __future__ import annotations

import torch


def resolve_device(wanted: str) -> tuple[torch.device, str]:
    """The device to train on and one phrase that says why.

    Args:
        wanted: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda" or "mps".

    Raises:
        ValueError: the device asked for is not there.
    """
    if wanted in ("auto", "cuda") and torch.cuda.is_available():
        return torch.device("cuda"), f"{torch.cuda.get_device_name()} found"
    if wanted in ("auto", "mps") and torch.backends.mps.is_available():
        return torch.device("mps"), "Apple GPU found"
    if wanted in ("cuda", "mps"):
        raise ValueError(
            f"device {wanted!r} is not available here ({_why_no_gpu()}): use --device auto or cpu"
        )
    return torch.device("cpu"), "asked for" if wanted == "cpu" else _why_no_gpu()


def _why_no_gpu() -> str:
    """An outdated driver looks like no GPU at all, so say which CUDA this torch was built for."""
    built_for = torch.version.cuda
    if built_for is None:
        return "this build of torch knows no CUDA"
    return f"torch, built for CUDA {built_for}, finds no GPU with a driver that fits"
