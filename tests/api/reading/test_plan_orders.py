"""Orders of a plan that was stored: read back to the digit, also those that a version before wrote."""

import json
from dataclasses import replace

from live import POLICY, plan
from sites import site

from ridethrough.api.reading.plan_orders import orders_document, read_orders


def test_orders_are_read_back_to_the_digit() -> None:
    late = replace(POLICY, gives=True, kept_kwh=0.1 + 0.2, later_kwh=1 / 3, fill_kw=4000 / 3)
    orders = plan(site(), hours=(POLICY, late)).orders
    assert read_orders(json.loads(json.dumps(orders_document(orders)))) == orders


def test_a_plan_of_a_version_before_gives_at_once_what_it_was_to_give_and_no_more() -> None:
    """Its hours do not know what can be given later; what is kept for peaks and the reserve stays."""
    gives = replace(POLICY, gives=True, kept_kwh=100.0, later_kwh=150.0)
    document = orders_document(plan(site(), hours=(gives,)).orders)
    del document["hours"][0]["later_kwh"]
    (read,) = read_orders(json.loads(json.dumps(document))).hours
    for stored_kwh in (0.0, 90.0, 100.0, 180.0, 300.0):
        given_kwh = read.response(stored_kwh).given_kw * read.stored_per_relieved
        assert abs(given_kwh - max(0.0, stored_kwh - 100.0)) < 1e-9
        assert gives.response(stored_kwh).given_kw <= read.response(stored_kwh).given_kw


def test_a_plan_of_a_version_before_fills_up_to_its_ceiling() -> None:
    document = orders_document(plan(site(), hours=(replace(POLICY, takes=True, fill_kw=1000.0),)).orders)
    del document["hours"][0]["fill_kw"]
    (read,) = read_orders(json.loads(json.dumps(document))).hours
    assert read.response(0.0).wanted_kw(POLICY.ceiling_kw - 1.0) == POLICY.ceiling_kw
