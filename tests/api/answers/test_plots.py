import re
import subprocess
from pathlib import Path

import pytest
from documents import DAY, run, series_rows, site_document, write_site
from programs_needed import needs

CHROMIUM, NEEDS_CHROMIUM = needs("chromium")
MOST_BYTES = 200_000


def page_of(tmp_path: Path, site: Path, *options: str) -> str:
    ran = run("plan", site, "--date", DAY, "--plot", tmp_path / "plan.html", *options)
    assert ran.code in (0, 3)
    return (tmp_path / "plan.html").read_text()


def test_the_page_is_small_runs_no_script_and_loads_nothing(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path))
    assert len(page.encode()) < MOST_BYTES
    assert not re.search(r"<script|<iframe|<link|<img|\s(src|href)\s*=|@import|url\(", page)
    assert "default-src 'none'" in page


def test_the_page_shows_every_quantity_of_every_system(tmp_path: Path) -> None:
    (first,) = site_document()["ups"]
    changes = {"ups": [first, {**first, "id": "pod-2"}], "interconnection.import_limit_kw": 12000}
    page = page_of(tmp_path, write_site(tmp_path, changes))
    for text in (
        "Energy price, USD/kWh", "Meter, kW", "Battery power, all systems", "Stored energy, pod-1, kWh",
        "Stored energy, pod-2, kWh", "without the plan", "with the plan", "ceiling", "reserve, never touched",
        "What the batteries do", "through 100 outages", "times in America/New_York", "batteries are assumed full",
    ):  # fmt: skip
        assert text in page, text


def test_many_systems_are_drawn_as_one_sum_and_listed_one_by_one(tmp_path: Path) -> None:
    (first,) = site_document()["ups"]
    many = [{**first, "id": f"pod-{number}"} for number in range(1, 6)]
    page = page_of(tmp_path, write_site(tmp_path, {"ups": many, "interconnection.import_limit_kw": 32000}))
    assert "Stored energy, all 5 systems" in page
    assert all(f"<td>pod-{number}</td>" in page for number in range(1, 6))


def test_conditions_are_shaded_and_named(tmp_path: Path) -> None:
    storm = {"kind": "storm", "from": f"{DAY}T16:00", "to": f"{DAY}T20:00"}
    page = page_of(tmp_path, write_site(tmp_path, {"conditions": [storm]}))
    assert "held off before the storm" in page
    assert page.count('<rect class="shade-condition"') == page.count('<svg class="panel"') == 4


def test_a_plan_without_proof_says_so_in_its_picture(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path, {"ups.0.battery.nominal_kwh": 110}))
    assert "RESERVE NOT PROVEN" in page
    assert "recovery" in page


def test_names_are_text_in_the_picture_never_markup(tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path, {"name": "<script>alert(1)</script>", "ups.0.id": "<b>x"}))
    assert "<script>alert(1)" not in page
    assert "<b>x" not in page


def test_the_day_of_a_clock_change_is_drawn_on_the_local_clock_with_its_doubled_hour_marked(tmp_path: Path) -> None:
    rows = series_rows("2026-11-01T00:00-04:00", [4000] * 25)
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows]))
    changes = {"ups.0.load": {"csv": "load.csv"}, "prices": None, "tariff": "dominion-gs-4"}
    site = write_site(tmp_path, changes)
    assert run("plan", site, "--date", "2026-11-01", "--plot", tmp_path / "plan.html").code == 0
    page = (tmp_path / "plan.html").read_text()
    assert "clock goes back: 01:00 comes twice" in page
    assert "01:00 -0400 to 01:00 -0500" in page
    assert "01:00 -0500 to 02:00 -0500" in page


@pytest.mark.long
@NEEDS_CHROMIUM
@pytest.mark.parametrize("paper", ["A4", "letter"])
def test_the_page_prints_on_one_sheet(paper: str, tmp_path: Path) -> None:
    page = page_of(tmp_path, write_site(tmp_path)).replace("@page {", f"@page {{ size: {paper};")
    file, printed = tmp_path / "one.html", tmp_path / "one.pdf"
    file.write_text(page)
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    command = [str(CHROMIUM), *options, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1
