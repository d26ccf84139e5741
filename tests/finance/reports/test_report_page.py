import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import finance_studies as studies
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import CHROMIUM, NEEDS_CHROMIUM, chromium

from ridethrough.charts import Chart
from ridethrough.domain import Horizon
from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import cash_flow
from ridethrough.finance.reports.money import money, number, whole_money
from ridethrough.finance.reports.page.charts import day_by_hour, day_chart
from ridethrough.finance.reports.page.day import day_to_show
from ridethrough.finance.reports.page.page import study_page
from ridethrough.finance.reports.study_charts import cash_flow_chart, waterfall_chart
from ridethrough.finance.reports.words import annual_note, days, headline, left_out, method, percent, replanned, safety
from ridethrough.finance.study.study import Savings, Study, UpsRecord, Verdict
from ridethrough.operation.planner import Information
from ridethrough.tariffs.not_priced import NotPriced
from ridethrough.tariffs.tariff import Tariff

CASES = (studies.year, studies.month, studies.yen, studies.hostile)


def own(study: Study) -> str:
    return study_page(study, studies.ISSUE)


def words_of(study: Study) -> str:
    """What a reader sees of it, outside the charts."""
    body = re.sub(r"<svg.*?</svg>|<details.*?</details>", " ", own(study).split("<main>")[1], flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body.split("</main>")[0])).split())


def charts_of(study: Study) -> list[str]:
    """The names of the places that hold a drawing, in the order of the page."""
    return re.findall(r'<div class="chart drawn" id="(\w+)">(?=.)', own(study))


def bars_of(chart: Chart) -> list[tuple[float, float]]:
    """Where each bar of a chart's first panel begins and ends, in the unit of the panel."""
    (series,) = chart.panels[0].series
    assert all(value is not None for value in series.values)
    return list(zip(series.base, map(float, series.values), strict=True))  # type: ignore[arg-type]


def with_savings(study: Study, wear: float = 0.0, **savings: float) -> Study:
    return replace(study, savings=Savings(by_kind=savings, wear=wear))


def idle() -> Study:
    """Trading changed nothing, and wore nothing."""
    study = studies.yen()
    nothing = Savings(by_kind={"energy": 0.0, "demand": 0.0})
    periods = (replace(study.periods[0], savings=nothing),)
    return replace(study, bill=study.baseline, savings=nothing, periods=periods)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_page_needs_no_network_and_no_clock(case: Callable[[], Study]) -> None:
    page = own(case())
    assert "src=" not in page
    assert "href=" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page
    assert study_page(case(), studies.ISSUE) == study_page(case(), studies.ISSUE)


def test_text_from_outside_is_never_markup() -> None:
    page = own(studies.hostile())
    assert "<script>alert" not in page
    assert "<script" not in page
    assert studies.HOSTILE in words_of(studies.hostile())


def test_the_figures_are_those_of_the_study() -> None:
    study = studies.year()
    text = words_of(study)
    assert study.cash_flow is not None
    assert study.range_of_year is not None
    for amount in (
        money(study.baseline.total, "USD").removesuffix(" USD"),
        number(study.savings.total, 2),
        number(study.savings.of("demand"), 2),
        money(study.cash_flow.net_present_value, "USD"),
        number(study.range_of_year.p10, 2),
        *(number(period.savings.total, 2) for period in study.periods),
    ):
        assert amount in text


def test_a_full_study_has_every_chart() -> None:
    assert charts_of(studies.year()) == ["bills", "waterfall", "ceiling", "day", "cash", "tornado"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_every_drawing_is_followed_by_its_table(case: Callable[[], Study]) -> None:
    page = own(case())
    for section in page.split("<h2>")[1:]:
        if '<svg class="panel"' in section and not section.startswith("Against perfect foresight"):
            assert "<table" in section.split("</svg>")[-1]
    # The ceiling stands in the table of the section before: the kinds of charge, saved and with perfect foresight.
    kinds = page.split("<h2>Where the saving comes from</h2>")[1].split("<h2>")[0]
    assert ("with perfect foresight" in kinds) == ("ceiling" in charts_of(case()))


def test_the_waterfall_steps_from_nothing_to_the_saving_after_wear() -> None:
    savings = studies.year().savings
    saved = {name: savings.of(name) for name in ("energy", "demand", "coincident")} | {"stored": savings.stored}
    bars = bars_of(waterfall_chart({**saved, "other": 0.0}, savings.wear, "USD"))
    assert [end - start for start, end in bars] == pytest.approx([*saved.values(), -savings.wear, savings.total])
    assert [start for start, _ in bars] == pytest.approx([0.0, *(end for _, end in bars[:-2]), 0.0])


def test_the_cash_flow_ends_at_the_net_present_value() -> None:
    flow = studies.year().cash_flow
    assert flow is not None
    chart = cash_flow_chart(flow.project.years, flow.net, flow.discounted_net, "USD")
    net, running = chart.panels[0].series
    assert net.values == flow.net
    assert running.values[-1] == pytest.approx(flow.net_present_value)


def test_what_is_not_known_is_said_in_words() -> None:
    study = studies.month()
    assert charts_of(study) == ["bills", "waterfall", "day"]
    text = words_of(study)
    assert "Not known: perfect foresight was not asked for." in text
    assert "There is no cash flow" in text
    assert "There is no range" in text
    assert "1 of 12 months studied" in text or "no whole billing period of those months" in text
    assert "no table says how many cycles the battery lasts" in text
    assert "reactive demand the meter series has no kVAR" in text


def test_a_cash_flow_without_a_tornado_has_no_chart_of_one() -> None:
    assert "tornado" not in charts_of(replace(studies.year(), tornado=()))


def test_a_loss_in_yen_is_told_as_one() -> None:
    text = words_of(studies.yen())
    assert "Do nothing: trading with the UPS batteries would have lost 210,661 JPY after wear over 30 days." in text
    assert "LOST THEIR LOAD" in text
    assert "210,221 JPY more" in text
    assert not re.search(r"\d\.\d\d JPY", text)
    assert 'class="safety bad"' in own(studies.yen())


def test_a_study_that_says_little_says_so() -> None:
    study = studies.yen()
    record = replace(study.safety, by_status={})
    bare = replace(study, safety=record, assumptions=(), warnings=(), sources={}, site_name="")
    bare = replace(bare, baseline=replace(bare.baseline, not_priced=()), bill=replace(bare.bill, not_priced=()))
    text = words_of(bare)
    assert "Savings study: naha-1" in text
    assert "Plans by status: none." in text
    assert "None is named." in text
    assert "Nothing." in text


def test_headlines() -> None:
    study = with_savings(studies.month(), demand=1200.0, wear=200.0)
    assert headline(study).endswith("would have saved 1,000 USD after wear over 30 days, 0.19 % of the bill.")
    not_worth_it = replace(study, verdict=Verdict(worthwhile=False, reason="the controls cost more"))
    assert (
        headline(not_worth_it)
        == "Do nothing: the 1,000 USD that trading would have saved over 30 days is not worth it."
    )
    lost = with_savings(not_worth_it, wear=5.5)
    assert headline(lost).startswith("Do nothing: trading with the UPS batteries would have lost 5.50 USD")
    assert "would have saved nothing over 30 days" in headline(with_savings(not_worth_it))


def test_a_bill_of_nothing_has_no_share() -> None:
    horizon = Horizon(start=datetime(2025, 6, 1, tzinfo=UTC), interval_minutes=60, intervals=6)
    load = studies.load_of(horizon, mean_kw=400.0)
    study = studies.study_of(Tariff(name="free of charge"), horizon, [studies.trade(horizon, load)])
    worthwhile = replace(study, verdict=Verdict(worthwhile=True, reason="because"))
    assert headline(worthwhile).endswith("after wear over 6 hours.")
    assert "nan" not in words_of(worthwhile)


def test_words_for_spans_and_shares() -> None:
    day = Horizon(start=datetime(2025, 6, 1, tzinfo=UTC), interval_minutes=60, intervals=24)
    assert days(replace(studies.yen(), horizon=day)) == "1 day"
    assert replanned(replace(studies.yen(), replanned_every_h=1.0)) == "every hour"
    assert annual_note(studies.year()) == "every month of a year was studied"
    assert percent(-0.05) == "\N{MINUS SIGN}5.0 %"
    assert percent(0.0) == "0.0 %"


def test_a_ride_through_that_is_a_hair_short_is_not_rounded_up() -> None:
    study = studies.year()
    short = replace(study, safety=replace(study.safety, worst_ride_through_s=299.99))
    assert "299.9 s of 300.0 s" in safety(short)
    assert 'class="safety bad"' in own(short)
    met = replace(study, safety=replace(study.safety, worst_ride_through_s=299.9995))
    assert "300.0 s of 300.0 s" in safety(met)
    assert 'class="safety bad"' not in own(met)


def test_a_limit_that_was_broken_is_told() -> None:
    study = studies.yen()
    broken = replace(study, safety=replace(study.safety, outages_lost=0, violations=("import limit at 14:00",)))
    assert "Limits that were broken: import limit at 14:00" in words_of(broken)
    assert 'class="safety bad"' in own(broken)


def test_amounts_round_half_up_and_are_never_minus_zero() -> None:
    assert money(0.125, "USD") == "0.13 USD"
    assert money(-0.001, "USD") == "0.00 USD"
    assert whole_money(-3.2, "USD") == "\N{MINUS SIGN}3.20 USD"
    assert whole_money(0, "USD") == "0 USD"


def test_what_plans_knew_is_told() -> None:
    assert "Perfect foresight: plans knew" in words_of(replace(studies.yen(), information=Information.PERFECT))


def test_a_verdict_of_nothing_to_gain_is_neither_good_nor_bad() -> None:
    assert '<section class="verdict ">' in own(idle())


def test_a_loss_on_the_project_is_told_as_one() -> None:
    year = studies.year()
    assert year.cash_flow is not None
    project = replace(year.cash_flow.project, savings=())
    poor = replace(year, marginal=None, cash_flow=cash_flow(project))
    assert "What a little more would bring" not in words_of(poor)
    assert '<div class="value bad">\N{MINUS SIGN}' in own(poor)
    assert "never: the income does not cover the costs" in words_of(poor)


def record(discharge_kw: list[float], baseline_kw: list[float], *, savings: Savings) -> Study:
    """Three days of eight hours each, as one billing period of a study."""
    study = studies.yen()
    length = len(baseline_kw)
    horizon = Horizon(start=study.horizon.start, interval_minutes=480, intervals=length, timezone="Asia/Tokyo")
    period = replace(study.periods[0], savings=savings)
    ups = UpsRecord(
        ups_id="pod-1",
        load_kw=tuple(baseline_kw),
        charge_kw=(0.0,) * length,
        discharge_kw=tuple(discharge_kw),
        stored_kwh=(100.0,) * (length + 1),
        reserve_kwh=(50.0,) * (length + 1),
        wear=study.ups[0].wear,
    )
    grid = tuple(load - given for load, given in zip(baseline_kw, discharge_kw, strict=True))
    return replace(
        study, horizon=horizon, periods=(period,), ups=(ups,), baseline_grid_kw=tuple(baseline_kw), grid_kw=grid
    )


def test_the_day_shown_is_that_of_the_peak_where_peaks_saved_most() -> None:
    shown = day_to_show(
        record(
            [0, 9, 0, 0, 5, 0, 9, 9, 9],
            [80, 80, 80, 80, 99, 80, 80, 80, 80],
            savings=Savings(by_kind={"energy": 1.0, "demand": 2.0}),
        )
    )
    assert shown is not None
    assert (shown.day, list(shown.intervals)) == (date(2025, 6, 2), [3, 4, 5])
    assert "peak at the meter was cut most" in shown.reason


@pytest.mark.parametrize(
    "savings", [Savings(by_kind={"energy": 3.0, "demand": 2.0}), Savings(by_kind={"energy": 0.0, "demand": 0.0})]
)
def test_else_it_is_the_day_of_most_energy(savings: Savings) -> None:
    loads = [80.0] * 9 if savings.of("demand") == 0 else [80, 80, 80, 80, 99, 80, 80, 80, 80]
    shown = day_to_show(record([0, 0, 0, 0, 5, 0, 9, 9, 9], list(loads), savings=savings))
    assert shown is not None
    assert (shown.day, list(shown.intervals)) == (date(2025, 6, 3), [6, 7, 8])


def test_batteries_that_never_gave_have_no_day() -> None:
    resting = record([0.0] * 9, [80.0] * 9, savings=Savings(by_kind={"energy": 0.0, "demand": 0.0}))
    assert day_to_show(resting) is None
    assert "there is no day to show" in words_of(resting)
    assert "day" not in charts_of(resting)


def test_the_day_is_told_by_its_intervals_and_by_the_hour() -> None:
    study = studies.month()
    shown = day_to_show(study)
    assert shown is not None
    meter, load, stored = day_chart(study, shown).panels
    hours = day_by_hour(study, shown).rows
    assert [row[0] for row in hours] == [f"{hour:02}:00" for hour in range(24)]
    assert [float(row[2].replace(",", "")) for row in hours] == [
        round(max(map(float, meter.series[1].values[4 * hour : 4 * hour + 4])))
        for hour in range(24)  # type: ignore[arg-type]
    ]
    assert load.series[0].values == study.ups[shown.ups].load_kw[shown.intervals.start : shown.intervals.stop]
    assert float(hours[-1][4].replace(",", "")) == pytest.approx(stored.series[0].values[-1], abs=0.05)


def test_a_day_on_which_the_clock_goes_back_has_its_doubled_hour_twice() -> None:
    start = datetime(2025, 11, 2, 4, tzinfo=UTC)  # midnight of the 25-hour day
    horizon = Horizon(start=start, interval_minutes=60, intervals=25, timezone=studies.EASTERN)
    traded = studies.trade(horizon, studies.load_of(horizon, mean_kw=4300.0), wasteful=True)
    study = studies.study_of(studies.time_of_use(), horizon, [traded])
    assert "Times in America/New_York" in words_of(study)
    assert "clock goes back: 01:00 comes twice" in own(study)
    shown = day_to_show(study)
    assert shown is not None
    hours = [row[0] for row in day_by_hour(study, shown).rows]
    assert len(hours) == len(set(hours)) == 25
    assert hours[1:3] == ["01:00-0400", "01:00-0500"]


def test_a_capture_that_is_known_is_told() -> None:
    assert "45.0 % of what perfect foresight" in words_of(replace(studies.yen(), capture=Figure.known(0.45)))


@pytest.mark.long
@NEEDS_CHROMIUM
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_complains_of_nothing_and_everyone_can_read_the_page(scheme: str, tmp_path: Path) -> None:
    file = tmp_path / "study.html"
    file.write_text(study_page(studies.hostile(), studies.ISSUE), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url))
        page.goto(file.as_uri())
        light = (
            page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert light == (scheme == "light")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        hinders = [
            each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in {"serious", "critical"}
        ]
    assert said == [file.as_uri()]
    assert hinders == []


def test_the_first_page_says_who_when_how_and_what_is_left_out() -> None:
    front = own(studies.year()).split('<div class="front">')[1].split("<h2>The bill, month by month")[0]
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", front)).split())
    assert "Site ashburn-pod-1" in text
    assert "issued 2026-01-15 by Ridethrough 1.2.0" in text
    assert " ".join(method(studies.year())) in text
    assert "Neither bill includes: reactive demand." in text
    study = studies.year()
    priced = replace(study, baseline=replace(study.baseline, not_priced=()), bill=replace(study.bill, not_priced=()))
    assert left_out(priced) == "Every charge of the tariff is in both bills."
    many = tuple(NotPriced(field=f"charge {number}", reason="because") for number in range(7))
    lacking = replace(priced, bill=replace(priced.bill, not_priced=many))
    assert left_out(lacking).endswith("charge 3, charge 4 and 2 more.")


@pytest.mark.long
@NEEDS_CHROMIUM
@pytest.mark.parametrize(
    ("case", "paper"), [(studies.year, "A4"), (studies.year, "letter"), (studies.hostile, "letter")]
)
def test_the_first_page_fits_on_one_sheet(case: Callable[[], Study], paper: str, tmp_path: Path) -> None:
    whole = study_page(case(), studies.ISSUE).replace("@page {", f"@page {{ size: {paper};")
    front = whole.split("<h2>The bill, month by month")[0]
    file, printed = tmp_path / "study.html", tmp_path / "study.pdf"
    file.write_text(f"{front}</main></body></html>".replace("break-after: page", ""), encoding="utf-8")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    command = [str(CHROMIUM), *options, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1
