import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from documents import DAY, run, series_rows, site_document, write_site

_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_REQUIRED = os.environ.get("RIDETHROUGH_REQUIRE_SERVICES") == "1"


def page_of(tmp_path: Path, site: Path, *options: str) -> str:
    ran = run("plan", site, "--date", DAY, "--plot", tmp_path / "plan.html", *options)
    assert ran.code in (0, 3)
    return (tmp_path / "plan.html").read_text().replace("\\u002f", "/")


def test_the_page_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path))
    assert not re.search(r"<(script|img|iframe|link)[^>]*\s(src|href)\s*=", page)
    assert not re.search(r"@import|url\(\s*['\"]?https?:", page)


def test_the_page_shows_every_quantity_of_every_system(tmp_path: Path) -> None:
    (first,) = site_document()["ups"]
    changes = {"ups": [first, {**first, "id": "pod-2"}], "interconnection.import_limit_kw": 12000}
    page = page_of(tmp_path, write_site(tmp_path, changes))
    for text in (
        "Energy price, USD/kWh", "Meter, kW", "Load behind the UPS, kW", "pod-1: stored energy, kWh",
        "pod-2: stored energy, kWh", "pod-1: ride-through, s", "without the plan", "with the plan",
        "target to stay under", "reserve, never touched", "with the worst failure", "reserve kept through 100 outages",
    ):  # fmt: skip
        assert text in page, text


def test_a_plan_without_proof_says_so_in_its_picture(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path, {"ups.0.battery.nominal_kwh": 110}))
    assert "RESERVE NOT PROVEN" in page
    assert "recovery" in page


def test_names_are_text_in_the_picture_never_markup(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path, {"name": "<script>alert(1)</script>", "ups.0.id": "<b>x"}))
    assert "<script>alert(1)" not in page
    assert "<b>x" not in page


def test_the_day_of_a_clock_change_is_drawn_in_utc(tmp_path: Path) -> None:
    rows = series_rows("2026-11-01T00:00-04:00", [4000] * 25)
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows]))
    changes = {"ups.0.load": {"csv": "load.csv"}, "prices": None, "tariff": "dominion-gs-4"}
    site = write_site(tmp_path, changes)
    assert run("plan", site, "--date", "2026-11-01", "--plot", tmp_path / "plan.html").code == 0
    assert "times in UTC" in (tmp_path / "plan.html").read_text()


@pytest.mark.skipif(_BROWSER is None and not _REQUIRED, reason="there is no browser here")
def test_a_browser_without_a_network_draws_the_page(tmp_path: Path) -> None:
    assert _BROWSER is not None
    page_of(tmp_path, write_site(tmp_path))
    ran = subprocess.run(
        [
            _BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=4000",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "plan.html").as_uri(),
        ],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    drawn = ran.stdout
    assert "main-svg" in drawn
    for text in ("Energy price, USD/kWh", "pod-1: stored energy, kWh", "reserve, never touched"):
        assert re.search(rf"<text[^>]*>{re.escape(text)}", drawn), text
