"""How z-scores and percentiles of many visits are written: each text is made once, and taken from then on."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from mengya_health.growth.lms import percentile_text, z_text
from mengya_health.growth.many_visits import Floats

Texts = NDArray[np.object_]
# Nearer than this to where a text changes, the number itself is rounded: a binary fraction can lie on either side.
NEAR = 1e-9
# |z| up to which texts are kept ready; beyond stand only mistakes.
READY_TO_Z = 10
BEYOND = {"wst423_2022": ("<3", ">97")}


def z_texts(z: Floats) -> Texts:
    """Return `z_text` of each, "" for NaN."""
    hundredths = z * 100
    whole = np.rint(hundredths)
    is_ready = abs(z) <= READY_TO_Z
    place = np.where(is_ready, whole, 0).astype(np.int64) + 100 * READY_TO_Z
    texts = _ready_z_texts()[place]
    texts[np.isnan(z)] = ""
    is_near = abs(abs(hundredths - whole) - 0.5) < NEAR * 1000
    for where in zip(*np.nonzero((is_near | ~is_ready) & ~np.isnan(z)), strict=True):
        texts[where] = z_text(float(z[where]))
    return texts


def percentile_texts(z: Floats, reference: str) -> Texts:
    """Return the percentile of each `Judgements.percentile_z` as `Score.percentile` has it, "" for NaN."""
    changes = _changes()
    place = np.searchsorted(changes, z)
    texts = _percents()[place]
    is_near = (abs(z - changes[place - 1]) < NEAR) | (abs(z - changes[np.minimum(place, len(changes) - 1)]) < NEAR)
    for where in zip(*np.nonzero(is_near), strict=True):
        texts[where] = percentile_text(float(z[where]))
    below, above = BEYOND.get(reference, (percentile_text(-np.inf), percentile_text(np.inf)))
    texts[z < -3] = below
    texts[z > 3] = above
    texts[np.isnan(z)] = ""
    return texts


@cache
def _ready_z_texts() -> Texts:
    last = 100 * READY_TO_Z
    return np.array([z_text(hundredths / 100) for hundredths in range(-last, last + 1)], object)


@cache
def _percents() -> Texts:
    return np.array([f"{permille / 10:.1f}" for permille in range(1001)], object)


@cache
def _changes() -> Floats:
    """Return the z-scores where the percentile with one decimal becomes the next."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((permille - 0.5) / 1000) for permille in range(1, 1001)])
