"""Crops/s of the image tower, beside the same network in torch eager and OSNet x1.0 in ONNX Runtime.

The peers need torch and are left out where it is not installed. They are fed crops already resized while ours pays
for resizing, so the ratios err against us. All take turns, so that a busy machine slows all of them.
"""

import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reid.embedder import SHIPPED_WEIGHTS, Embedder
from reid.providers import Provider, as_provider

BATCHES = (1, 8, 64, 256)
PEER_BATCH = 64
ROUNDS = 5
CROP_HW = (160, 64)  # as a detector cuts them, before resizing


def bench_embed(provider: Provider = "auto", threads: int = 0, weights: Path = SHIPPED_WEIGHTS) -> dict[str, Any]:
    """Measure a weights folder, by default the shipped one.

    Returns:
        Crops/s by batch size (preprocessing included), peers' crops/s at batch 64, and the ratios.

    Raises:
        ProviderError: the provider asked for is not there.
    """
    embedder = Embedder(weights, provider, threads)
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (*CROP_HW, 3), dtype=np.uint8) for _ in range(max(BATCHES))]
    contestants: dict[str, tuple[Callable[[], object], int]] = {
        f"crops_per_s_batch_{size}": (lambda size=size: embedder.encode_image(crops[:size]), size)  # type: ignore[misc]
        for size in BATCHES
    }
    if importlib.util.find_spec("torch") is not None:
        from reid.export.peers import make_peers

        contestants |= make_peers(embedder.card, PEER_BATCH, as_provider(embedder.provider), threads)
    rates = _race(contestants)
    told = {"model_id": embedder.model_id, "provider": embedder.provider, **_round(rates), **_ratios(rates)}
    return told | _roofline(embedder, rates)


def _roofline(embedder: Embedder, rates: Mapping[str, float]) -> dict[str, float]:
    """Return the share of the machine's limit that each batch size reaches, where torch can measure the limit."""
    if importlib.util.find_spec("torch") is None:
        return {}
    from reid.export.roofline import roofline_crops_per_s

    limits = roofline_crops_per_s(embedder.card, BATCHES, as_provider(embedder.provider))
    return {
        f"roofline_share_batch_{size}": round(rates[f"crops_per_s_batch_{size}"] / limit, 3)
        for size, limit in limits.items()
    }


def _race(contestants: Mapping[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Return each contestant's crops/s: the median of rounds in which all take turns."""
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for call, _ in contestants.values():
        call()  # warm up
    for _ in range(ROUNDS):
        for name, (call, size) in contestants.items():
            repeats = max(1, 64 // size)
            started = time.perf_counter()
            for _ in range(repeats):
                call()
            rates[name].append(repeats * size / (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in rates.items()}


def _ratios(rates: Mapping[str, float]) -> dict[str, float]:
    ours = rates[f"crops_per_s_batch_{PEER_BATCH}"]
    peers = {"torch_eager": "ratio_to_torch_eager", "osnet_x1_onnxruntime": "ratio_to_osnet_x1_onnxruntime"}
    return {ratio: round(ours / rates[peer], 2) for peer, ratio in peers.items() if peer in rates}


def _round(rates: Mapping[str, float]) -> dict[str, float]:
    return {name: round(rate, 1) for name, rate in rates.items()}
