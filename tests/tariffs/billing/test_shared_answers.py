"""Independent answers that stand beside the repository; see shared/data/README.md for where they come from."""

import csv
import gzip
import json
import tarfile
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ridethrough.domain import Horizon
from ridethrough.tariffs.billing.bill import Bill, PeriodBill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.catalog import load
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice
from ridethrough.tariffs.tariff import Tariff
from ridethrough.tariffs.urdb.document import tariff_from_urdb
from ridethrough.tariffs.urdb.reader import rates_of

DATA = Path(__file__).parents[4] / "shared" / "data"
YEAR = Horizon(start=datetime(2018, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)  # starts on a Monday

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not DATA.exists(), reason="no data beside the repository")]


def column(path: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    with gzip.open(path, "rt") as file:
        cells = [line.strip().split(",")[-1] for line in file]
    return np.array([float(cell) for cell in cells if not any(letter.isalpha() for letter in cell)])


def loads() -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    return {
        "dc_virginia_10MW": column(DATA / "loads/data_center_virginia_10MW_hourly.csv.gz"),
        "office_sf_x2": 2 * column(DATA / "loads/doe_large_office_sanfrancisco_8760.csv.gz"),
    }


def peer_tariff(name: str) -> Tariff:
    """A rate as the peer prices it: $/day times 365/12 a month."""
    rate = dict(rates_of((DATA / "tariffs" / name).read_text())[0])
    if rate.get("fixedchargeunits") == "$/day":
        rate["fixedchargefirstmeter"] = rate["fixedchargefirstmeter"] * 365 / 12
        rate["fixedchargeunits"] = "$/month"
    return tariff_from_urdb(rate)


def monthly_answers() -> dict[tuple[str, str], list[dict[str, str]]]:
    answers: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with (DATA / "cases/pysam/monthly_bills.csv").open() as file:
        for row in csv.DictReader(file):
            if row["status"] == "ok":
                answers[row["tariff"], row["load"]].append(row)
    return answers


def amount(period: PeriodBill, kind: str, *, facility: bool | None = None) -> Decimal:
    return sum(
        (
            line.amount
            for line in period.lines
            if line.charge == kind and (facility is None or line.name.startswith("facility") == facility)
        ),
        Decimal(),
    )


def test_every_month_of_every_tariff_agrees_with_sam_within_a_cent_a_line() -> None:
    series = loads()
    tariffs = {name: peer_tariff(name) for name, _ in monthly_answers()}
    worst = Decimal()
    count = 0
    for (name, series_name), rows in monthly_answers().items():
        periods = bill(tariffs[name], YEAR, series[series_name]).periods
        for row, period in zip(rows, periods, strict=True):
            lines = len(period.lines)
            for kind, facility, expected in (
                ("energy", None, row["energy"]),
                ("demand", False, row["demand_tou"]),
                ("demand", True, row["demand_flat"]),
                ("fixed", None, row["fixed"]),
                ("minimum", None, row["minimum"]),
            ):
                gap = abs(amount(period, kind, facility=facility) - Decimal(expected))
                allowed = Decimal("0.01") * max(1, sum(line.charge == kind for line in period.lines))
                assert gap <= allowed, (name, series_name, row["month"], kind, gap)
                worst = max(worst, gap)
            assert abs(period.total - Decimal(row["bill"])) <= Decimal("0.01") * lines
            count += 1
    assert count == 672
    assert worst <= Decimal("0.01")


def reference_rate(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((DATA / "cases" / name).read_text())


def yearly(tariff: Tariff, kw: float) -> Bill:
    return bill(tariff, YEAR, np.full(YEAR.intervals, kw))


def test_ssc_prices_its_commercial_demand_case_at_104614_50() -> None:
    tariff = tariff_from_urdb(reference_rate("ssc/test_commercial_demand_charges_urdb_style.json"))
    billed = bill(tariff, YEAR, column(DATA / "cases/ssc/load_commercial.csv.gz"))
    assert round(billed.exact_total, 3) == Decimal("104614.487")


def test_reopt_prices_tiered_time_of_use_demand_at_9238_36() -> None:
    rate = reference_rate("reopt/tiered_tou_demand.json")["ElectricTariff"]["urdb_response"]
    demand = yearly(tariff_from_urdb(rate), 1_000_000 / 8760).exact_of("demand")
    assert round(demand, 2) == Decimal("9238.36")


@pytest.mark.long
def test_every_rate_of_the_corpus_is_priced_or_refused_with_a_reason() -> None:
    load_kw = 2000 + 300 * np.sin(2 * np.pi * np.arange(YEAR.intervals) / 24)
    with tarfile.open(DATA / "tariffs/urdb_half_5k.tar.gz") as archive:
        files = [archive.extractfile(member) for member in archive if member.isfile()]
        refusals = [refusal(file.read().decode(), load_kw) for file in files if file is not None]
    assert len(refusals) == 5352
    refused = [reasons for reasons in refusals if reasons is not None]
    assert len(refused) / len(refusals) < 0.03
    assert all(reason.field and reason.reason for reasons in refused for reason in reasons)


def refusal(text: str, load_kw: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[NotPriced, ...] | None:
    """Why a rate is refused; nothing where it is priced."""
    try:
        assert bill(tariff_from_urdb(text), YEAR, load_kw).total >= 0
    except UnableToPrice as error:
        return error.reasons
    return None


@pytest.mark.parametrize(
    "name",
    [
        "hopp_utility_rate_response",
        "pysam_urdb_539f6a23ec4f024411ec8beb",
        "pysam_urdbv7",
        "reopt_multi_tier_urdb_response",
    ],
)
def test_responses_seen_in_the_wild_are_read(name: str) -> None:
    tariff = tariff_from_urdb((DATA / f"tariffs/urdb_test_responses/{name}.json").read_text())
    assert bill(tariff, YEAR, np.full(YEAR.intervals, 500.0)).total > 0


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("aps-e-32-l-tou", "urdb/APS_E-32L_TOU_Secondary_ratchet"),
        ("coned-sc-9", "urdb_2025_vintage/ConEd_SC-9_ZoneJ_NYC"),
        ("dominion-gs-3", "urdb_2025_vintage/Dominion_VA_GS-3_Secondary"),
        ("dominion-gs-4", "urdb/Dominion_VA_GS-4_Primary"),
        ("georgia-power-pll-11", "urdb/GeorgiaPower_PLL-11_kWhperkW"),
        ("oncor-medium", "urdb/Oncor_TDU_Medium_POLR"),
        ("pge-b-20", "urdb/PGE_B-20_Secondary"),
        ("portland-general-89", "urdb/PortlandGeneral_Rate89_Secondary"),
    ],
)
def test_the_catalog_bills_what_its_source_bills(name: str, source: str) -> None:
    kw = loads()["dc_virginia_10MW"]
    keyed_again = bill(load(name), YEAR, kw).exact_total
    assert abs(
        keyed_again - bill(tariff_from_urdb((DATA / f"tariffs/{source}.json").read_text()), YEAR, kw).exact_total
    ) < Decimal("0.01")
