"""Reads PyTorch's legacy checkpoint format (`torch.save` before 1.6) without PyTorch.

The file is five things in a row: three pickles (magic number, protocol, system info), the pickled
tensors, the pickled list of storage keys; then, for each key, a count and the raw numbers.
Source: `_legacy_save` in PyTorch's `torch/serialization.py`.
"""

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
STORAGE_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

Array = NDArray[Any]


class WeightsError(Exception):
    """The file is not a whole checkpoint of the kind we read; the message says why."""


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A view on a storage. `offset` and `stride` count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, shape, stride)


class _Unpickler(pickle.Unpickler):
    """Makes nothing but dictionaries, numbers and our own tensor stand-ins."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], object] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        }
        allowed |= {("torch", kind): dtype for kind, dtype in STORAGE_TYPES.items()}
        try:
            return allowed[module, name]
        except KeyError:
            raise WeightsError(f"the file asks for {module}.{name}, which is not allowed") from None

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, _, count, _ = pid
        return _Storage(key, dtype, count)


def read_checkpoint(path: Path) -> dict[str, Array]:
    """Read every tensor of the legacy PyTorch checkpoint at `path`, by name.

    Raises WeightsError if the file is torn, of another format, or asks for anything but tensors.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, IndexError) as error:
        raise WeightsError(f"{path.name} is not a whole checkpoint: {error!r}") from error


def _read(file: BinaryIO) -> dict[str, Array]:
    if _Unpickler(file).load() != MAGIC_NUMBER or _Unpickler(file).load() != PROTOCOL_VERSION:
        raise WeightsError("the file is not a legacy PyTorch checkpoint")
    _Unpickler(file).load()  # system info
    tensors: dict[str, _Tensor] = _Unpickler(file).load()
    keys: list[str] = _Unpickler(file).load()
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    numbers = {key: _read_numbers(file, storages[key]) for key in keys}
    return {name: _view(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _read_numbers(file: BinaryIO, storage: _Storage) -> Array:
    count = int.from_bytes(file.read(8), "little")
    if count != storage.count:
        raise WeightsError(f"storage {storage.key} has {count} numbers, not {storage.count}")
    data = file.read(count * storage.dtype.itemsize)
    if len(data) != count * storage.dtype.itemsize:
        raise WeightsError(f"the file ends inside storage {storage.key}")
    return np.frombuffer(data, storage.dtype)


def _view(tensor: _Tensor, numbers: Array) -> Array:
    """Lay the tensor's shape over the flat numbers. Strides need not be those of C order."""
    last = tensor.offset + sum(
        (size - 1) * step for size, step in zip(tensor.shape, tensor.stride, strict=True)
    )
    if min(tensor.offset, *tensor.shape, *tensor.stride, 0) < 0 or last >= len(numbers):
        raise WeightsError("a tensor reaches outside its storage")
    return np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :],
        tensor.shape,
        tuple(step * numbers.itemsize for step in tensor.stride),
        writeable=False,
    )
