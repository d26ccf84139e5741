"""Compiled and as plain Python the same code gives the same answer; without numba it says what to install."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numba
import pytest
from fleet_sites import fleet_problem

from ridethrough import optimizer
from ridethrough.optimizer.dynamic_program import UnableToCompile, cheapest_plan, compiled
from ridethrough.optimizer.fleet import cheapest_fleet_plan
from ridethrough.optimizer.problem.plan_basis import basis_of

KERNELS = ("ridethrough.optimizer.dynamic_program", "ridethrough.optimizer.fleet")


@contextmanager
def plain_python() -> Iterator[tuple[ModuleType, ModuleType]]:
    """Both packages imported anew with the compiler switched off; the compiled ones come back afterwards."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith(KERNELS)}
    for name in kept:
        del sys.modules[name]
    before, numba.config.DISABLE_JIT = numba.config.DISABLE_JIT, True
    try:
        yield importlib.import_module(KERNELS[0]), importlib.import_module(KERNELS[1])
    finally:
        numba.config.DISABLE_JIT = before
        for name in [name for name in sys.modules if name.startswith(KERNELS)]:
            del sys.modules[name]
        sys.modules.update(kept)
        for name in KERNELS:
            setattr(optimizer, name.split(".")[2], kept[name])


@pytest.mark.parametrize("seed", range(6))
def test_one_battery_as_plain_python(seed: int) -> None:
    made = fleet_problem(1, intervals=30, seed=seed, import_margin=(1.2, 0.98, 0.3)[seed % 3])
    expected = cheapest_plan(basis_of(made))
    with plain_python() as (plain, _):
        found = plain.cheapest_plan(basis_of(made))

    if expected is None:
        assert found is None
    else:
        assert found.objective == pytest.approx(expected.objective, rel=1e-12)
        assert found.bound == pytest.approx(expected.bound, rel=1e-11)
        assert found.trajectories[0].stored_kwh == pytest.approx(expected.trajectories[0].stored_kwh, abs=1e-6)


def test_a_fleet_as_plain_python() -> None:
    made = fleet_problem(4, intervals=6)
    expected = cheapest_fleet_plan(basis_of(made))
    with plain_python() as (_, plain):
        found = plain.cheapest_fleet_plan(basis_of(made))

    assert expected is not None
    assert found.objective == pytest.approx(expected.objective, rel=2e-6)


def test_without_numba_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "numba", None)
    with pytest.raises(UnableToCompile, match=r'pip install "ridethrough\[studies\]"'):
        cheapest_plan(basis_of(fleet_problem(1, intervals=2)))
    with pytest.raises(UnableToCompile):
        cheapest_fleet_plan(basis_of(fleet_problem(2, intervals=2)))

    @compiled.compiled
    def double(x: float) -> float:
        return 2 * x

    with pytest.raises(UnableToCompile):
        double(1.0)


def test_what_was_compiled_before_a_source_changed_is_forgotten(tmp_path: Path) -> None:
    source, cache = tmp_path / "kernel.py", tmp_path / "__pycache__"
    cache.mkdir()
    source.write_text("")
    old, new, other = (cache / name for name in ("kernel.f.nbi", "kernel.g.nbi", "another.h.nbi"))
    for each in (old, new, other):
        each.write_text("")
    newest = max(part.stat().st_mtime for part in [source, *Path(compiled.__file__).parent.glob("*.py")])
    os.utime(old, (newest - 1, newest - 1))
    os.utime(new, (newest + 1, newest + 1))
    os.utime(other, (newest - 1, newest - 1))

    compiled._drop_stale(source)  # noqa: SLF001 - what numba itself does not see

    assert [each.exists() for each in (old, new, other)] == [False, True, True]


def test_where_nothing_can_be_kept_on_disk_it_compiles_all_the_same() -> None:
    class Compiler:
        config = None

        @staticmethod
        def njit(*functions: object, **options: object) -> object:
            if options:
                raise RuntimeError("no locator available")
            return functions[0]

    def double(x: float) -> float:
        return 2 * x

    assert compiled._with_numba(Compiler, double)(2.0) == 4.0  # noqa: SLF001
