"""The log as people read it: a sentence for every kind of entry, whatever an older version wrote."""

import pytest

from ridethrough.api.operating.telling import EVENTS
from ridethrough.api.pages.site.journal_sentences import SENTENCES, detail_in_words

_TIMES = {"starts_at": "2026-07-01T00:00:00+00:00", "expires_at": "2026-07-01T06:00:00+00:00"}
_PLAN = {"plan_id": "plan-2", "why": "it began", "status": "optimal", "certified": True, **_TIMES}
_COUNTS = {"series": "load", "new": 1, "replaced": 0, "unchanged": 95}
_PRICES = {"source": "entso-e", "zone": "DE_LU", "series": "prices", "new_or_changed": 96, "doubted": [], "notes": []}
_FIRST = "Wed 01 Jul 2026"
_MIDNIGHTS = f"{_FIRST}, 00:00:00 CEST to Thu 02 Jul 2026, 00:00:00 CEST"
_DAY = {"from": "2026-07-01T00:00:00+02:00", "until": "2026-07-02T00:00:00+02:00"}


def test_every_kind_of_entry_has_its_sentence() -> None:
    assert set(SENTENCES) == set(EVENTS)


@pytest.mark.parametrize(
    ("what", "detail", "said"),
    [
        ("site_written", {"version": 3, "sha256": "ab"}, "Version 3 of the site's document."),
        ("site_deleted", {"keys_revoked": ["aa", "bb"]}, "Its keys are revoked: aa, bb."),
        ("site_deleted", {"keys_revoked": []}, "It had no keys of its own."),
        ("site_deleted", {}, ""),
        ("series_added", {"series": [_COUNTS]}, "load: 1 value new, 0 replaced, 95 as before."),
        ("series_cleared", {"series": "load", "days": 2}, "load begins anew: 2 days of it are in the past only."),
        ("alarm_raised", {"kind": "system", "subject": "pod-1", "alarm": "it is lost"}, "pod-1: it is lost."),
        ("plan_missed", {"alarm": "no process ran."}, "no process ran."),
        (
            "plan_made",
            _PLAN,
            f"plan-2 (optimal, certified) holds from {_FIRST}, 02:00:00 CEST until {_FIRST}, 08:00:00 CEST. It began.",
        ),
        ("plan_cancelled", {"plan_id": "plan-2", "why": ""}, "plan-2 is not followed any more."),
        (
            "prices_fetched",
            {**_PRICES, **_DAY, "missing": ["the last hour"]},
            f"entso-e gave DE_LU for prices, {_MIDNIGHTS}: 96 values new or changed. Missing: the last hour.",
        ),
        ("held", {"why": "battery works"}, "Battery works."),
        ("released", {"why": "", "holds": 2}, "2 holds ended."),
        ("webhook_added", {"id": 4, "url": "https://a.example/x"}, "Webhook 4 sends to https://a.example/x"),
        ("webhook_removed", {"id": 4}, "Webhook 4 sends nothing any more."),
        (
            "key_revoked",
            {"id": "aa", "role": "viewer", "expires_at": None, "why": "the site pod was deleted"},
            "Key aa of the role viewer; it does not run out. The site pod was deleted.",
        ),
        ("of_a_later_version", {"so_many": 1, "whether": True}, "so many 1; whether yes"),
    ],
)
def test_an_entry_is_a_sentence(what: str, detail: dict[str, object], said: str) -> None:
    assert detail_in_words(what, detail, "Europe/Berlin") == said
