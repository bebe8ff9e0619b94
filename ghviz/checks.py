"""What public functions ask of the kind of their arguments, before they look at shapes and ranges."""

from __future__ import annotations

from operator import index

from torch import Tensor


def check_tensors(**values: object) -> None:
    """Check that arguments are tensors, not arrays or lists.

    Args:
        values: the arguments by their names.

    Raises:
        ValueError: naming the first that is none, what it is, and how to make a tensor of it.
    """
    for name, value in values.items():
        if not isinstance(value, Tensor):
            kind = type(value)
            given = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
            raise ValueError(
                f"{name} must be a torch tensor, got {given}: convert it with torch.as_tensor({name})"
            )


def check_whole(**values: object) -> None:
    """Check that arguments are whole numbers: Python's or numpy's integers, not 50.0.

    Args:
        values: the arguments by their names.

    Raises:
        ValueError: naming the first that is none.
    """
    for name, value in values.items():
        try:
            index(value)  # type: ignore[arg-type]
        except TypeError:
            raise ValueError(f"{name} must be a whole number, got {value!r}") from None
