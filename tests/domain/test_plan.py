"""A plan read interval by interval says what its columns say."""

import pytest
from sites import NOW, problem, ups_system

from ridethrough.optimizer import plan_dispatch


def test_setpoints_are_the_plans_columns_row_by_row() -> None:
    pods = ups_system(), ups_system(id="pod-2")
    plan = plan_dispatch(problem(*pods, price=[0.05, 0.5, 0.05, 0.05], import_limit_kw=13000.0), issued_at=NOW)

    rows = list(plan.setpoints())

    assert [row.grid_kw for row in rows] == list(plan.grid_kw)
    assert [row.start for row in rows] == list(plan.horizon.starts())
    assert [[ups.ups_id for ups in row.ups] for row in rows] == [["pod-1", "pod-2"]] * 4
    for number, trajectory in enumerate(plan.ups):
        assert [row.ups[number].stored_kwh for row in rows] == list(trajectory.stored_kwh[1:])
        seconds = plan.certificate.ride_through_s[trajectory.ups_id]
        assert [row.ups[number].ride_through_s for row in rows] == pytest.approx(seconds[1:])
