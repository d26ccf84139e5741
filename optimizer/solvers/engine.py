"""Engines: compiled models, cached by structure, each with a live solver."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from ridethrough.optimizer.formulation.horizon import FloatArray, Parameters, Sets
from ridethrough.optimizer.formulation.model import state_model
from ridethrough.optimizer.solvers.highs import Session, Solution
from ridethrough.optimizer.standard_form.compiler import CompiledModel
from ridethrough.optimizer.standard_form.program import LinearProgram

_MOST_MODELS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedModel:
    """A compiled model and its solver."""

    compiled: CompiledModel
    warm: bool
    session: Session = field(default_factory=Session)

    def program(self, parameters: Parameters) -> LinearProgram:
        """The linear program at given values of the parameters."""
        return self.compiled.program(parameters)

    def solve(self, program: LinearProgram, *, time_limit_s: float) -> Solution:
        """Solve a program of this model."""
        return self.session.solve(program, time_limit_s=time_limit_s, warm=self.warm)

    def prefer(self, weights: FloatArray, *, time_limit_s: float) -> FloatArray | None:
        """Of all answers that cost the same as that of the last solve, find the one of the least weight."""
        return self.session.prefer(weights, time_limit_s=time_limit_s)


class Engine:
    """Compiles each structure once and keeps the last used ones.

    A `warm` engine starts each solve from the last answer of the same structure. That is faster, but if several
    schedules cost the same, the answer depends on earlier solves; so use it only for plans that are always made in the
    same order. With `dynamic_program`, plans of one battery are made without a solver if that is exact
    (`optimizer.routing`). The first of them and every `audited_every`-th after it are also solved by the simplex
    method. An engine belongs to one thread.
    """

    def __init__(self, *, warm: bool = False, dynamic_program: bool = False, audited_every: int = 100) -> None:
        self.warm = warm
        self.dynamic_program = dynamic_program
        self._audited_every = audited_every
        self._unaudited = 0
        self._models: OrderedDict[tuple[object, ...], PreparedModel] = OrderedDict()
        self._latest: tuple[Sets, PreparedModel] | None = None

    def __len__(self) -> int:
        """The number of cached models."""
        return len(self._models)

    def start_afresh(self) -> None:
        """Forget all last answers, and keep the compiled models: later answers do not depend on earlier ones."""
        for key, prepared in self._models.items():
            self._models[key] = PreparedModel(compiled=prepared.compiled, warm=self.warm)
        self._latest = None
        self._unaudited = 0

    def due_for_audit(self) -> bool:
        """Count one plan, and say whether it belongs to the audited sample."""
        due = self._unaudited == 0
        self._unaudited = (self._unaudited + 1) % self._audited_every
        return due

    def prepared(self, sets: Sets) -> PreparedModel:
        """The model over these sets, compiled if it is new."""
        if self._latest is not None and self._latest[0] == sets:
            return self._latest[1]
        key = tuple(sets.items())
        found = self._models.get(key)
        if found is None:
            found = self._models[key] = PreparedModel(compiled=CompiledModel(state_model(sets)), warm=self.warm)
            if len(self._models) > _MOST_MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        self._latest = sets, found
        return found


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.engine = Engine()


_OF_THREAD = _OfThread()


def engine_of_thread() -> Engine:
    """The engine of this thread, for plans without their own engine; every solve starts from nothing."""
    return _OF_THREAD.engine
