"""The pages in a real browser: what each is for, without an error in its console and without a request to elsewhere."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import NEEDS_CHROMIUM, Watched, chromium, watched
from dashboard_history import NOW, SITE_ID, campus, empty_service, in_a_thread, send_reading, service_with_history
from playwright.sync_api import Browser, Locator, Page, expect
from service import running_service, service_in_thread
from stored_sites import Clock

from ridethrough.api.pages.frame import SECTIONS
from ridethrough.store.database import Database, open_database
from ridethrough.store.operating import journal

pytestmark = [pytest.mark.long, NEEDS_CHROMIUM]
PATHS = (
    *(f"/{section.path}".rstrip("/") for section in SECTIONS),
    "/log?at=2026-07-14T09:20",
    "/set-up/document",
    "/life",
)
expect.set_options(timeout=60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A service over a campus, its store and its clock."""

    address: str
    database: Database
    clock: Clock

    def path(self, path: str = "") -> str:
        return f"/sites/{SITE_ID}{path}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The campus with its past; a test that moves the clock puts it back."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('history')}/ridethrough.db")
    client, clock = in_a_thread(lambda: service_with_history(database))
    with service_in_thread(client.app) as running:
        yield Served(address=str(running.base_url), database=database, clock=clock)
    database.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_loads_only_its_own_and_everyone_can_read_it(browser: Browser, served: Served, dark: bool) -> None:  # noqa: FBT001
    with watched(browser, served.address, dark=dark) as seen:
        for path in PATHS:
            page = seen.see(served.path(path))
            expect(page.locator("h1")).to_have_count(1)
            assert serious(seen) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert seen.wrong == []


_FOCUSABLE = """[...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
)].filter((each) => each.checkVisibility() && each.tabIndex >= 0)"""
_FOCUSED = f"""(() => {{
    const each = document.activeElement;
    return each === document.body ? null : [{_FOCUSABLE}.indexOf(each), getComputedStyle(each).outlineStyle];
}})()"""


@pytest.mark.parametrize("path", ["", "/fleet", "/savings", "/set-up"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, served: Served, path: str) -> None:
    with watched(browser, served.address) as seen:
        page = seen.see(served.path(path))
        count = page.evaluate(f"{_FOCUSABLE}.length")
        reached = {}  # by place: parts of the page are replaced meanwhile, and keep the place of the focus
        for _ in range(4 * count):  # a field for a date is several stops
            page.keyboard.press("Tab")
            if (focused := page.evaluate(_FOCUSED)) is None:
                break
            place, ring = focused
            reached[place] = ring
        assert sorted(reached) == list(range(count))
        assert "none" not in reached.values()


def test_a_wall_shows_all_of_now_and_its_largest_figure_from_afar(browser: Browser, served: Served) -> None:
    with watched(browser, served.address, width=1920) as seen:
        page = seen.see(served.path())
        expect(page.locator("#now-savings .figure")).to_contain_text("USD")
        assert page.evaluate("document.body.getBoundingClientRect().height") <= 1080
        largest = "document.querySelector('#now-ride .figure-large').getBoundingClientRect().height"
        assert page.evaluate(largest) >= 240


def test_every_page_fits_a_phone(browser: Browser, served: Served) -> None:
    with watched(browser, served.address, width=390) as seen:
        for path in PATHS:
            page = seen.see(served.path(path))
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert serious(seen) == [], path
        assert seen.wrong == []


def serious(seen: Watched) -> list[Any]:
    """What axe finds that keeps people from using a page."""
    found = Axe().run(seen.page).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found
            if each["impact"] in {"serious", "critical"}]  # fmt: skip


def test_now_says_how_long_and_shows_that_its_figures_are_old(browser: Browser, served: Served) -> None:
    with watched(browser, served.address) as seen:
        page = seen.see(served.path())
        expect(page.locator("#now-ride .figure-large")).to_contain_text(" s")
        expect(page.locator("#now-banners")).not_to_contain_text("Stale")
        expect(page.locator("#now-savings .figure")).to_contain_text("USD")
        try:
            served.clock.pass_by(timedelta(seconds=893))
            expect(page.locator("#now-banners [role=alert]")).to_contain_text("Stale", timeout=5_000)
            expect(page.locator("#now-ride .figure-large")).to_have_text("unknown")
            expect(page.locator("#now-mode .figure")).to_have_text("Holds")
        finally:
            served.clock.now = NOW
        expect(page.locator("#now-banners")).not_to_contain_text("Stale")
        assert seen.wrong == []


def test_an_operator_holds_with_the_keyboard_and_releases(browser: Browser, served: Served) -> None:
    with watched(browser, served.address) as seen, watched(browser, served.address) as other:
        wall = other.see(served.path())
        page = seen.see(served.path())
        page.locator("#now-hold summary").press("Enter")
        page.get_by_label("Why every battery is to hold").fill("the chillers are serviced")
        page.keyboard.press("Enter")
        expect(page.locator("#now-mode .figure")).to_have_text("Holds")
        expect(wall.locator("#now-banners")).to_contain_text("the chillers are serviced")
        page.locator("#now-hold summary").click()
        page.get_by_label("Why the hold ends").fill("they run again")
        page.get_by_role("button", name="Release").click()
        expect(wall.locator("#now-mode .figure")).to_have_text("Follows the plan")
        assert seen.wrong + other.wrong == []
    with served.database.reading() as connection:
        told = [each.what for each in journal.entries(connection, SITE_ID, limit=2)]
    assert told == ["released", "held"]


def test_the_fleet_is_sorted_by_links(browser: Browser, served: Served) -> None:
    with watched(browser, served.address) as seen:
        page = seen.see(served.path("/fleet"))
        heads = page.locator("tbody th")
        expect(heads).to_have_text(["hall-c", "hall-b", "hall-a"])
        page.get_by_role("link", name="System", exact=True).click()
        expect(heads).to_have_text(["hall-a", "hall-b", "hall-c"])
        page.get_by_role("link", name="System", exact=True).click()
        expect(heads).to_have_text(["hall-c", "hall-b", "hall-a"])
        assert seen.wrong == []


def test_a_plan_is_made_from_nothing(browser: Browser, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/ridethrough.db")
    client = in_a_thread(lambda: empty_service(database))
    with service_in_thread(client.app) as running, watched(browser, str(running.base_url)) as seen:
        page = seen.see("/")
        expect(page.locator("#now-ride .figure-large")).to_have_text("unknown")
        expect(page.locator("#now-next")).to_contain_text("No plan is in force")
        page.get_by_role("button", name="Make a plan").click()
        expect(page.locator("h1")).to_contain_text("Plan from Tue 14 Jul 2026")
        expect(page.locator(".chart svg").first).to_be_visible()
        assert seen.wrong == []
    database.close()


def test_a_page_says_that_the_link_is_lost_and_finds_the_server_again(browser: Browser, tmp_path: Path) -> None:
    port = str(free_port())
    options = ("--data", str(tmp_path / "data"), "--no-auth", "--port", port)
    with running_service(*options) as running:
        assert running.client.put(f"/v1/sites/{SITE_ID}", json=campus()).is_success
        with watched(browser, str(running.client.base_url)) as seen:
            page = seen.see(f"/sites/{SITE_ID}")
            expect(page.locator("#link-lost")).to_be_hidden()
            running.process.terminate()
            running.process.wait(60)
            expect(page.locator("#link-lost")).to_be_visible(timeout=10_000)
            with running_service(*options):
                expect(page.locator("#link-lost")).to_be_hidden()
                expect(page.locator("#now-banners")).to_contain_text("No telemetry has been received")
            assert [each for each in seen.wrong if "ERR_CONNECTION_REFUSED" not in each and "net::" not in each] == []


def test_a_page_whose_key_is_revoked_goes_to_the_form_that_asks_for_another(browser: Browser, tmp_path: Path) -> None:
    with running_service("--data", str(tmp_path / "data")) as running:
        first = re.findall(r"rt_\S+", running.logged())[0]
        running.client.headers["authorization"] = f"Bearer {first}"
        assert running.client.put(f"/v1/sites/{SITE_ID}", json=campus()).is_success
        with watched(browser, str(running.client.base_url)) as seen:
            page = seen.see(f"/sites/{SITE_ID}")
            for path, moved in ((f"/sites/{SITE_ID}", ""), (f"/sites/{SITE_ID}/what-if", "input[type=number]")):
                made = running.client.post("/v1/keys", json={"role": "operator", "site_id": SITE_ID}).json()
                page.get_by_label("Key", exact=True).fill(made["key"])
                page.get_by_role("button", name="Sign in").click()
                expect(page.get_by_role("button", name="Sign out")).to_be_visible()
                seen.see(path)
                expect(page.locator("h1")).to_have_count(1)
                assert running.client.delete(f"/v1/keys/{made['id']}").status_code == 200
                if moved:
                    page.locator(moved).first.fill("301")
                expect(page.get_by_role("alert")).to_contain_text("your key was revoked, or has run out")
                expect(page.get_by_label("Key", exact=True)).to_be_visible()
            assert [each for each in seen.wrong if "401" not in each] == []


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def test_series_are_zoomed_and_the_points_come_from_here(browser: Browser, served: Served) -> None:
    with watched(browser, served.address) as seen:
        page = seen.see(served.path("/explorer?from=2026-07-08&to=2026-07-14"))
        place = page.locator("#zoom")
        expect(place).to_have_class(re.compile("is-zoomed"))
        expect(page.locator(".chart-drawing")).to_be_hidden()
        expect(page.locator("details table")).to_have_count(1)
        whole = shown_ms(place)
        page.get_by_role("button", name="Zoom in").press("Enter")
        expect(place).not_to_have_attribute("data-shown", f"{whole[0]} {whole[1]}")
        closer = shown_ms(place)
        assert whole[0] < closer[0] < closer[1] < whole[1]
        drag_across(page)
        expect(place).not_to_have_attribute("data-shown", f"{closer[0]} {closer[1]}")
        closest = shown_ms(place)
        assert closer[0] < closest[0] < closest[1] < closer[1]
        page.get_by_role("button", name="Whole period").click()
        expect(place).to_have_attribute("data-shown", f"{whole[0]} {whole[1]}")
        assert serious(seen) == []
        assert seen.wrong == []


def shown_ms(place: Locator) -> tuple[int, int]:
    """From when to when the picture goes that is zoomed."""
    first, last = (place.get_attribute("data-shown") or "").split()
    return int(first), int(last)


def drag_across(page: Page) -> None:
    """Choose a part of the picture with the pointer."""
    box = page.locator("#zoom .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 45, steps=5)
    page.mouse.up()


def test_sites_are_kept_up_to_date_and_each_leads_to_its_page(browser: Browser, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/ridethrough.db")
    client = in_a_thread(lambda: empty_service(database))
    other = campus() | {"id": "sterling", "name": "Sterling campus"}
    assert in_a_thread(lambda: client.put("/v1/sites/sterling", json=other)).is_success
    with service_in_thread(client.app) as running, watched(browser, str(running.base_url)) as seen:
        page = seen.see("/")
        rows = page.locator("#sites-table tbody th")
        expect(rows).to_have_text(["Ashburn campus", "Sterling campus"])
        send_reading(client, client.app.state.clock())
        expect(page.locator("#sites-table tbody tr.bad")).to_have_count(1)
        expect(rows).to_have_text(["Sterling campus", "Ashburn campus"])
        assert serious(seen) == []
        page.get_by_role("link", name="Ashburn campus").click()
        expect(page.locator("#now-ride .figure-large")).to_contain_text(" s")
        assert seen.wrong == []
    database.close()
