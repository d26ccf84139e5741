"""Battery life in a real browser, worked out by real solvers: begun by its button, and shown when it is done."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import NEEDS_CHROMIUM, chromium, watched
from dashboard_history import in_a_thread
from documents import site_document
from playwright.sync_api import Browser, Page, expect
from service import service_in_thread
from stored_sites import SITE, Clock, keeping_service

from ridethrough.store.database import Database

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]
PATIENCE_MS = 60_000
WEAR = {"chemistry": "lead-acid", "replacement_cost_per_kwh": 300, "lead_time_days": 365}


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_life_is_begun_by_a_button_and_everyone_can_read_it(sqlite_database: Database, browser: Browser) -> None:
    client = keeping_service(sqlite_database, Clock())
    assert in_a_thread(lambda: client.put(SITE, json=site_document({"ups.0.battery.wear": WEAR}))).is_success
    with service_in_thread(client.app) as running, watched(browser, str(running.base_url)) as seen:
        page = seen.see("/sites/pod/life")
        assert serious(page) == []
        page.get_by_label("Days that stand for a year").fill("1")
        page.get_by_role("button", name="Work it out").click()
        expect(page.get_by_text("Recommended", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("heading", name="Trade against life")).to_be_visible()
        assert serious(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert seen.wrong == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
