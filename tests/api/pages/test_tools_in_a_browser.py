"""Set-up, What if, Savings and Tariffs in a real browser, over a real service: a site from nothing to its study."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import NEEDS_CHROMIUM, Watched, chromium, watched
from playwright.sync_api import Browser, expect
from service import running_service

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]
STEP = timedelta(minutes=15)
TODAY = datetime.now(ZoneInfo("America/New_York")).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST, LAST = (TODAY - timedelta(days=days) for days in (12, 8))
"""The first day of the readings, and the last day that is studied and billed: plans need readings until now."""
SITE = "/sites/pod-1"
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_service("--no-auth", "--data", str(tmp_path_factory.mktemp("data"))) as running:
        yield str(running.client.base_url).rstrip("/")


def readable(seen: Watched) -> None:
    """Nothing keeps people from using the page, and nothing is wider than the screen."""
    found = Axe().run(seen.page).response["violations"]
    serious = [(each["id"], [node["target"] for node in each["nodes"]]) for each in found
               if each["impact"] in {"serious", "critical"}]  # fmt: skip
    assert serious == []
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_site_is_set_up_from_nothing_to_a_plan_and_a_study(browser: Browser, address: str) -> None:
    with watched(browser, address) as seen:
        faults_stand_beside_their_fields(seen)
        a_site_takes_its_file(seen)
        a_plan_is_made(seen)
        what_if_answers_while_one_types(seen)
        a_study_is_watched_to_its_end(seen)
        a_bill_is_read_line_by_line(seen)
        assert seen.wrong == []


def faults_stand_beside_their_fields(seen: Watched) -> None:
    page = seen.see("/set-up?template=ai-pod")
    site = {"name": "hall.yaml", "mimeType": "application/yaml", "buffer": b"id: hall-9\ntimezone: Mars/Olympus\n"}
    page.locator("#site-file").set_input_files(site)
    expect(page.locator(".understood")).to_contain_text("timezone is 'Mars/Olympus'")
    page.get_by_role("button", name="Open it in the form").click()
    expect(page.get_by_label("Id", exact=True)).to_have_value("hall-9")
    page = seen.see("/set-up?template=ai-pod")
    page.get_by_label("Nominal energy, kWh").fill("-5")
    page.get_by_label("Units", exact=True).fill("none")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.get_by_role("button", name="Create the site").click()
    expect(page.locator(".fault")).to_have_count(3)
    described = page.get_by_label("Nominal energy, kWh").get_attribute("aria-describedby")
    expect(page.locator(f"[id='{described}']")).to_contain_text("must be")
    readable(seen)
    seen.wrong[:] = [each for each in seen.wrong if "422" not in each]  # a browser notes every refusal in its console
    page.get_by_label("Nominal energy, kWh").fill("200")
    page.get_by_label("Units", exact=True).fill("5")
    page.get_by_label("Time zone").fill("America/New_York")
    page.get_by_label("Series of market prices").fill("prices")
    page.get_by_role("button", name="Create the site").click()
    expect(page).to_have_url(re.compile(f"{SITE}/set-up$"))


def a_site_takes_its_file(seen: Watched) -> None:
    page = seen.page
    expect(page.get_by_text("Not ready")).to_be_visible()
    readings = readings_until_now()
    file = {"name": "load.csv", "mimeType": "text/csv", "buffer": "\n".join(readings).encode()}
    page.locator("#file-1").set_input_files(file)
    understood = page.locator(".understood").first
    expect(understood).to_contain_text(f"{len(readings) - 1:,} in the file")
    expect(understood).to_contain_text("15 minutes, stamped at the start")
    readable(seen)
    page.get_by_role("button", name="Keep these readings").click()
    expect(page.get_by_text("no readings yet")).to_have_count(1)
    prices = {"name": "prices.csv", "mimeType": "text/csv", "buffer": "\n".join(prices_until_tomorrow()).encode()}
    page.locator("#file-2").set_input_files(prices)
    expect(page.locator(".understood").nth(1)).to_contain_text("per MWh in the file, USD per kWh here")
    page.get_by_role("button", name="Keep these readings").click()
    expect(page.get_by_text("Plans can be made, and hold")).to_be_visible()


def prices_until_tomorrow() -> list[str]:
    """Hourly market prices until the end of tomorrow, dear in the evening."""
    hours = [FIRST + timedelta(hours=each) for each in range(14 * 24)]
    return ["start,price_per_mwh", *(f"{at.astimezone(UTC).isoformat()},{40 + 120 * (at.hour == 18)}" for at in hours)]


def readings_until_now() -> list[str]:
    """A load of 15-minute readings, with a hump in the afternoon."""
    start, rows = FIRST.astimezone(UTC), ["start,load_kw"]
    while start + STEP <= datetime.now(UTC):
        hour = (start - FIRST) / timedelta(hours=1) % 24
        rows.append(f"{start.isoformat()},{4200 + 300 * (12 <= hour < 17)}")
        start += STEP
    return rows


def a_plan_is_made(seen: Watched) -> None:
    seen.page.get_by_role("button", name="Make the plan").click()
    expect(seen.page).to_have_url(re.compile(f"{SITE}/plan$"))
    expect(seen.page.locator("h1")).to_contain_text("Plan from")


def what_if_answers_while_one_types(seen: Watched) -> None:
    page = seen.see(f"{SITE}/what-if")
    row = page.get_by_role("row", name=re.compile("To trade above the reserve"))
    before = row.locator("td").nth(1).inner_text()
    page.get_by_label("Ride-through, s").fill("200")
    expect(row.locator("td").nth(1)).not_to_have_text(before)
    expect(row.locator("td").nth(0)).to_have_text(before)
    page.get_by_label("Ride-through, s").fill("-3")
    expect(page.locator("#answer")).to_contain_text("ride_through_s")


def a_study_is_watched_to_its_end(seen: Watched) -> None:
    page = seen.see(f"{SITE}/savings")
    expect(page.get_by_text("No study yet")).to_be_visible()
    page.get_by_label("From", exact=True).fill(f"{FIRST:%Y-%m-%d}")
    page.get_by_label("To, that day included").fill(f"{LAST:%Y-%m-%d}")
    page.get_by_label("Plans are made from").select_option("persistence")
    page.get_by_role("button", name="Start the study").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("Saved after wear").first).to_be_visible()  # the stream loads the page again at the end
    with page.expect_download() as download:
        page.get_by_role("link", name="Workbook (XLSX)").click()
    assert download.value.path().read_bytes()[:2] == b"PK"
    readable(seen)


def a_bill_is_read_line_by_line(seen: Watched) -> None:
    page = seen.see(f"{SITE}/tariffs?from={FIRST:%Y-%m-%d}&to={LAST:%Y-%m-%d}")
    expect(page.locator("svg.heat")).to_have_count(4)
    amounts = page.locator("[aria-labelledby='bill'] tr td:nth-child(5)").all_inner_texts()
    total = page.get_by_role("row", name=re.compile("Total of the period")).locator("td").inner_text()
    assert sum(round(float(each.replace(",", "")) * 100) for each in amounts) == round(
        float(total.replace(",", "")) * 100
    )


def cents(written: str) -> int:
    return round(float(written.replace(",", "")) * 100)
