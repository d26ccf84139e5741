from pathlib import Path

import pytest
from documents import refused, run
from price_dialects import as_energy_charts, priced, refusal
from price_servers import Scripted, serving

AUTUMN = priced("2026-10-25T00:00+02:00", 15, [20.0 + index for index in range(100)])
OPTIONS = ("--zone", "DE_LU", "--timezone", "Europe/Berlin", "--currency", "EUR", "--date", "2026-10-25")


def test_prices_of_a_day_are_printed_as_a_file_that_is_read_again(tmp_path: Path) -> None:
    with serving(Scripted(content=as_energy_charts(AUTUMN, "EUR", "MWh"), kind="application/json")) as server:
        ran = run("prices", "energy-charts", *OPTIONS, "--url", server.address)
    assert (ran.code, ran.err) == (0, "")
    assert server.asked == ["/price?bzn=DE-LU&start=2026-10-25&end=2026-10-25"]
    assert ran.out.splitlines()[:2] == ["start,price_per_kwh", "2026-10-25T00:00+02:00,0.02"]
    path = tmp_path / "prices.csv"
    path.write_text(ran.out, encoding="utf-8")
    again = run("series", path, "--prices", "--format", "json").document
    assert (again["values"], again["step_minutes"], again["highest"]) == (100, 15, pytest.approx(0.119))


def test_prices_that_are_not_there_yet_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTSOE_API_TOKEN", "5ecret")
    with serving(Scripted(content=refusal("999", "No matching data found"), kind="text/xml")) as server:
        ran = run("prices", "entso-e", *OPTIONS, "--url", server.address)
    assert (ran.code, ran.out) == (75, "start,price_per_kwh\n")
    assert "missing: no prices from 2026-10-24 22:00Z to 2026-10-25 23:00Z" in ran.err


def test_a_server_that_is_busy_ends_the_command_with_what_to_do() -> None:
    with serving(Scripted(status=503, headers={"Retry-After": "60"})) as server:
        ran = run("prices", "csv", *OPTIONS, "--url", server.address)
    assert (ran.code, ran.out) == (69, "")
    assert "the server answers 503" in ran.err
    assert "asked again after 0:01:00" in ran.err


def test_what_is_wrong_with_the_options_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTSOE_API_TOKEN", raising=False)
    assert "--url" in refused("prices", "csv", *OPTIONS)[0]
    assert "--date" in refused("prices", "energy-charts", *OPTIONS[:-1], "tomorrow")[0]
    assert "zone" in refused("prices", "energy-charts", "--zone", "XX", *OPTIONS[2:])[0]
    assert "ENTSOE_API_TOKEN" in run("prices", "entso-e", *OPTIONS).err
