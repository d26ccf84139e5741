"""Futures of the load: similar moments by the last day too, by kind of day, and nothing outside the record."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ridethrough.domain import Horizon
from ridethrough.operation.ceilings.futures import learn

DAY = 24
NOON_HOURS = range(11, 17)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def hours_from(hour: int, count: int) -> Horizon:
    return Horizon(
        start=datetime.fromtimestamp(MONDAY.timestamp() + 3600 * hour, UTC),
        interval_minutes=60,
        intervals=count,
        timezone="UTC",
    )


def days_of_weather(heat: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """A load that is alike every night; its noons rise by the heat of the day."""
    noon = np.isin(np.arange(DAY), NOON_HOURS)
    return np.concatenate([1000.0 + noon * (500.0 + each) for each in heat])


def lasting(count: int, keeps: float, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Noise of about unit size, of which each value keeps a share of the one before."""
    random = np.random.default_rng(seed)
    value, out = 0.0, []
    for each in random.standard_normal(count):
        value = keeps * value + np.sqrt(1 - keeps**2) * each
        out.append(value)
    return np.array(out)


def test_a_hot_day_lets_a_hot_one_expect_though_the_hour_is_as_usual() -> None:
    """At midnight nothing differs but the day behind; heat keeps 0.9 of itself from day to day."""
    heat = 100 * lasting(100, 0.9, seed=3)
    kw = days_of_weather(heat)
    model = learn(hours_from(0, len(kw)), kw, kw)
    noons = {}
    for behind in (-100.0, 100.0):
        tomorrow = model.draw(days_of_weather(np.array([behind])), hours_from(len(kw), DAY), 400, seed=1)
        noons[behind] = tomorrow.mean_kw[:, list(NOON_HOURS)].mean()

    # 180 would keep 0.9 of the difference; the hour's own deviation says nothing of it
    assert 70 < noons[100.0] - noons[-100.0] < 240


def test_what_happens_on_working_days_is_not_replayed_on_days_off() -> None:
    """Working days are noisy and days off are not: no noise is expected on a Saturday, and it is on a Monday."""
    days = 12 * 7
    working = np.repeat(np.arange(days) % 7 < 5, DAY)
    kw = 2000.0 + 300 * working + 150 * working * lasting(days * DAY, 0.5, seed=5)
    friday_evening = days * DAY - 3 * DAY + 18
    known = kw[:friday_evening]
    model = learn(hours_from(0, len(known)), known, known)
    futures = model.draw(known, hours_from(len(known), 3 * DAY), 200, seed=1).mean_kw

    saturday, monday = futures[:, 12 : 12 + DAY], futures[:, 60:]
    assert saturday.std() < 0.3 * monday.std()


def test_a_deviation_beyond_those_on_record_at_its_hour_fades_from_where_it_is() -> None:
    """The highest load on record was at night; the same at noon is followed by hours near it, not by a usual noon."""
    kw = 3000 + 100 * lasting(30 * DAY, 0.97, seed=7)
    kw[10] = kw.max() + 300
    model = learn(hours_from(0, len(kw)), kw, kw)
    metered = np.concatenate([kw[:-1], [kw.max()]])
    futures = model.draw(metered, hours_from(len(kw), 6), 200, seed=1).mean_kw
    as_usual = kw[np.arange(len(kw)) % DAY <= 1].max()

    assert futures[:, 0].mean() > as_usual
    assert futures[:, 0].mean() > futures[:, -1].mean()


@given(
    kw=st.lists(st.floats(0, 5000), min_size=2, max_size=80),
    metered=st.integers(1, 80),
    ahead=st.integers(1, 60),
    now_kw=st.floats(0, 9000),
)
@settings(max_examples=60, deadline=None)
def test_nothing_lies_outside_the_record(kw: list[float], metered: int, ahead: int, now_kw: float) -> None:
    mean_kw = np.array(kw)
    highest_kw = mean_kw * 1.1
    model = learn(hours_from(0, len(kw)), mean_kw, highest_kw)
    last_kw = np.append(mean_kw[-metered:], now_kw)

    drawn = model.draw(last_kw, hours_from(len(kw) + 1, ahead), 5, seed=2)
    again = model.draw(last_kw, hours_from(len(kw) + 1, ahead), 5, seed=2)

    assert drawn.mean_kw.shape == drawn.highest_kw.shape == (5, ahead)
    assert drawn.mean_kw.min() >= mean_kw.min() - 1e-6
    assert drawn.mean_kw.max() <= mean_kw.max() + 1e-6
    assert drawn.highest_kw.max() <= highest_kw.max() + 1e-6
    assert (drawn.highest_kw >= drawn.mean_kw - 1e-6).all()
    assert drawn.mean_kw.tolist() == again.mean_kw.tolist()
