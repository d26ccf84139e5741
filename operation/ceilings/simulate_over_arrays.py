"""The simulated policy over arrays, hour by hour, for where numba is not installed: `simulate` says what it does."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FLAT_KW = 1e-9
"""Intervals of an hour that differ by less from its mean are all at it."""
FULL_KWH = 1e-9
"""A store that lacks less than this is as full as it is to be."""


def over_arrays(  # noqa: PLR0917 - as the compiled loop
    mean_kw: FloatArray,
    spread_kw: FloatArray,
    resting_cost: FloatArray,
    price: FloatArray,
    day_begins: BoolArray,
    gives: BoolArray,
    takes: BoolArray,
    later_kwh: FloatArray,
    metered: BoolArray,
    daily_rate: FloatArray,
    peak_so_far_kw: FloatArray,
    ceiling_kw: FloatArray,
    fill_kw: FloatArray,
    kept_kwh: FloatArray,
    figures: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """The cost (candidates x futures) and the peaks (candidates x futures x charges) of candidates."""
    stored0, capacity, charge_most, discharge_most, up, down, wear, limit, last_price = figures.tolist()
    candidates, (futures, hours), charges = len(kept_kwh), mean_kw.shape, len(daily_rate)
    kept = np.minimum(capacity, kept_kwh[:, np.newaxis])
    stored, paid = np.full((candidates, futures), stored0), np.tile(resting_cost, (candidates, 1))
    peaks = np.broadcast_to(peak_so_far_kw, (candidates, futures, charges)).copy()
    for h in range(hours):
        b, r = np.full((candidates, futures), limit), np.full((candidates, futures), limit)
        for c in range(charges):
            if daily_rate[c] > 0 and day_begins[h] and h > 0:
                paid += daily_rate[c] * peaks[:, :, c]
                peaks[:, :, c] = 0.0
            if metered[c, h]:
                b = np.minimum(b, np.maximum(ceiling_kw[:, c : c + 1], peaks[:, :, c]))
                r = np.minimum(r, np.maximum(fill_kw[:, c : c + 1], peaks[:, :, c]))
        m, w = mean_kw[:, h], spread_kw[:, h]
        high = m + w
        flat, width = w < FLAT_KW, 4.0 * np.maximum(w, FLAT_KW)
        above = np.where(b >= high, 0.0, np.where(flat | (b <= m - w), m - b, (high - b) * (high - b) / width))
        below = np.where(r >= high, r - m, np.where(flat | (r <= m - w), 0.0, (r - m + w) * (r - m + w) / width))
        given = np.minimum(above, np.minimum(discharge_most, stored / down))
        part = given / np.where(above > 0, above, 1.0)
        top = np.where(above > 0, np.maximum(high - (high - b) * part, high - discharge_most), high)
        if gives[h]:
            free = np.maximum(0.0, stored - kept - later_kwh[h]) / down
            spare = np.minimum(np.minimum(discharge_most, free), np.maximum(0.0, m))
            relieved = np.where(above > 0, np.minimum(top, np.maximum(b, high - spare)), high - spare)
            top = np.where(spare > given, relieved, top)
            given = np.maximum(spare, given)
        stored = stored - given * down
        target = capacity if takes[h] else kept
        fills = (below > 0) & (target > stored + FULL_KWH) & (given <= above)
        taken = np.where(fills, np.minimum(np.minimum(below, charge_most), (target - stored) / up), 0.0)
        stored = stored + taken * up
        top = np.where(fills & (above <= 0), np.maximum(high, np.minimum(r, high + taken)), top)
        paid += price[h] * (taken - given) + wear * given
        for c in range(charges):
            if metered[c, h]:
                peaks[:, :, c] = np.maximum(peaks[:, :, c], top)
    for c in range(charges):
        paid += daily_rate[c] * peaks[:, :, c]
    return paid + (capacity - stored) / up * last_price, peaks
