import pickle
from datetime import UTC, date, datetime, timedelta

import pytest

from ridethrough.domain import (
    Battery,
    Fault,
    Horizon,
    Interconnection,
    Interval,
    LoadForecast,
    PriceSeries,
    ReservePolicy,
    Site,
    SiteState,
    UnableToAccept,
    UpsSystem,
)
from ridethrough.domain.horizon import zone


def battery(**changes: object) -> Battery:
    return Battery(**({"nominal_kwh": 200, "charge_limit_kw": 240, "discharge_limit_kw": 1300} | changes))  # type: ignore[arg-type]


def ups(**changes: object) -> UpsSystem:
    given: dict[str, object] = {
        "id": "pod-1",
        "units": 5,
        "tolerated_failures": 1,
        "unit_output_limit_kw": 1200,
        "unit_input_limit_kw": 1500,
        "protected_load_kw": 4800,
        "battery": battery(),
        "reserve": ReservePolicy(ride_through_s=300),
    }
    return UpsSystem(**(given | changes))  # type: ignore[arg-type]


def site(**changes: object) -> Site:
    given: dict[str, object] = {
        "id": "site",
        "timezone": "America/New_York",
        "interconnection": Interconnection(import_limit_kw=6500),
        "ups": (ups(),),
    }
    return Site(**(given | changes))  # type: ignore[arg-type]


def faults_of(build: object, **changes: object) -> list[str]:
    with pytest.raises(UnableToAccept) as refused:
        build(**changes)  # type: ignore[operator]
    return [fault.field for fault in refused.value.faults]


def test_every_fault_of_an_object_is_listed_at_once() -> None:
    fields = faults_of(
        battery,
        nominal_kwh=-1,
        charge_limit_kw=0,
        state_of_health=1.2,
        cutoff_fraction=0.5,
        max_fraction=0.4,
        standby_loss_per_h=1,
        wear_cost_per_kwh=float("nan"),
    )

    assert fields == [
        "nominal_kwh",
        "charge_limit_kw",
        "state_of_health",
        "max_fraction",
        "standby_loss_per_h",
        "wear_cost_per_kwh",
    ]


def test_a_rate_table_has_rates_above_zero_and_fractions() -> None:
    assert faults_of(battery, usable_fraction_by_c_rate={1: 0.9, 2: 1.05, -1: 1.0}) == [
        "usable_fraction_by_c_rate.-1",
        "usable_fraction_by_c_rate.2",
    ]


@pytest.mark.parametrize("value", [0.0, 1e-320, 9e-7, 1.1, float("nan")])
def test_an_efficiency_is_one_that_can_be_divided_by(value: float) -> None:
    assert faults_of(battery, discharge_efficiency=value) == ["discharge_efficiency"]


def test_a_system_cannot_tolerate_the_failure_of_all_its_units() -> None:
    assert faults_of(ups, units=2, tolerated_failures=2, id=" ", protected_load_kw=0) == [
        "id",
        "tolerated_failures",
        "protected_load_kw",
    ]


def test_a_site_names_its_systems_once_and_its_time_zone_right() -> None:
    assert faults_of(site, ups=(ups(), ups()), timezone="Mars/Base", interval_minutes=7) == [
        "interval_minutes",
        "ups",
        "timezone",
    ]
    assert faults_of(site, ups=(), id="") == ["id", "ups"]


def test_limits_at_the_meter_are_not_negative() -> None:
    assert faults_of(Interconnection, import_limit_kw=0, export_limit_kw=-1) == ["import_limit_kw", "export_limit_kw"]


def test_a_reserve_policy_keeps_some_time() -> None:
    assert faults_of(ReservePolicy, ride_through_s=0, soc_error_fraction=1) == ["ride_through_s", "soc_error_fraction"]


def test_a_state_must_fit_the_site() -> None:
    state = SiteState(stored_kwh={"pod-1": 1000.1, "pod-2": 5})

    with pytest.raises(UnableToAccept) as refused:
        state.check_against(site())

    assert [str(fault) for fault in refused.value.faults] == [
        "ups.pod-1.stored_kwh is 1000.1, must be at most the 1000.000 kWh its batteries hold",
        "ups.pod-2 is 'pod-2', must be one of the site's systems: pod-1",
    ]


def test_a_state_knows_every_system_or_speaks_of_the_meter_alone() -> None:
    SiteState(stored_kwh={"pod-1": 900}).check_complete(site())
    SiteState(peaks_kw={"facility": 4210}).check_complete(site())

    for silent in (SiteState(stored_kwh={"pod-2": 5}), SiteState(measured_at=datetime(2026, 5, 1, tzinfo=UTC))):
        with pytest.raises(UnableToAccept) as refused:
            silent.check_complete(site())
        assert [fault.field for fault in refused.value.faults] == ["ups.pod-1"]


def test_a_state_is_not_negative() -> None:
    assert faults_of(
        SiteState,
        stored_kwh={"a": -1},
        peaks_kw={"b": -1},
        past_peaks_kw={"b": {"2026-05": -1}},
        energy_kwh=-1,
    ) == ["ups.a.stored_kwh", "peaks_kw.b", "past_peaks_kw.b.2026-05", "energy_kwh"]


def test_unknown_stored_energy_means_full() -> None:
    assert SiteState().stored_in(site(), "pod-1") == 1000
    assert SiteState(stored_kwh={"pod-1": 700}).stored_in(site(), "pod-1") == 700


def test_a_site_knows_only_its_own_systems() -> None:
    with pytest.raises(KeyError):
        site().ups_system("pod-9")


def test_an_interval_is_half_open_and_aware() -> None:
    start = datetime(2026, 7, 1, tzinfo=UTC)
    interval = Interval(start=start, end=start + timedelta(hours=1))

    assert start in interval
    assert interval.end not in interval
    assert interval.hours == 1
    assert faults_of(Interval, start=start, end=start) == ["end"]
    assert faults_of(Interval, start=start.replace(tzinfo=None), end=start.replace(tzinfo=None)) == ["start", "end"]


@pytest.mark.parametrize(("day", "hours"), [((3, 8), 23), ((7, 15), 24), ((11, 1), 25)])
def test_a_local_day_has_as_many_intervals_as_it_has_time(day: tuple[int, int], hours: int) -> None:
    horizon = Horizon.of_local_day(date(2026, *day), "America/New_York", 15)

    starts = list(horizon.starts())

    assert horizon.intervals == hours * 4 == len(starts)
    assert (starts[0].hour, starts[0].minute) == (0, 0)
    assert (starts[-1].hour, starts[-1].minute) == (23, 45)
    assert len({start.astimezone(UTC) for start in starts}) == len(starts)


def test_a_horizon_is_aware_and_has_intervals() -> None:
    assert faults_of(Horizon, start=datetime(2026, 1, 1), interval_minutes=0, intervals=0) == [  # noqa: DTZ001
        "start",
        "interval_minutes",
        "intervals",
    ]


@pytest.mark.parametrize("name", ["", "Nowhere", "/etc/passwd", "../zone"])
def test_a_time_zone_is_in_the_database(name: str) -> None:
    with pytest.raises(UnableToAccept, match="IANA time zone"):
        zone(name)


def test_series_have_a_finite_value_for_every_interval() -> None:
    horizon = Horizon(start=datetime(2026, 7, 1, tzinfo=UTC), interval_minutes=60, intervals=2)

    assert LoadForecast(horizon=horizon, load_kw=(1.0, 2.0)).load_kw == (1.0, 2.0)
    assert faults_of(LoadForecast, horizon=horizon, load_kw=(1.0,)) == ["load_kw"]
    assert faults_of(PriceSeries, horizon=horizon, price_per_kwh=(1.0, float("nan"))) == ["price_per_kwh.1"]
    assert faults_of(PriceSeries, horizon=horizon, price_per_kwh=(1e308, 1.0)) == ["price_per_kwh.0"]


def test_a_fault_says_where_what_and_what_is_allowed() -> None:
    fault = Fault(field="nominal_kwh", value=-1, allowed="a number above 0").under("ups.pod-1.battery")

    assert str(fault.in_source("site.yaml").in_source("other.yaml")) == (
        "site.yaml: ups.pod-1.battery.nominal_kwh is -1, must be a number above 0"
    )
    assert Fault(field="", value=1, allowed="2").under("units").field == "units"


def test_intervals_that_do_not_fill_a_local_day_are_refused() -> None:
    """Lord Howe Island changes its clock by half an hour."""
    assert Horizon.of_local_day(date(2026, 4, 5), "Australia/Lord_Howe", 30).intervals == 49
    with pytest.raises(UnableToAccept, match="divides 2026-04-05"):
        Horizon.of_local_day(date(2026, 4, 5), "Australia/Lord_Howe", 60)


def test_faults_travel_between_processes() -> None:
    refused = UnableToAccept([Fault(field="units", value=0, allowed="at least 1")])

    assert pickle.loads(pickle.dumps(refused)).faults == refused.faults  # noqa: S301 - our own bytes


@pytest.mark.parametrize("value", [1e-308, 1e-16, 1e16, 1e308, float("inf"), float("nan"), 0.0, -1.0])
def test_figures_that_leave_the_range_of_numbers_when_they_are_reckoned_with_are_refused(value: float) -> None:
    for name in ("nominal_kwh", "charge_limit_kw"):
        with pytest.raises(UnableToAccept) as refused:
            battery(**{name: value})
        assert [fault.field for fault in refused.value.faults] == [name]
    with pytest.raises(UnableToAccept):
        ups(inverter_efficiency=value)
