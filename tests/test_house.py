"""The house rules: who imports what, what README promises, the shape of public functions."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ghviz.cli import COMMANDS
from ghviz.store import RunFolderError, open_run
from ghviz.train.presets import PRESETS
from ghviz.types import GHSwitch

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCES = sorted((ROOT / "ghviz").rglob("*.py"))


# --- imports ---


def loaded_by(modules: str, *, after: str = "") -> set[str]:
    """Top-level packages outside the standard library that importing `modules` loads beyond `after`."""
    code = f"""
import sys
{after and "import " + after}
before = set(sys.modules)
import {modules}
new = {{name.split(".")[0] for name in set(sys.modules) - before}}
print(*(new - set(sys.stdlib_module_names)))
"""
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name for name in process.stdout.split() if not name.startswith("_")}


def test_import_contract() -> None:
    tool = shutil.which("lint-imports", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath]))
    assert tool, "import-linter is missing: pip install -r requirements-dev.txt"
    process = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr


def test_training_loads_no_user_interface() -> None:
    """So training runs on a bare GPU node."""
    loaded = loaded_by("ghviz.train.engine, ghviz.runner")
    assert "torch" in loaded
    assert not loaded & {"streamlit", "plotly", "umap", "matplotlib", "pandas", "numba"}


def test_presets_load_no_torch() -> None:
    assert not loaded_by("ghviz.train.presets") & {"torch", "streamlit", "plotly", "umap", "matplotlib"}


def test_gh_needs_torch_and_jaxtyping_alone() -> None:
    assert loaded_by("ghviz.gh, ghviz.ssl.nt_xent", after="torch, numpy, jaxtyping") == {"ghviz"}


@pytest.mark.parametrize(
    "module",
    [
        "store",
        "metrics",
        "evaluate",
        "projections.sphere",
        "projections.umap",
        "figures.paper",
        "pretrained",
        "twin",
    ],
)
def test_viewers_load_neither_torch_nor_umap(module: str) -> None:
    assert not loaded_by(f"ghviz.{module}") & {"torch", "torchvision", "umap", "numba"}


def test_no_relative_imports_and_no_utils() -> None:
    for path in SOURCES:
        assert "util" not in path.name, path
        assert not re.search(r"^\s*from \.", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_start_of_the_app_is_short() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 60


PAGES = sorted((ROOT / "ghviz" / "app" / "pages").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_pages_are_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 150


# --- requirements ---


def requirements(name: str) -> list[str]:
    """Lines of a requirements file without comments."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_are_library_and_app() -> None:
    *packages, last = requirements("requirements.txt")
    assert last == "-e ."
    assert packages == PROJECT["dependencies"] + PROJECT["optional-dependencies"]["app"]


def test_development_requirements_are_the_extra() -> None:
    first, *packages = requirements("requirements-dev.txt")
    assert first == "-r requirements.txt"
    assert [line.replace('"', "'") for line in packages] == PROJECT["optional-dependencies"]["dev"]


def test_one_version() -> None:
    version = PROJECT["version"]
    assert import_module("ghviz").__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


# --- README ---


def blocks(language: str) -> list[str]:
    """README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """README's ghviz commands, split into words."""
    lines = "".join(blocks("bash")).splitlines()
    return [shlex.split(line) for line in lines if line.startswith("python -m ghviz ")]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_of_readme_runs(code: str) -> None:
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.slow
def test_commands_of_readme_run(tmp_path: Path) -> None:
    """The pair in one terminal, all others in a second one while it trains."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    where: dict[str, Any] = {"cwd": tmp_path, "env": environment, "text": True}
    (_, *pair), *others = commands()
    assert pair[2] == "pair"
    folder = tmp_path / pair[pair.index("--out") + 1]
    with subprocess.Popen([sys.executable, *pair], stdout=subprocess.DEVNULL, **where) as terminal:
        while not last_step(folder / "gh"):
            assert terminal.poll() is None
            time.sleep(0.1)
        for _, *words in others:
            if "resume" in words:
                assert terminal.wait(60) == 0, "it was stopped"
            process = subprocess.run([sys.executable, *words], capture_output=True, **where)
            assert process.returncode == 0, f"{shlex.join(words)}: {process.stderr}"
    switches = [event for event in open_run(folder / "gh").events() if isinstance(event, GHSwitch)]
    assert [switch.weight for switch in switches] == [0.0, 2.0]
    assert (tmp_path / "circle.pdf").read_bytes().startswith(b"%PDF")


def last_step(folder: Path) -> int:
    """The last step of a run; 0 where there is none yet."""
    try:
        return open_run(folder).state().step
    except RunFolderError:
        return 0


def test_readme_knows_all_presets() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE) == list(PRESETS)


def test_numbers_of_readme_are_those_of_the_evidence() -> None:
    evidence = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([\w-]+)` \|[^|]+\| ([^|]+→[^|]+) \| ([^|]+) % \| ([^|]+)° \|$", README, re.MULTILINE
    )
    measured = [preset for preset in PRESETS if f"\n### `{preset}`\n" in evidence]
    assert [preset for preset, *_ in rows] == measured
    assert measured
    for preset, *shown in rows:
        section = evidence.split(f"### `{preset}`", 1)[1].split("\n#", 1)[0]
        metrics = {"frequency slope": 1, "tail territory": 100, "tail gap": 1}
        for (metric, scale), cell in zip(metrics.items(), shown, strict=True):
            row = re.search(rf"^\| {metric}[^|]*\| ([\d.]+) ±[^|]*\| ([\d.]+) ±", section, re.MULTILINE)
            assert row, (preset, metric)
            for text, measured in zip(cell.split(" → "), row.groups(), strict=True):
                decimals = len(text.partition(".")[2])
                rounding = 0.5 * 10**-decimals + 1e-9
                assert abs(float(text) - scale * float(measured)) <= rounding, (preset, metric, text)


def test_readme_names_only_real_commands() -> None:
    named = set(re.findall(r"python -m ghviz ([a-z]+)", README))
    assert named
    assert named <= set(COMMANDS)


def test_the_two_commands_come_first_and_are_complete() -> None:
    app, tests = (block.strip() for block in blocks("bash")[:2])
    begin = "python3 -m venv .venv && .venv/bin/pip install -r "
    assert app == begin + "requirements.txt && .venv/bin/streamlit run app.py"
    assert tests.startswith(begin + "requirements-dev.txt && .venv/bin/python -m pytest")


def test_ci_runs_the_test_command_of_readme() -> None:
    """`.ci/run` takes it from README by this pattern."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"grep -m 1 '([^']+)' README.md", script)
    assert pattern
    found = re.findall(pattern[1] + ".*", README, re.MULTILINE)
    assert found == [blocks("bash")[1].strip()]
    assert "pytest" not in re.sub(r"\*pytest\*|\.\*pytest", "", script), (
        "CI tests with README's command alone"
    )


def test_links_of_readme_exist() -> None:
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", README) if not t.startswith("https://")]
    assert [t for t in targets if not (ROOT / t).exists()] == []


# --- public functions ---

PUBLIC = [
    "ghviz.gh",
    "ghviz.gh.targets",
    "ghviz.ssl.nt_xent",
    "ghviz.ssl.focal",
    "ghviz.ssl.sdclr",
    "ghviz.ssl.bcl",
    "ghviz.ssl.dnc",
    "ghviz.ssl.moco",
    "ghviz.ssl.vicreg",
    "ghviz.ssl.barlow_twins",
    "ghviz.metrics",
    "ghviz.evaluate",
    "ghviz.train.schedule",
    "ghviz.data.longtail",
    "ghviz.store",
]
MORE_POSITIONAL = {
    "gh_loss",  # (z1, z2, targets, prior), as the formula has them
    "nearest_neighbor_accuracy",  # (train, train_labels, test, test_labels), as everybody has them
}


def public_callables(module: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    """Functions and constructors that a module exports, or defines where it has no `__all__`."""
    names = [n for n, m in vars(module).items() if getattr(m, "__module__", "") == module.__name__]
    for name in getattr(module, "__all__", names):
        member = getattr(module, name)
        is_error = inspect.isclass(member) and issubclass(member, BaseException)
        if callable(member) and not is_error and not name.startswith("_"):
            yield name, member


@pytest.mark.parametrize("module", PUBLIC)
def test_public_functions_take_three_positional_arguments_at_most(module: str) -> None:
    found = list(public_callables(import_module(module)))
    assert found
    for name, function in found:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        positional = [p for p in inspect.signature(function).parameters.values() if p.kind in kinds]
        assert len(positional) <= (4 if name in MORE_POSITIONAL else 3), f"{module}.{name}"
        for parameter in positional:
            is_switch = isinstance(parameter.default, bool) or parameter.annotation in (bool, "bool")
            assert not is_switch, f"{module}.{name}: {parameter.name} must be keyword-only"
