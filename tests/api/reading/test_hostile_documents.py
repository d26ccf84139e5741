"""Whatever stands in a site document, it is refused, or planned without touching the reserve; nothing else happens."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from documents import DAY, site_document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from ridethrough.api.answers.plan.plan_json import plan_document, reserve_document
from ridethrough.api.answers.plan.plan_view import plan_view
from ridethrough.api.answers.printing import to_json
from ridethrough.api.cases.plans.planning import plan_day
from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.reading.site_file import read_site
from ridethrough.domain import UnableToAccept
from ridethrough.domain.plan import PlanStatus

NOW = datetime(2026, 7, 14, tzinfo=UTC)
WHOLE = site_document(
    {
        "ups.0.load": {"start": f"{DAY}T00:00-04:00", "values": [4300.0] * 24},
        "ups.0.unit_input_limit_kw": 1500,
        "ups.0.battery.usable_fraction_by_c_rate": {"1": 1.0, "8": 0.8},
        "ups.0.battery.max_fraction": 1.0,
        "ups.0.battery.standby_loss_per_h": 0.0,
        "ups.0.battery.wear_cost_per_kwh": 0.01,
        "ups.0.reserve.soc_error_fraction": 0.01,
        "tariff": "dominion-gs-4",
    }
)
ODD = [
    None, True, False, 0, -1, 1, 2, 0.5, 1e-300, 1e300, -1e300, 1e15, 10**400, float("nan"), float("inf"), "", "x",
    "\ud800", [], {}, [1], {"a": 1}, f"{DAY}T00:00-04:00", "0001-01-01T00:00Z", "9999-12-31T00:00Z",
]  # fmt: skip


def places(document: object, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The dotted path of everything in a document."""
    members: list[tuple[object, object]] = []
    if isinstance(document, dict):
        members = list(document.items())
    elif isinstance(document, list):
        members = list(enumerate(document))[:2]
    for step, part in members:
        yield ".".join((*above, str(step)))
        yield from places(part, (*above, str(step)))


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = site_document({name: WHOLE[name] for name in WHOLE})
    for path, value in changes.items():
        place: Any = document
        *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        try:
            for step in parents:
                place = place[step]
            place[last] = value
        except (TypeError, LookupError):
            continue  # a change above has replaced the place of this one
    return document


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(places(WHOLE))), st.sampled_from(ODD), min_size=1, max_size=3))
def test_no_document_is_answered_with_a_crash_or_with_the_reserve(changes: dict[str, Any]) -> None:
    try:
        inputs = read_site(changed(changes), source="site", folder=None)
        to_json(reserve_document(reserves_of(inputs)))
        planned = plan_day(inputs, now=NOW, day=date.fromisoformat(DAY), look_ahead_h=0, time_limit_s=5)
    except UnableToAccept as refused:
        said = [str(fault) for fault in refused.faults]
    else:
        said = []
    if said:
        return
    to_json(plan_document(planned))
    Console(file=io.StringIO()).print(plan_view(planned))
    plan = planned.plan
    trades = any(power > 0 for ups in plan.ups for power in ups.discharge_kw)
    assert plan.certificate.certified or not trades
    if plan.status in (PlanStatus.OPTIMAL, PlanStatus.TIME_LIMIT):
        assert plan.certificate.certified
