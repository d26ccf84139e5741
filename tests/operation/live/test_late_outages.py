"""A plan that was made without knowing of an outage is not followed, however late the outage is heard of."""

from datetime import datetime, timedelta

import pytest
from live import NOW, plan, situation
from sites import site

from ridethrough.operation.live.departing import reasons_to_plan
from ridethrough.operation.live.setpoints import setpoints_now

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("made_at", "measured_at", "heard_at", "follows"),
    [
        (NOW - 10 * MINUTE, NOW - 20 * MINUTE, NOW - 5 * MINUTE, False),
        (NOW - 10 * MINUTE, NOW - 20 * MINUTE, NOW - 10 * MINUTE, False),
        (NOW - 10 * MINUTE, NOW - 20 * MINUTE, NOW - 11 * MINUTE, True),
        (NOW - 10 * MINUTE, NOW - 5 * MINUTE, NOW - 11 * MINUTE, False),
    ],
)
def test_a_plan_is_followed_only_where_it_knew_of_the_outage(
    made_at: datetime,
    measured_at: datetime,
    heard_at: datetime,
    follows: bool,  # noqa: FBT001 - a case
) -> None:
    asked = situation(plan=plan(site(), made_at=made_at), last_outage_at=measured_at, outage_heard_at=heard_at)
    found = setpoints_now(asked)
    assert (found.mode == "plan") is follows
    assert (found.ups["pod-1"].discharge_kw > 0) is follows
    assert any("an outage" in reason for reason in reasons_to_plan(asked)) is not follows


def test_the_reason_says_that_the_plan_did_not_know() -> None:
    asked = situation(
        plan=plan(site(), made_at=NOW - 10 * MINUTE), last_outage_at=NOW - 20 * MINUTE, outage_heard_at=NOW - 5 * MINUTE
    )
    assert "which this plan was made without knowing: a new plan is needed" in setpoints_now(asked).why
