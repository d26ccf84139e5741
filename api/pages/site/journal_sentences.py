"""Entries of the journal as sentences: one for each kind; what a kind does not know is written field by field."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ridethrough.api.pages.quantities import day_and_clock, in_words

Detail = Mapping[str, Any]


def detail_in_words(what: str, detail: Detail, timezone: str) -> str:
    """What an entry of a kind says, with times of the site's clock; an older entry may lack fields.

    >>> detail_in_words("released", {"why": "done", "holds": 1}, "UTC")
    'Done. 1 hold ended.'
    >>> detail_in_words("released", {"holds": 1}, "UTC")
    'holds 1'
    """
    sentence = SENTENCES.get(what)
    try:
        return in_words(dict(detail), timezone) if sentence is None else sentence(detail, timezone).strip()
    except KeyError:
        return in_words(dict(detail), timezone)


def _site_written(detail: Detail, _: str) -> str:
    return f"Version {detail['version']} of the site's document."


def _site_deleted(detail: Detail, _: str) -> str:
    ended = detail["keys_revoked"]
    return f"Its keys are revoked: {', '.join(ended)}." if ended else "It had no keys of its own."


def _series_added(detail: Detail, _: str) -> str:
    said = []
    for each in detail["series"]:
        new, replaced, unchanged = _many(each["new"], "value"), each["replaced"], each["unchanged"]
        said.append(f"{each['series']}: {new} new, {replaced} replaced, {unchanged} as before.")
    return " ".join(said)


def _series_cleared(detail: Detail, _: str) -> str:
    return f"{detail['series']} begins anew: {_many(detail['days'], 'day')} of it are in the past only."


def _alarm(detail: Detail, _: str) -> str:
    about = f"{detail['subject']}: " if detail.get("subject") else ""
    return _ended(f"{about}{detail['alarm']}")


def _plan(detail: Detail, timezone: str) -> str:
    starts, expires = (_clock(detail[each], timezone) for each in ("starts_at", "expires_at"))
    certified = "certified" if detail["certified"] else "not certified"
    about = f"{detail['plan_id']} ({detail['status']}, {certified}) holds from {starts} until {expires}"
    return f"{about}. {_because(detail['why'])}"


def _plan_cancelled(detail: Detail, _: str) -> str:
    return f"{detail['plan_id']} is not followed any more. {_because(detail['why'])}"


def _prices_fetched(detail: Detail, timezone: str) -> str:
    span = f"{_clock(detail['from'], timezone)} to {_clock(detail['until'], timezone)}"
    values = f"{_many(detail['new_or_changed'], 'value')} new or changed"
    said = [f"{detail['source']} gave {detail['zone']} for {detail['series']}, {span}: {values}."]
    for name in ("missing", "doubted", "notes"):
        said += [_ended(f"{name.capitalize()}: {'; '.join(detail[name])}")] if detail[name] else []
    return " ".join(said)


def _held(detail: Detail, _: str) -> str:
    return _because(detail["why"])


def _released(detail: Detail, _: str) -> str:
    return f"{_because(detail['why'])} {_many(detail['holds'], 'hold')} ended."


def _webhook_added(detail: Detail, _: str) -> str:
    return f"Webhook {detail['id']} sends to {detail['url']}"


def _webhook_removed(detail: Detail, _: str) -> str:
    return f"Webhook {detail['id']} sends nothing any more."


def _key(detail: Detail, timezone: str) -> str:
    ends = detail["expires_at"]
    until = "does not run out" if ends is None else f"runs out {_clock(ends, timezone)}"
    return f"Key {detail['id']} of the role {detail['role']}; it {until}. {_because(detail.get('why', ''))}"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _clock(written: str, timezone: str) -> str:
    return day_and_clock(datetime.fromisoformat(written), timezone)


def _because(why: str) -> str:
    """A reason as a sentence of its own."""
    return _ended(f"{why[0].upper()}{why[1:]}") if why else ""


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


SENTENCES: Mapping[str, Callable[[Detail, str], str]] = {
    "site_written": _site_written,
    "site_deleted": _site_deleted,
    "series_added": _series_added,
    "series_cleared": _series_cleared,
    "alarm_raised": _alarm,
    "alarm_acknowledged": _alarm,
    "plan_made": _plan,
    "plan_refused": _plan,
    "plan_cancelled": _plan_cancelled,
    "plan_missed": _alarm,
    "prices_fetched": _prices_fetched,
    "held": _held,
    "released": _released,
    "telemetry_refused": _alarm,
    "webhook_added": _webhook_added,
    "webhook_removed": _webhook_removed,
    "key_created": _key,
    "key_revoked": _key,
}
"""The sentence of each kind of entry."""
