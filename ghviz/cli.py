"""The command line: everything that a person clicks is also a command."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from keyword import iskeyword

from ghviz import __version__
from ghviz.commands.early_interrupt import remembered
from ghviz.store import RunFolderError

COMMANDS = {
    "pair": ("training", "train a baseline and its twin with GH, in lock step"),
    "train": ("training", "train one run"),
    "sweep": ("sweep", "train every combination of methods, GH off and on, and seeds"),
    "report": ("report", "what a sweep says: means, paired differences, and the table for a paper"),
    "baseline": ("baseline", "train a pair's second baseline: what chance alone does"),
    "resume": ("training", "go on with a stopped or killed run or pair"),
    "control": ("control", "switch GH, change its weight or the pace, stop: while it runs"),
    "import": ("importing", "see embeddings that were computed elsewhere: .npz, .npy, .parquet, .csv"),
    "runs": ("runs", "list the runs below a folder"),
    "rename": ("housekeeping", "give a run or pair another name"),
    "delete": ("housekeeping", "delete a run or pair, after asking"),
    "metrics": ("metrics", "the numbers of one run or more: table, JSON or CSV"),
    "layouts": ("layouts", "UMAP layouts of a pair, for the app"),
    "figure": ("figure", "twin figure of a pair: PDF, SVG or PNG"),
}
"""Name -> (module of ghviz.commands, what it does); a module is loaded when its command is called."""

WITH_SETTINGS = ("pair", "train", "sweep")
"""Commands that take every setting of a run."""

FAILED = 1
BAD_ARGUMENTS = 2
INTERRUPTED = 130
NOBODY_READS = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: as typed after `ghviz`; None: those of the process.

    Returns:
        Exit code: 0 done, 1 failed, 2 bad arguments, 130 interrupted, 141 the output was no longer read;
        errors are one sentence on stderr.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in COMMANDS:
        return _run(words[0], words[1:])
    if words and words[0] == "--version":
        print(f"ghviz {__version__}")
        return 0
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return 0 if words else BAD_ARGUMENTS
    near = difflib.get_close_matches(words[0], COMMANDS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    known = ", ".join(COMMANDS)
    return _complain(f"there is no command {words[0]!r}.{hint} Commands: {known}.", BAD_ARGUMENTS)


def _run(name: str, arguments: list[str]) -> int:
    """Run a command; what went wrong becomes one sentence and an exit code."""
    try:
        with remembered():
            module = importlib.import_module(f"ghviz.commands.{COMMANDS[name][0]}")
            code: int = getattr(module, f"{name}_" if iskeyword(name) else name)(arguments)
        sys.stdout.flush()
    except ValueError as error:
        return _complain(_in_flags(name, error), BAD_ARGUMENTS)
    except RunFolderError as error:
        return _complain(_in_flags(name, error), FAILED)
    except KeyboardInterrupt as error:
        return _complain(str(error) or "interrupted before anything was recorded.", INTERRUPTED)
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except SystemExit:  # --help has been printed
        code = 0
    return code


def _in_flags(name: str, error: Exception) -> str:
    """What went wrong, in the words of a command that takes every setting as a flag."""
    if name not in WITH_SETTINGS:
        return str(error)
    from ghviz.commands.parsing import with_flags

    return with_flags(str(error))


def _overview() -> str:
    lines = [f"  {name:<8} {text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join(
        [
            "ghviz: train, see and compare long-tailed representations with Geometric Harmonization.",
            "",
            "usage: python -m ghviz COMMAND ...   (COMMAND --help says more)",
            "",
            *lines,
            "",
            "example: python -m ghviz pair --preset digits --seed 7 --out runs/digits-7",
        ]
    )


def _complain(sentence: str, code: int) -> int:
    print(f"ghviz: {sentence}", file=sys.stderr)
    return code
