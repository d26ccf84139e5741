"""A past moment of a site as a document."""

import json
from collections.abc import Mapping
from typing import Any

from ridethrough.api.answers.living.setpoints_answer import local_time, setpoints_document
from ridethrough.api.operating.records import plan_record
from ridethrough.api.operating.time_machine import PastMoment, can_replay


def past_document(moment: PastMoment, plan: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was known, the effective inputs, the plan in force, what batteries did by it, and what bound them.

    `plan` is the document of the plan in force, where there was one.
    """
    situation, record = moment.situation, moment.record
    return {
        "at": local_time(moment.at, situation.site.timezone),
        "known": {
            "site_version": situation.site_version,
            "telemetry": None if moment.reading is None else json.loads(moment.reading.document),
            "held": situation.held_because or None,
            "last_outage_at": None if situation.last_outage_at is None else situation.last_outage_at.isoformat(),
            "no_plan_because": None if situation.plan is not None else situation.no_plan_because,
        },
        "inputs": None if plan is None else {**plan["inputs"], "month_to_date": plan["month_to_date"]},
        "plan": None if plan is None or record is None else _plan(moment, plan),
        "setpoints": setpoints_document(moment.setpoints, situation.site),
        "binding": moment.binding,
        "replay": _replay(moment),
    }


def _plan(moment: PastMoment, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The record of the plan, its certificate, and what it planned for that moment."""
    assert moment.record is not None  # noqa: S101 - a plan is in force
    assert moment.situation.plan is not None  # noqa: S101 - a plan is in force
    index = moment.situation.plan.orders.index_at(moment.at)
    intervals = plan["intervals"]
    return {
        **plan_record(moment.record),
        "certificate": plan["certificate"],
        "interval": intervals[index] if 0 <= index < len(intervals) else None,
    }


def _replay(moment: PastMoment) -> dict[str, Any] | None:
    if moment.replayed is None or moment.record is None:
        return None
    same = moment.replay_is_the_same
    made_by = "" if can_replay(moment.record) else f"; version {moment.record.software} of the software made the plan"
    says = "the plan was made again, to the last digit" if same else f"another plan came out{made_by}"
    return {"same": same, "sha256": moment.replayed.sha256, "says": says}
