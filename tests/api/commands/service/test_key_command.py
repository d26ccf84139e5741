"""`ridethrough key`, and who may ask a service that was started with a store."""

import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from service import running_service
from stored_sites import NOW

from ridethrough.api.commands.cli import main
from ridethrough.store.database import open_database
from ridethrough.store.keys import create_key
from ridethrough.store.operating import journal

_KEY = re.compile(r"rt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0, capsys.readouterr().err
    return capsys.readouterr().out


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_a_key_is_the_last_word_that_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    key = run(capsys, "key", "create", "--role", "operator", "--site", "pod-1", *data).split()[-1]
    assert _KEY.fullmatch(key)

    listed = json.loads(run(capsys, "key", "list", *data, "--format", "json"))["keys"]
    assert [(each["id"], each["role"], each["site_id"]) for each in listed] == [
        (key.split("_")[1], "operator", "pod-1")
    ]
    assert "operator" in run(capsys, "key", "list", *data)

    run(capsys, "key", "revoke", key.split("_")[1], *data)
    (revoked,) = json.loads(run(capsys, "key", "list", *data, "--format", "json"))["keys"]
    assert revoked["revoked_at"] is not None
    assert "must be a key that is valid" in refusal(capsys, "key", "revoke", key, *data)
    assert key not in refusal(capsys, "key", "revoke", key, *data)


def test_a_key_may_run_out_and_the_journal_says_who_made_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    said = run(capsys, "key", "create", "--role", "viewer", "--days", "30", *data)
    (listed,) = json.loads(run(capsys, "key", "list", *data, "--format", "json"))["keys"]
    lasts = datetime.fromisoformat(listed["expires_at"]) - datetime.fromisoformat(listed["created_at"])
    assert lasts == timedelta(days=30)
    assert listed["expires_at"][:16] in said
    with open_database(f"sqlite:///{tmp_path}/ridethrough.db").reading() as connection:
        (entry,) = journal.entries(connection, journal.SERVICE)
    assert (entry.who, entry.what, entry.detail["id"]) == ("command line", "key_created", listed["id"])


def test_a_key_is_revoked_with_those_that_come_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path))
    with open_database(f"sqlite:///{tmp_path}/ridethrough.db").writing() as connection:
        first = create_key(connection, role="admin", site_id=None, now=NOW)[0]
        second = create_key(connection, role="admin", site_id=None, now=NOW, made_by=first.caller_name)[0]
        third = create_key(connection, role="viewer", site_id=None, now=NOW, made_by=second.caller_name)[0]
    assert run(capsys, "key", "revoke", first.key_id, "--keep-made", *data) == f"{first.key_id} is revoked\n"
    assert run(capsys, "key", "revoke", second.key_id, *data).splitlines() == [
        f"{second.key_id} is revoked",
        f"{third.key_id} is revoked, because it comes from {second.key_id}",
    ]


def test_keys_are_kept_somewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, "key", "create", "--role", "viewer") == (
        "error: --data is None, must be given, or --database: where keys are kept\n"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "or another with --data DIR, so that keys are asked for"),  # noqa: S104 - it is refused
        (("--host", "0.0.0.0", "--data", "DATA", "--no-auth"), "or another without --no-auth"),  # noqa: S104
        (("--oidc-issuer", "https://issuer.example.com"), "--oidc-keys is None, must be given, both or neither"),
        (
            ("--oidc-issuer", "https://a.example.com", "--oidc-keys", "http://a.example.com/jwks"),
            "must be a file, an https URL, or an http URL of this machine",
        ),
        (("--data", "DATA", "--database", "postgresql://ann:secret@127.0.0.1/x"), "must be left out with --data"),
    ],
)
def test_a_service_that_strangers_could_reach_without_a_key_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    given = [str(tmp_path) if each == "DATA" else each for each in options]
    refused = refusal(capsys, "serve", "--port", "0", *given)
    assert said in refused
    assert "secret" not in refused


@pytest.mark.long
def test_the_first_start_prints_an_administrators_key_and_the_next_none(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    with running_service(*data) as first:
        (key,) = _KEY.findall(first.logged())
        asked = {"authorization": f"Bearer {key}"}
        assert first.client.get("/v1/tariffs").status_code == 401
        assert first.client.get("/v1/tariffs", headers=asked).status_code == 200
        checks = first.client.get("/readyz").json()["checks"]
        assert checks == dict.fromkeys(("solvers", "store", "migrations", "jobs"), "ok")
        command = [Path(sys.executable).with_name("ridethrough"), "key", "create", "--role", "viewer", *data]
        made = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
        assert first.client.get("/metrics", headers={"authorization": f"Bearer {made}"}).status_code == 200
        assert made not in first.logged()
        assert first.logged().count(key) == 1
    with running_service(*data) as again:
        assert again.client.get("/v1/tariffs", headers=asked).status_code == 200
        assert not _KEY.findall(again.logged())
    with running_service(*data, "--no-auth") as open_to_all:
        assert open_to_all.client.get("/v1/tariffs").status_code == httpx.codes.OK
