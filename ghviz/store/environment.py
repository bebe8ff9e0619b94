"""Where a run was trained: versions, hardware and the state of the checkout."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ghviz import __version__
from ghviz.store.folder import Run, read_latest
from ghviz.store.layout import ENVIRONMENT_FILE

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


def changes_since_start(run: Run, now: Mapping[str, Any]) -> list[str]:
    """What can change a run's last digits and is not as it was where the run began.

    Args:
        run: a run that is about to go on.
        now: the `environment` here.

    Returns:
        Phrases such as "torch 2.12.0 → 2.13.0"; none where the run would start anew or did not record it.
    """
    try:
        begun = json.loads((run.folder / ENVIRONMENT_FILE).read_bytes())
        before, after = (_deciding(each, run.config.threads) for each in (begun, now))
    except (OSError, ValueError, LookupError, TypeError):  # missing or broken: not worth the run
        return []
    if read_latest(run.folder) is None:
        return []
    shared = [name for name in before if name in after and before[name] != after[name]]
    return [f"{name} {before[name]} → {after[name]}" for name in shared]


def _deciding(environment: Mapping[str, Any], threads: int) -> dict[str, Any]:
    """Of an environment what decides the last digits; 0 threads: all cores but one."""
    facts = {**environment["packages"], "processor": environment["processor"]}
    return facts if threads else {**facts, "threads": max(1, environment["cores"] - 1)}


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
