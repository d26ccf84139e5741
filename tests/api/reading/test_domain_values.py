"""Documents give domain values: nothing that a document is made of travels into plans and studies."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from documents import DAY, site_document

from ridethrough.api.reading.project_file import read_project
from ridethrough.api.reading.site_file import read_site, read_state
from ridethrough.domain import Horizon, ReserveCondition, Site, UpsSystem
from ridethrough.finance.project.project import Asset, Replacement
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.problem.merging import merge_identical
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.tariffs.horizon.charges import HorizonCharges

STORM = {"from": f"{DAY}T10:00-04:00", "to": f"{DAY}T12:00-04:00", "kind": "storm"}
CONSTANT = {"constant_kw": 4300.0}
VALUES = {"start": f"{DAY}T00:00-04:00", "values": [4300.0] * 24}


def two_pods(first_load: Mapping[str, Any], second_load: Mapping[str, Any]) -> dict[str, Any]:
    document = site_document({"interconnection.import_limit_kw": 20_000})
    (pod,) = document["ups"]
    document["ups"] = [{**pod, "id": "a", "load": first_load}, {**pod, "id": "b", "load": second_load}]
    return document


@pytest.mark.parametrize(
    ("first", "second"), [(CONSTANT, CONSTANT), (CONSTANT, VALUES), (VALUES, CONSTANT), (VALUES, VALUES)]
)
def test_identical_pods_merge_whatever_way_their_loads_are_written(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    inputs = read_site(two_pods(first, second), source="site", folder=None)

    horizon = Horizon.of_local_day(date.fromisoformat(DAY), inputs.site.timezone, inputs.site.interval_minutes)
    problem = DispatchProblem(
        site=inputs.site,
        horizon=horizon,
        charges=HorizonCharges(horizon=horizon, energy_per_kwh=np.full(horizon.intervals, 0.1)),
        load_kw=dict.fromkeys(("a", "b"), (4300.0,) * horizon.intervals),
        unprotected_load_kw=(900.0,) * horizon.intervals,
    )

    assert merge_identical(basis_of(problem)).stands_for == {"a": ("a", "b")}


def kinds_in(value: object) -> Iterator[type]:
    """The class of every dataclass inside a value."""
    if is_dataclass(value):
        yield type(value)
        for each in fields(value):
            yield from kinds_in(getattr(value, each.name))
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from kinds_in(each)


def test_a_site_is_made_of_domain_values_alone() -> None:
    inputs = read_site({**site_document(), "conditions": [STORM]}, source="site", folder=None)
    site = inputs.site

    assert (type(site), type(site.ups[0]), type(site.conditions[0])) == (Site, UpsSystem, ReserveCondition)
    assert {kind.__module__.split(".")[1] for kind in kinds_in(site)} == {"domain"}


def test_the_conditions_of_a_state_are_domain_values() -> None:
    state = read_state({"conditions": [STORM]}, source="state")

    assert type(state.conditions[0]) is ReserveCondition
    assert state.conditions[0].start == datetime(2026, 7, 15, 14, tzinfo=UTC)


def test_a_project_is_made_of_values_of_finance_alone() -> None:
    venture = read_project(
        {
            "life_years": 10,
            "discount_rate": 0.07,
            "assets": [{"name": "batteries", "capital_cost": 1000, "replacement": {"cost": 500, "after_years": [5]}}],
        },
        source="project",
    )
    (asset,) = venture.project.assets

    assert (type(asset), type(asset.replacement)) == (Asset, Replacement)
    assert {kind.__module__.split(".")[1] for kind in kinds_in(venture)} == {"finance"}
