"""Which arrays of a print-out are the logits, and which the targets."""

import numpy as np

from ce_core.formats import FORMATS
from lab.reading.error import UnreadableError
from lab.reading.given import Array, Given, Note, check_shape, whole, written
from lab.reading.printed import Item, read_items
from lab.reading.targets import LOGIT_NAMES, TARGET_NAMES, read_targets


def read_printed(text: str) -> Given:
    r"""Read print-outs of arrays; see `lab.reading.text.read_text`.

    Examples
    --------
    >>> given = read_printed("logits = tensor([[2., 1.], [0., 3.]])\ntarget = tensor([0, 1])")
    >>> given.shape, given.dtype, given.targets.tolist()
    ((2, 2), 'float32', [0, 1])
    """
    items = read_items(text)
    if not items:
        raise UnreadableError("empty")
    logits, targets, others = _told_apart(items)
    notes = (Note("left", {"names": ", ".join(others)}),) if others else ()
    given = _given(logits, notes)
    if targets is None:
        return given
    shown = read_targets(_given(targets), given.count, given.classes)
    return _given(logits, notes, shown)


def _given(item: Item, notes: tuple[Note, ...] = (), targets: Array | None = None) -> Given:
    numbers = item.numbers.reshape(-1) if not item.numbers.ndim else item.numbers
    check_shape(numbers.shape)
    dtype = item.dtype if item.dtype in FORMATS else ""
    return whole(numbers, dtype=dtype, notes=notes, targets=targets)


def _told_apart(items: list[Item]) -> tuple[Item, Item | None, list[str]]:
    """Return the logits, the targets if there are some, and the names of all others."""
    named = [item for item in items if item.name.lower() in TARGET_NAMES]
    rest = [item for item in items if item not in named] or named[:1]
    targets = next((item for item in named if item not in rest), None)
    arrays = [item for item in rest if item.numbers.ndim] or rest
    logits = next((item for item in rest if item.name.lower() in LOGIT_NAMES), arrays[0])
    others = [item for item in arrays if item is not logits]
    if targets is None and len(others) == 1 and _fits(logits, others[0]):
        targets = others[0]
    elif others and logits.name.lower() not in LOGIT_NAMES:
        logits = _stacked(arrays)
        rest = [item for item in rest if item not in arrays]
    left = [item for item in items if item not in (logits, targets) and item in [*rest, *named]]
    return logits, targets, [item.name for item in left if item.name]


def _fits(logits: Item, other: Item) -> bool:
    """Say whether an array that nobody has named can only be the targets of another."""
    given = _given(logits)
    if other.numbers.shape == logits.numbers.shape and given.count > 1:
        ones = other.numbers.sum(axis=1)
        return bool((other.numbers >= 0).all() and np.allclose(ones, 1, atol=0.01))
    return other.integers and other.numbers.size == given.count


def _stacked(items: list[Item]) -> Item:
    """Return rows that were printed one by one as one array."""
    shapes = {item.numbers.shape for item in items}
    if len(shapes) > 1 or items[0].numbers.ndim > 1:
        told = ", ".join(written(item.numbers.shape) for item in items[:4])
        raise UnreadableError("several", count=len(items), shapes=told)
    first = items[0]
    integers = all(item.integers for item in items)
    return Item(first.name, np.stack([i.numbers for i in items]), integers, first.dtype)
