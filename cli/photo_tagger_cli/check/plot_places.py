"""Where dots and names go, so that none hides another."""

from collections import defaultdict

_REACH = 0.8
_STEP = 0.26
_LEAST_STEP = 0.06


def stacked(along: list[float], width: float) -> list[float]:
    """The height of each dot, from -1 to 1: those within one `width` stack about the middle.

    `along` are places on the axis as it is drawn. Where stacks are higher than fits, all are
    pressed together, so that they tell how many there are; the very highest are pressed more.
    """
    stacks: dict[int, list[int]] = defaultdict(list)
    for index in sorted(range(len(along)), key=along.__getitem__):
        stacks[int(along[index] // width)].append(index)
    step = max(_LEAST_STEP, _fitting(max(map(len, stacks.values()), default=1)))
    heights = [0.0] * len(along)
    for stack in stacks.values():
        own_step = min(step, _fitting(len(stack)))
        for place, index in enumerate(stack):
            heights[index] = own_step * (place - (len(stack) - 1) / 2)
    return heights


def _fitting(dots: int) -> float:
    """The step from dot to dot at which a stack of so many fits."""
    return min(_STEP, 2 * _REACH / max(dots - 1, 1))
