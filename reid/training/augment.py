"""Augmentations that change how a camera sees a person and never which colours the person wears."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each change may go; probabilities are per crop."""

    zoom: float = 0.18  # largest relative change of each side
    shift: float = 0.08  # of the side
    rotate_deg: float = 4.0
    white_balance: float = 0.08
    gamma: float = 0.35  # in powers of e
    saturation: float = 0.35
    contrast: float = 0.25
    blur: float = 0.35
    noise: float = 0.3
    erase: float = 0.35


def augment(images: Tensor, flip: Tensor, size_hw: tuple[int, int], how: Augmentation, rng: torch.Generator) -> Tensor:
    """Return changed crops.

    Args:
        images: (B, 3, h, w) float32, RGB 0..1.
        flip: (B,) bool, which crops may be mirrored (those whose sentence names no side).
        size_hw: height and width of the result.
        how: how far to go.
        rng: the source of randomness.

    Returns:
        (B, 3, H, W) float32, RGB 0..1.
    """
    out = _place(images, flip, size_hw, how, rng)
    out = _light(out, how, rng)
    out = _soften(out, how.blur, rng)
    out = _grain(out, how.noise, rng)
    return _erase(out, how.erase, rng).clamp(0, 1)


def _uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=rng)


def _place(images: Tensor, flip: Tensor, size_hw: tuple[int, int], how: Augmentation, rng: torch.Generator) -> Tensor:
    """Zoom, shift, turn and mirror in one resampling."""
    count = len(images)
    angle = _uniform(count, -how.rotate_deg, how.rotate_deg, rng) * math.pi / 180
    zoom_x = torch.exp(_uniform(count, -how.zoom, how.zoom, rng))
    zoom_y = torch.exp(_uniform(count, -how.zoom, how.zoom, rng))
    mirror = torch.where(flip & (torch.rand(count, generator=rng) < 0.5), -1.0, 1.0)
    aspect = images.shape[2] / images.shape[3]  # a turn in pixels is a shear in the grid's -1..1 units
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = mirror * zoom_x * angle.cos(), -angle.sin() * aspect
    theta[:, 1, 0], theta[:, 1, 1] = angle.sin() / aspect, zoom_y * angle.cos()
    theta[:, :, 2] = torch.rand(count, 2, generator=rng) * 4 * how.shift - 2 * how.shift
    grid = functional.affine_grid(theta, [count, 3, *size_hw], align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _light(images: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """Exposure, contrast, white balance and saturation, small enough for colours to keep their names."""
    count = len(images)
    gamma = torch.exp(_uniform(count, -how.gamma, how.gamma, rng)).reshape(-1, 1, 1, 1)
    gain = torch.exp(_uniform(count * 3, -how.white_balance, how.white_balance, rng)).reshape(-1, 3, 1, 1)
    contrast = torch.exp(_uniform(count, -how.contrast, how.contrast, rng)).reshape(-1, 1, 1, 1)
    saturation = torch.exp(_uniform(count, -how.saturation, how.saturation, rng)).reshape(-1, 1, 1, 1)
    out = images.clamp(1e-3, 1).pow(gamma) * gain
    mean = out.mean(dim=(1, 2, 3), keepdim=True)
    out = (out - mean) * contrast + mean
    grey = out.mean(dim=1, keepdim=True)
    return ((out - grey) * saturation + grey).clamp(0, 1)


def _soften(images: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Make some crops as coarse as people 40 to 90 px high are."""
    height, width = images.shape[2:]
    chosen = torch.rand(len(images), generator=rng) < share
    scale = float(_uniform(1, 0.3, 0.7, rng))
    if chosen.any():
        small = functional.interpolate(
            images[chosen], (int(height * scale), int(width * scale)), mode="bilinear", antialias=True
        )
        images = images.clone()
        images[chosen] = functional.interpolate(small, (height, width), mode="bilinear")
    return images


def _grain(images: Tensor, share: float, rng: torch.Generator) -> Tensor:
    amount = torch.rand(len(images), 1, 1, 1, generator=rng) * 0.06
    amount = amount * (torch.rand(len(images), 1, 1, 1, generator=rng) < share)
    return images + amount * torch.randn(images.shape, generator=rng)


def _erase(images: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Cover a box of some crops with one flat colour, as a passer-by or a pillar would."""
    count, _, height, width = images.shape
    chosen = torch.rand(count, generator=rng) < share
    box_h = (_uniform(count, 0.1, 0.4, rng) * height).reshape(-1, 1, 1)
    box_w = (_uniform(count, 0.2, 0.7, rng) * width).reshape(-1, 1, 1)
    top = torch.rand(count, 1, 1, generator=rng) * (height - box_h)
    left = torch.rand(count, 1, 1, generator=rng) * (width - box_w)
    rows = torch.arange(height).reshape(1, -1, 1)
    columns = torch.arange(width).reshape(1, 1, -1)
    inside = (rows >= top) & (rows < top + box_h) & (columns >= left) & (columns < left + box_w)
    colour = torch.rand(count, 3, 1, 1, generator=rng) * 0.3 + images.mean(dim=(2, 3), keepdim=True) * 0.7
    return torch.where((inside & chosen.reshape(-1, 1, 1)).unsqueeze(1), colour, images)
