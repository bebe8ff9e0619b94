"""Where a run was trained: versions, hardware and the state of the checkout."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from ghviz import __version__

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "safetensors", "msgspec")
"""Those whose version can change numbers."""


def environment() -> dict[str, Any]:
    """Versions, hardware and git hash, as JSON has them; imports none of the packages."""
    return {
        "ghviz": __version__,
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": _memory(),
        "git": _git(Path(__file__).resolve().parents[2]),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """The processor's name; Linux keeps it in a file of its own."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def _git(checkout: Path) -> dict[str, Any] | None:
    """Commit of the checkout that ghviz runs from, and whether files differ; None for an installed one."""
    if not (checkout / ".git").exists():
        return None
    commit = _ask_git(checkout, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _ask_git(checkout, "status", "--porcelain", "--untracked-files=no", "--", "ghviz")
    return {"commit": commit, "changed": bool(changed)}


def _ask_git(checkout: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(checkout), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
