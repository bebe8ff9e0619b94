"""Make the pretrained pairs again, by the command line, and write their list: `python pretrained/make.py`.

Each pair is trained with a second baseline seed, laid out by UMAP, reduced to what is looked at, and listed
with the SHA-256 of its files.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from ghviz.cli import main
from ghviz.pretrained import PretrainedPair, pretrained_folder, write_manifest
from ghviz.store import SECOND_BASELINE, open_run, pair_sides
from ghviz.store.atomic import read_tensors, write_bytes, write_tensors
from ghviz.store.layout import POINTS_FILE
from ghviz.train.presets import preset_named

FAILING = (
    "The same six digits with a seed on which GH does not help, kept as it is: the frequency slope stays at "
    "0.72 and the rare classes come closer to their neighbours (tail gap 32° to 20°)."
)
PAIRS = {
    "toy-circle": ("toy-circle", 2000, ""),
    "toy-sphere": ("toy-sphere", 2000, ""),
    "digits": ("digits", 2000, ""),
    "digits-unlucky": ("digits", 2008, FAILING),
    "how-it-fails": ("how-it-fails", 2000, ""),
    "mnist-6": ("mnist-6", 3000, ""),
}
"""Folder -> (preset, seed, what to say in place of the preset's words); 2000 and 3000 are the first of the
seeds that docs/evidence.md reports, none was chosen for its picture but the unlucky one."""
SNAPSHOTS = {"how-it-fails": 20, "mnist-6": 20}
USUAL_SNAPSHOTS = 30
FOREIGN = ("mnist-6",)
"""Pairs whose images are not ours to give away: they are published without thumbnails."""


def command(name: str) -> list[str]:
    """The command that trains a pair, without its folder."""
    preset, seed, _ = PAIRS[name]
    return [
        "pair",
        "--preset",
        preset,
        "--seed",
        str(seed),
        "--second-baseline",
        "--snapshots",
        str(SNAPSHOTS.get(name, USUAL_SNAPSHOTS)),
    ]


def make(name: str) -> None:
    """Train and lay out one pair, in place of what was there."""
    folder = pretrained_folder() / name
    shutil.rmtree(folder, ignore_errors=True)
    for words in ([*command(name), "--out", str(folder)], ["layouts", str(folder)]):
        if main(words):
            sys.exit(f"{name}: ghviz {words[0]} failed")
    reduce(name)


def reduce(name: str) -> None:
    """Leave what is looked at: snapshots, metrics, losses, weights; the last two not of a second baseline."""
    for side, run in pair_sides(pretrained_folder() / name).items():
        if side == SECOND_BASELINE:
            shutil.rmtree(run / "checkpoint", ignore_errors=True)
            _leave_no_steps(run)
        else:
            _leave_weights(run)
        if name in FOREIGN:
            _leave_no_thumbnails(run)


def _leave_weights(run: Path) -> None:
    """The last checkpoint, without the optimiser's moments: a finished run needs none, and they are large."""
    saved = open_run(run).checkpoint()
    assert saved is not None
    for path in (run / "checkpoint").glob("state-*.safetensors"):
        if path.name != f"state-{saved[0]:08d}.safetensors":
            path.unlink()
            continue
        tensors, metadata = read_tensors(path)
        kept = {name: array for name, array in tensors.items() if not name.startswith("optimizer/")}
        write_tensors(path, kept, metadata)


def _leave_no_steps(run: Path) -> None:
    """The log without a line for each step."""
    path = run / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    write_bytes(path, b"".join(line for line in lines if not line.startswith(b'{"kind":"step"')))


def _leave_no_thumbnails(run: Path) -> None:
    tensors, metadata = read_tensors(run / POINTS_FILE)
    tensors.pop("thumbnails", None)
    write_tensors(run / POINTS_FILE, tensors, metadata)


def described(name: str) -> PretrainedPair:
    """What the list says of a pair."""
    preset_name, seed, addition = PAIRS[name]
    preset = preset_named(preset_name)
    return PretrainedPair(
        name=name,
        title=f"{preset.title}: an unlucky seed" if addition else preset.title,
        text=addition or f"{preset.text} {preset.claim}",
        preset=preset_name,
        seed=seed,
        command=" ".join(["python -m ghviz", *command(name), "--out", f"pretrained/{name}"]),
    )


if __name__ == "__main__":
    for wanted in sys.argv[1:] or PAIRS:
        make(wanted)
    write_manifest(described(name) for name in PAIRS)
