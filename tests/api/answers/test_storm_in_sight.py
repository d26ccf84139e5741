"""A storm as a person and a program see it: in the table, in JSON and in the picture."""

from pathlib import Path
from typing import Any

import pytest
from documents import DAY, run, write_site

STORM = {"from": f"{DAY}T12:00", "to": f"{DAY}T14:00", "kind": "storm"}
LINE = (
    "Storm from 12:00 to 14:00: nothing is discharged from 10:00 on, batteries are full and locked, "
    "then ramp back until 16:00"
)


def planned(folder: Path, condition: dict[str, Any] = STORM, **changes: Any) -> Any:  # noqa: ANN401 - JSON
    site = write_site(folder, {"conditions": [condition], **changes})
    ran = run("plan", site, "--date", DAY, "--format", "json")
    assert ran.code == 0, ran.err
    return ran.document


def test_actions_say_what_batteries_hold_for_and_when_they_are_back(tmp_path: Path) -> None:
    answer = planned(tmp_path)
    why = {(each["from"][11:16], each["to"][11:16]): each["why"] for each in answer["actions"]}

    assert why["10:00", "12:00"] == "holds for the storm from 12:00 to 14:00, discharges nothing"
    assert why["12:00", "14:00"] == "holds through the storm until 14:00, ramps back until 16:00"
    returning = [each["why"] for each in answer["actions"] if "14:00" <= each["from"][11:16] < "16:00"]
    assert returning
    assert all(each.endswith("; ramps back from the storm until 16:00") for each in returning)
    assert not any("storm" in each["why"] for each in answer["actions"] if each["from"][11:16] >= "16:00")


def test_json_lists_conditions_with_the_times_about_them(tmp_path: Path) -> None:
    (condition,) = planned(tmp_path)["conditions"]

    assert condition == {
        "kind": "storm",
        "ups": None,
        "hold_off_from": f"{DAY}T10:00:00-04:00",
        "from": f"{DAY}T12:00:00-04:00",
        "to": f"{DAY}T14:00:00-04:00",
        "ramp_until": f"{DAY}T16:00:00-04:00",
    }


def test_a_plan_far_from_a_storm_does_not_speak_of_it(tmp_path: Path) -> None:
    far = {"from": "2026-07-20T12:00", "to": "2026-07-20T14:00", "kind": "storm"}
    answer = planned(tmp_path, far)

    assert answer["conditions"] == []
    assert not any("storm" in each["why"] for each in answer["actions"])


def test_at_a_site_with_a_ramp_limit_batteries_are_back_as_soon_as_that_allows(tmp_path: Path) -> None:
    """6,500 kW at 100 kW/min take 65 minutes."""
    (condition,) = planned(tmp_path, **{"interconnection.ramp_limit_kw_per_min": 100})["conditions"]

    assert condition["ramp_until"] == f"{DAY}T15:05:00-04:00"


def test_the_charge_before_a_storm_is_for_the_storm(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"conditions": [{**STORM, "hold_off_minutes": 720}]})
    state = tmp_path / "state.json"
    state.write_text('{"ups": {"pod-1": {"stored_kwh": 800}}}')
    answer = run("plan", site, "--date", DAY, "--state", state, "--format", "json").document

    charges = [each["why"] for each in answer["actions"] if each["does"] == "charge" and each["from"][11:13] < "12"]
    assert charges == ["to be full for the storm from 12:00"]


def test_the_table_names_the_storm_and_its_rows(tmp_path: Path) -> None:
    table = run("plan", write_site(tmp_path, {"conditions": [STORM]}), "--date", DAY).out
    words = " ".join(table.split())
    rows = {" ".join(line.split()[:3]): line.split()[3:5] for line in table.splitlines() if " - " in line}

    assert LINE in words
    assert rows["10:00 - 12:00"] == ["hold", "off"]
    assert rows["12:00 - 14:00"][0] == "storm"


@pytest.mark.parametrize(
    ("kind", "row"), [("maintenance", "service"), ("generator_test", "test"), ("generator_unavailable", "hold")]
)
def test_other_conditions_are_named_too(tmp_path: Path, kind: str, row: str) -> None:
    condition = {"from": f"{DAY}T12:00", "to": f"{DAY}T14:00", "kind": kind, "ride_through_s": 310}
    table = run("plan", write_site(tmp_path, {"conditions": [condition]}), "--date", DAY).out

    named = kind.replace("_", " ").capitalize()
    assert f"{named} from 12:00 to 14:00: nothing is discharged while it holds" in " ".join(table.split())
    assert any(line.split()[:4] == ["12:00", "-", "14:00", row] for line in table.splitlines())


def test_the_picture_names_its_bands_and_says_them_in_words(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"conditions": [STORM]})
    assert run("plan", site, "--date", DAY, "--plot", tmp_path / "plan.html").code == 0
    page = (tmp_path / "plan.html").read_text()

    for band in ("shade-hold-off", "shade-condition", "shade-ramp"):
        assert f'<rect class="{band}"' in page
    assert '<section class="notes" aria-label="Conditions"' in page
    assert f"<li>{LINE}</li>" in page


def test_the_picture_of_a_calm_day_has_no_bands(tmp_path: Path) -> None:
    assert run("plan", write_site(tmp_path), "--date", DAY, "--plot", tmp_path / "plan.html").code == 0
    page = (tmp_path / "plan.html").read_text()

    assert '<rect class="shade-hold-off"' not in page
    assert '<rect class="shade-condition"' not in page
    assert 'aria-label="Conditions"' not in page
