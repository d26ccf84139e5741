"""The `publish` section of a site's equipment: what it makes, and every fault in it at once."""

import pytest
from sites import site, ups_system

from ridethrough.bms.publishing.settings import publishers_of
from ridethrough.domain import UnableToAccept

SITE = site(ups_system(id="pod-1"), ups_system(id="pod-2"))


def test_each_part_makes_its_publishers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", "secret")
    made = publishers_of(
        {
            "mqtt": {"host": "broker", "username": "ridethrough", "password_variable": "BROKER_PASSWORD"},
            "bacnet": {"host": "127.0.0.1", "instance": 4001},
            "schedules": {
                "pod-1": {"host": "10.0.0.1", "schedule": "schedule,1"},
                "pod-2": {"host": "10.0.0.2", "schedule": "schedule,2", "discharge_is": "negative", "ahead_h": 4},
            },
        },
        SITE,
    )
    assert [each.name for each in made] == ["mqtt", "bacnet", "schedule of pod-1", "schedule of pod-2"]
    assert publishers_of({}, SITE) == ()


def test_all_faults_are_named_at_once_each_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        publishers_of(
            {
                "mqtt": {"port": 0, "password": "in clear"},
                "bacnet": {"host": "127.0.0.1", "instance": 4_194_303, "colour": "red"},
                "schedules": {
                    "pod-1": {"host": "h", "schedule": "analog-value,1", "priority": 2, "ahead_h": 48},
                    "pod-9": {"host": "h", "schedule": "schedule,1"},
                    "pod-2": 3,
                },
                "fax": {},
            },
            SITE,
        )
    assert sorted(fault.field for fault in refused.value.faults) == [
        "bacnet.colour",
        "bacnet.instance",
        "fax",
        "mqtt.host",
        "mqtt.password",
        "mqtt.port",
        "schedules.pod-1.ahead_h",
        "schedules.pod-1.priority",
        "schedules.pod-1.schedule",
        "schedules.pod-2",
        "schedules.pod-9",
    ]


@pytest.mark.parametrize("section", [{"schedules": 3}, {"mqtt": None}, {"bacnet": []}])
def test_a_section_that_is_no_mapping_is_refused(section: dict[str, object]) -> None:
    with pytest.raises(UnableToAccept, match="must be a mapping of settings"):
        publishers_of(section, SITE)
