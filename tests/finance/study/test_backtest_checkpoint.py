"""A study that is killed goes on where it was, and comes to the same figures."""

import dataclasses
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import DAY, case, peaky_kw, tariff

from ridethrough.domain import UnableToAccept
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.checkpoints.checkpoint import inputs_sha256
from ridethrough.finance.study.checkpoints.checkpoint_key import key_for
from ridethrough.finance.study.study import Study
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.guard import GuardedPlanner
from ridethrough.operation.yardsticks import PerfectPlanner, PersistencePlanner

DAYS = 45
ROOT = Path(__file__).parents[3]

KILLED_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from study_cases import case
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.guard import GuardedPlanner
from ridethrough.operation.yardsticks import PersistencePlanner

def die(done, total):
    if done >= 38 * 24:
        os.kill(os.getpid(), signal.SIGKILL)

study(case({days}), PersistencePlanner(), options=StudyOptions(checkpoint=Path(sys.argv[1])), progress=die)
"""


def guarded_case() -> StudyCase:
    """Hourly plans by ceilings; the load rises above the protected load and, in June, above all before."""
    load_kw = np.minimum(peaky_kw(62 + DAYS), 4150.0)
    load_kw[(62 + 12) * DAY + 14] = 4390.0
    premises = site(ups_system(protected_load_kw=4000))
    return case(DAYS, before=62, load_kw=load_kw, premises=premises, every_h=1.0)


def guarded_planner() -> GuardedPlanner:
    return GuardedPlanner(planner=CeilingPlanner(settings=CeilingSettings(futures=8)))


def options(checkpoint: Path | None) -> StudyOptions:
    return StudyOptions(ceiling=False, checkpoint=checkpoint)


def figures(done: Study) -> tuple[object, ...]:
    return (done.grid_kw, done.ups, done.savings, done.safety, done.bill, done.warnings, done.periods)


def test_a_study_that_is_killed_half_way_and_resumed_comes_to_the_same(tmp_path: Path) -> None:
    checkpoint = tmp_path / "study.checkpoint"
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support" / "builders")])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_HALF_WAY.format(days=DAYS), checkpoint],
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert json.loads(checkpoint.read_text().splitlines()[1])["done"] == 30 * 24, (
        "June is done, and July was not finished"
    )
    told: list[int] = []
    resumed = study(
        case(DAYS), PersistencePlanner(), options=options(checkpoint), progress=lambda done, _: told.append(done)
    )
    assert told[0] == 31 * 24
    assert figures(resumed) == figures(study(case(DAYS), PersistencePlanner(), options=options(None)))
    again = study(case(DAYS), PersistencePlanner(), options=options(checkpoint))
    assert figures(again) == figures(resumed), "nothing is left to do"


GUARDED_KILLED = """
import os, signal, sys
from pathlib import Path
import test_backtest_checkpoint as made
from ridethrough.finance.study.backtest import study

def die(done, total):
    if done >= 33 * 24:
        os.kill(os.getpid(), signal.SIGKILL)

study(made.guarded_case(), made.guarded_planner(), options=made.options(Path(sys.argv[1])), progress=die)
"""


@pytest.mark.long
def test_a_guarded_study_by_ceilings_that_is_killed_and_resumed_comes_to_the_same_digits(tmp_path: Path) -> None:
    checkpoint = tmp_path / "study.checkpoint"
    folders = (ROOT, ROOT / "tests" / "support" / "builders", Path(__file__).parent)
    killed = subprocess.run(
        [sys.executable, "-c", GUARDED_KILLED, checkpoint],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert json.loads(checkpoint.read_text().splitlines()[1])["done"] == 30 * 24
    planner = guarded_planner()
    resumed = study(guarded_case(), planner, options=options(checkpoint))
    whole = study(guarded_case(), guarded_planner(), options=options(None))
    assert figures(resumed) == figures(whole)
    assert any(np.diff(resumed.ups[0].reserve_kwh) > 0), "the reserve rose in June"
    assert whole.safety.by_status == {"optimal": DAYS * 24}


def test_a_checkpoint_of_other_inputs_is_refused_with_the_reason(tmp_path: Path) -> None:
    checkpoint = tmp_path / "c.json"
    asked = case(2)
    study(asked, PersistencePlanner(), options=options(checkpoint))
    others = [
        case(3),
        case(2, priced=tariff(demand_rate=13)),
        case(2, every_h=12),
        dataclasses.replace(asked, record=dataclasses.replace(asked.record, load_kw=asked.record.load_kw + 1e-9)),
    ]
    for other in others:
        with pytest.raises(UnableToAccept, match="site, tariff, series, days or planning differ"):
            study(other, PersistencePlanner(), options=options(checkpoint))
    with pytest.raises(UnableToAccept, match="differ"):
        study(asked, PerfectPlanner(record=asked.record), options=options(checkpoint))
    prices = dataclasses.replace(asked.record, price_per_kwh=asked.record.unprotected_load_kw)
    assert inputs_sha256(dataclasses.replace(asked, record=prices), PersistencePlanner()) != inputs_sha256(
        asked, PersistencePlanner()
    )


@pytest.mark.parametrize("change", ["no json", "{}", "[]", {"done": 7}, {"charge_kw": [[1.0]]}, {"grid_kw": ["x"]}])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, change: object) -> None:
    checkpoint = tmp_path / "c.json"
    study(case(2), PersistencePlanner(), options=options(checkpoint))
    document = json.loads(checkpoint.read_text().splitlines()[1])
    body = change if isinstance(change, str) else json.dumps(document | change)  # type: ignore[operator]
    proof = hmac.new(key_for(checkpoint), body.encode(), hashlib.sha256).hexdigest()
    checkpoint.write_text(f"{proof}\n{body}")
    with pytest.raises(UnableToAccept, match="a checkpoint written by a study"):
        study(case(2), PersistencePlanner(), options=options(checkpoint))


@pytest.mark.parametrize(
    "forge",
    [
        lambda proof, body: f"{proof}\n{json.dumps(json.loads(body) | {'grid_kw': [0.0] * 48})}",
        lambda proof, body: f"{proof}\n{body.replace('certified', 'certified ')}",
        lambda proof, body: f"{'0' * len(proof)}\n{body}",
        lambda _proof, body: f"{hmac.new(b'', body.encode(), hashlib.sha256).hexdigest()}\n{body}",
        lambda _proof, body: f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}",
        lambda _proof, body: f"\n{body}",
        lambda _proof, body: body,
        lambda proof, _body: f"{proof}\n{'[' * 200_000}",
        lambda proof, body: f"{proof}\n{body.replace('48', '1e400')}",
        lambda _proof, _body: "\x00",
    ],
)
def test_a_forged_checkpoint_is_refused(tmp_path: Path, forge: Callable[[str, str], str]) -> None:
    checkpoint = tmp_path / "c.json"
    study(case(2), PersistencePlanner(), options=options(checkpoint))
    checkpoint.write_text(forge(*checkpoint.read_text().split("\n")))
    with pytest.raises(UnableToAccept, match="written by a study of this user on this machine, and unchanged"):
        study(case(2), PersistencePlanner(), options=options(checkpoint))


def test_the_key_is_its_owners_alone_and_another_key_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = tmp_path / "c.json"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "one"))
    study(case(2), PersistencePlanner(), options=options(checkpoint))
    key = tmp_path / "one" / "ridethrough" / "checkpoint.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(UnableToAccept, match="readable by its owner alone"):
        study(case(2), PersistencePlanner(), options=options(checkpoint))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "two"))
    with pytest.raises(UnableToAccept, match="of this user on this machine"):
        study(case(2), PersistencePlanner(), options=options(checkpoint))


def test_without_a_state_folder_the_key_stands_beside_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    checkpoint = tmp_path / "c.json"
    study(case(2), PersistencePlanner(), options=options(checkpoint))
    assert (tmp_path / ".c.json.key").stat().st_mode & 0o777 == 0o600
    study(case(2), PersistencePlanner(), options=options(checkpoint))


def test_a_checkpoint_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnableToAccept, match="a file that can be written"):
        study(case(2), PersistencePlanner(), options=options(tmp_path / "nowhere" / "c.json"))
