"""The public Python face: sites, plans, reserves, certificates, bills and studies, as values and data frames.

`import ridethrough` gives these functions; `docs/python.md` shows how to use them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd

from ridethrough.api.answers.answer import Answer
from ridethrough.api.answers.bill_answer import bill_answer
from ridethrough.api.answers.plan.plan_answer import certificate_answer, plan_answer, reserve_answer
from ridethrough.api.answers.printing import emit
from ridethrough.api.answers.study.study_answer import study_answer
from ridethrough.api.cases.billing import BillInputs, bill_of
from ridethrough.api.cases.plans.certifying import certificate_of
from ridethrough.api.cases.plans.planning import plan_day
from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.cases.study_inputs import StudyRequest, infeasible, planner_of, study_case, study_of
from ridethrough.api.cases.study_value import valued
from ridethrough.api.reading.files import read_json, read_yaml
from ridethrough.api.reading.frames import load_document, price_document, series_of
from ridethrough.api.reading.plan_file import read_plan
from ridethrough.api.reading.project_file import read_project
from ridethrough.api.reading.series.series_file import SeriesQuery, read_series_file
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs, read_state
from ridethrough.api.reading.site_file import read_site as read_site_document
from ridethrough.api.reading.tables.csv_format import known_clock
from ridethrough.api.reading.tariff_file import named_tariff, resolve_tariff
from ridethrough.domain import Fault, ReserveRequirement, SiteState, UnableToAccept
from ridethrough.domain.certificate import Certificate
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import DispatchPlan
from ridethrough.finance.study.study import Study
from ridethrough.operation.planner import Information
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.tariff import Tariff

Document = Mapping[str, Any]
FileOrDocument = str | Path | Document
Day = str | date
T = TypeVar("T")


class UnableToStudy(RuntimeError):
    """Full batteries cannot hold a reserve, so there is no trading to study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Generic[T]):
    """An answer; `value` is a value of `ridethrough.domain`, `tariffs` or `finance`."""

    value: T
    answer: Answer
    timezone: str = "UTC"

    def to_frame(self) -> pd.DataFrame:
        """The answer as a data frame, one row a record of its CSV form; times are on the site's clock."""
        frame = pd.DataFrame.from_records(list(self.answer.rows()), columns=list(self.answer.columns) or None)
        for name in self.answer.times:
            frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_convert(self.timezone)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """The answer as `--format json` prints it."""
        return self.answer.document()

    def show(self) -> None:
        """Print the answer as the command does."""
        emit(self.answer)


def read_site(
    site: FileOrDocument,
    *,
    loads: Mapping[str, "pd.Series[float]"] | None = None,
    unprotected_load: "pd.Series[float] | None" = None,
    prices: "pd.Series[float] | None" = None,
) -> SiteInputs:
    """Read a site file, or a site document, with everything that it names.

    Series given here replace those of the file: `loads` (kW) by UPS system, `unprotected_load` (kW) and `prices` (per
    kWh, before the site's adder), each with a time zone in its index and a constant step.

    Raises `UnableToAccept` with every fault in the document, its files and the series.
    """
    document, source, folder = _document(site, "site")
    if isinstance(document, Mapping):
        document = _with_series(document, loads or {}, unprotected_load, prices)
    return read_site_document(document, source=source, folder=folder)


def plan(
    site: SiteInputs,
    date: Day | None = None,
    *,
    state: FileOrDocument | None = None,
    look_ahead_h: float | None = None,
    now: datetime | None = None,
    time_limit_s: float = 30.0,
) -> Result[DispatchPlan]:
    """Plan one local day; the arguments are those of `ridethrough plan`. `now` is when the plan counts as issued.

    Raises `UnableToAccept` where the site's series do not cover the day, or the state does not fit the site.
    """
    known, source = _state(state)
    planned = plan_day(
        site,
        now=now or datetime.now(UTC),
        day=_day(date),
        state=known,
        state_source=source,
        look_ahead_h=look_ahead_h,
        time_limit_s=time_limit_s,
    )
    return Result(value=planned.plan, answer=plan_answer(planned), timezone=site.site.timezone)


def reserve(site: SiteInputs) -> Result[tuple[ReserveRequirement, ...]]:
    """The reserve of every UPS system: its need, the tradable energy, and the limit that decides it."""
    requirements = reserves_of(site)
    return Result(value=requirements, answer=reserve_answer(requirements))


def certify(
    site: SiteInputs,
    plan: FileOrDocument | Result[DispatchPlan],
    *,
    state: FileOrDocument | None = None,
    now: datetime | None = None,
) -> Result[Certificate]:
    """Replay outages against a plan from anywhere, and check all it states; `value.certified` says what came of it.

    `state` is the measured state that the plan starts from; without it batteries are assumed full.

    Raises `UnableToAccept` for a plan that is not one of this site.
    """
    document, source, _ = _document(plan.to_dict() if isinstance(plan, Result) else plan, "plan")
    given = read_plan(document, site.site, source=source)
    known, state_source = _state(state)
    certificate = certificate_of(site, given, now=now or datetime.now(UTC), state=known, state_source=state_source)
    return Result(value=certificate, answer=certificate_answer(certificate))


def bill(
    tariff: FileOrDocument,
    meter: "str | Path | pd.Series[float]",
    timezone: str,
    *,
    prices: "pd.Series[float] | None" = None,
    state: FileOrDocument | None = None,
    power_factor: float | None = None,
) -> Result[Bill]:
    """The exact bill of a meter series: a file, or net kW with a time zone in its index.

    `tariff` is a catalog name, a file or a document; `prices` (per kWh) are for one that follows a market.

    Raises `UnableToAccept` with every fault.
    """
    known, source = _state(state)
    series = _meter_file(Path(meter), timezone) if isinstance(meter, (str, Path)) else series_of(meter, "meter")
    priced = _tariff(tariff)
    zone(timezone)
    billed, horizon = bill_of(
        BillInputs(
            tariff=priced,
            meter=series,
            timezone=timezone,
            prices=None if prices is None else series_of(prices, "prices"),
            state=known,
            state_source=source,
            power_factor=power_factor,
        )
    )
    answer = bill_answer(billed, priced, horizon, series.source)
    return Result(value=billed, answer=answer, timezone=timezone)


def study(
    site: SiteInputs,
    first: Day,
    last: Day,
    information: str = "day-ahead",
    *,
    replanned_every_h: float | None = None,
    project: FileOrDocument | None = None,
    checkpoint: str | Path | None = None,
) -> Result[Study]:
    """Study what trading would have saved in local days past, both included; see `ridethrough study`.

    Raises `UnableToAccept` for days that the series do not cover, `UnableToStudy` for a reserve that is infeasible.
    """
    kind = _information(information)
    asked = StudyRequest(
        first=_given_day("first", first),
        last=_given_day("last", last),
        information=kind,
        replanned_every_h=replanned_every_h,
    )
    case = study_case(site, asked)
    lacking = infeasible(case)
    if lacking:
        raise UnableToStudy("; ".join(lacking))
    document, source, _ = _document(project, "project") if project is not None else (None, "", None)
    venture = None if document is None else read_project(document, source=source)
    studied = study_of(case, planner_of(kind, case), None if checkpoint is None else Path(checkpoint), None)
    whole = valued(studied, site, venture, source)
    return Result(value=whole, answer=study_answer(whole), timezone=site.site.timezone)


def _document(given: FileOrDocument, name: str) -> tuple[Any, str, Path | None]:
    """The document, what messages call it, and the folder of the files that it names."""
    if isinstance(given, Mapping):
        return given, name, Path()
    path = Path(given)
    return (read_json if path.suffix.lower() == ".json" else read_yaml)(path), path.name, path.parent


def _with_series(
    document: Document,
    loads: Mapping[str, "pd.Series[float]"],
    unprotected_load: "pd.Series[float] | None",
    prices: "pd.Series[float] | None",
) -> dict[str, Any]:
    """The document with series in place of where it would read them from."""
    filled = dict(document)
    minutes = document.get("interval_minutes")
    systems = document.get("ups")
    named = [each.get("id") for each in systems if isinstance(each, Mapping)] if isinstance(systems, list) else []
    unknown = sorted(set(loads) - set(named))
    if unknown:
        allowed = f"one of the site's systems: {', '.join(map(str, named))}"
        raise UnableToAccept(Fault(field=f"loads.{ups_id}", value=ups_id, allowed=allowed) for ups_id in unknown)
    if isinstance(systems, list):
        filled["ups"] = [
            {**each, "load": load_document(loads[each["id"]], f"loads.{each['id']}", minutes)}
            if isinstance(each, Mapping) and each.get("id") in loads
            else each
            for each in systems
        ]
    if unprotected_load is not None:
        filled["unprotected_load"] = load_document(unprotected_load, "unprotected_load", minutes)
    if prices is not None:
        filled["prices"] = price_document(prices, document.get("prices"))
    return filled


def _state(given: FileOrDocument | None) -> tuple[SiteState | None, str]:
    if given is None:
        return None, "state"
    document, source, _ = _document(given, "state")
    return read_state(document, source=source), source


def _meter_file(path: Path, timezone: str) -> TimeSeries:
    return read_series_file(path, SeriesQuery(source=path.name, timezone=known_clock(timezone)))


def _tariff(given: FileOrDocument) -> Tariff:
    if not isinstance(given, Mapping):
        return named_tariff(str(given))
    found = resolve_tariff(given, folder=None, source="bill")
    assert found is not None  # noqa: S101 - a mapping is a tariff, or refused
    return found


def _day(given: Day | None) -> date | None:
    return None if given is None else _given_day("date", given)


def _given_day(name: str, given: Day) -> date:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise UnableToAccept([Fault(field=name, value=given, allowed="a date, such as 2026-07-15")]) from error


def _information(given: str) -> Information:
    try:
        return Information(given)
    except ValueError as error:
        allowed = f"one of {', '.join(each.value for each in Information)}"
        raise UnableToAccept([Fault(field="information", value=given, allowed=allowed)]) from error
