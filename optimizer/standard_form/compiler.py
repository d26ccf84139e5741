"""The compiler: from an abstract Pyomo model to a form that gives a linear program for all parameter values."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression, RangedExpression
from pyomo.core.expr.template_expr import templatize_rule

from ridethrough.optimizer.standard_form.coefficients import Coefficient, Constant, Parameters
from ridethrough.optimizer.standard_form.linear_forms import ZERO, LinearForm, Places, Reader, Term, UnableToCompile
from ridethrough.optimizer.standard_form.members import IndexSets, UnableToFind
from ridethrough.optimizer.standard_form.program import FloatArray, IntArray, LinearProgram

IndexArray = NDArray[np.intp]
_FREE = (Constant(-math.inf), Constant(math.inf))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """The rows of one constraint, or the columns of one variable: `count` of them from `first`."""

    first: int
    count: int
    lower: Coefficient
    upper: Coefficient
    form: LinearForm = field(default_factory=LinearForm)

    @property
    def places(self) -> slice:
        """The positions of its bounds among all bounds."""
        return slice(self.first, self.first + self.count)


class CompiledModel:
    """A model read once; `program` evaluates it.

    `columns` maps the name of each variable to its columns, in the order of its index set.
    """

    def __init__(self, model: pyo.AbstractModel) -> None:
        """Read a linear model; raises `UnableToCompile` if a law is not linear."""
        for component in model.component_objects((pyo.Set, pyo.RangeSet, pyo.Param, pyo.Var)):
            component.construct()
        self._sets = IndexSets()
        variables = list(model.component_objects(pyo.Var))
        self.columns = _numbered({each.local_name: len(each.index_set()) for each in variables})
        self._reader = Reader(self._sets, {name: columns.start for name, columns in self.columns.items()})
        self._variables = tuple(self._variable(model, each) for each in variables)
        self._integer = np.concatenate(
            [np.full(len(each.index_set()), _is_integer(each)) for each in variables] or [np.zeros(0, bool)]
        )
        self._rows = tuple(self._constraints(model))
        (objective,) = model.component_objects(pyo.Objective)
        self._objective = self._read(model, objective.rule, objective.index_set())[0]
        columns = [term.columns for term in self._objective.terms]
        self._cost = _Sums.of(self._objective.terms, np.concatenate(columns), len(self._integer))
        self._matrix = _Pattern.of(self._rows, len(self._integer))
        self._column_bounds = _Bounds.of(self._variables, len(self._integer))
        self._row_bounds = _Bounds.of(self._rows, self._matrix.rows)

    def program(self, parameters: Parameters) -> LinearProgram:
        """The linear program at some values of the parameters, each in the order of its index set."""
        lower, upper = self._column_bounds.value(parameters)
        row_lower, row_upper = self._row_bounds.value(parameters)
        return LinearProgram(
            cost=self._cost.value(parameters),
            offset=float(np.asarray(self._objective.constant.value(parameters)).sum()),
            lower=lower,
            upper=upper,
            integer=self._integer,
            row_lower=row_lower,
            row_upper=row_upper,
            starts=self._matrix.starts,
            indices=self._matrix.indices,
            values=self._matrix.sums.value(parameters),
        )

    def _variable(self, model: pyo.AbstractModel, variable: pyo.Var) -> _Block:
        columns = self.columns[variable.local_name]
        count = columns.stop - columns.start
        low, high = _domain(variable).bounds()
        lower, upper = _bound(low, _FREE[0]), _bound(high, _FREE[1])
        rule = variable._rule_bounds  # noqa: SLF001 - Pyomo tells the bounds of single members only
        if rule is not None and count:
            (least, most), places = self._templated(model, rule, variable.index_set())
            lower = lower if least is None else self._reader.constant(least, places)
            upper = upper if most is None else self._reader.constant(most, places)
        return _Block(first=columns.start, count=count, lower=lower, upper=upper)

    def _constraints(self, model: pyo.AbstractModel) -> Iterator[_Block]:
        first = 0
        for constraint in model.component_objects(pyo.Constraint):
            count = len(self._sets.of(constraint.index_set()))
            if not count:
                continue
            form, lower, upper = self._read(model, constraint.rule, constraint.index_set())
            least = _less(lower, form.constant)
            most = least if upper is lower else _less(upper, form.constant)
            yield _Block(first=first, count=count, lower=least, upper=most, form=form)
            first += count

    def _read(
        self,
        model: pyo.AbstractModel,
        rule: Any,  # noqa: ANN401 - Pyomo has no common type
        index_set: pyo.Set,
    ) -> tuple[LinearForm, Coefficient, Coefficient]:
        """A law as lower <= form <= upper."""
        expression, places = self._templated(model, rule, index_set)
        try:
            return self._relation(expression, places)
        except UnableToFind as error:
            raise UnableToCompile(f"{error}: {expression}") from error

    def _relation(self, expression: Any, places: Places) -> tuple[LinearForm, Coefficient, Coefficient]:  # noqa: ANN401
        read = self._reader.read
        if isinstance(expression, EqualityExpression):
            left, right = (read(each, places) for each in expression.args)
            return left.minus(right), ZERO, ZERO
        if isinstance(expression, RangedExpression):
            least, body, most = expression.args
            return read(body, places), self._reader.constant(least, places), self._reader.constant(most, places)
        if isinstance(expression, InequalityExpression):
            left, right = (read(each, places) for each in expression.args)
            return left.minus(right), _FREE[0], ZERO
        return read(expression, places), *_FREE

    def _templated(self, model: pyo.AbstractModel, rule: Any, index_set: pyo.Set) -> tuple[Any, Places]:  # noqa: ANN401
        """A law with placeholders for its index, bound to every index of its set."""
        expression, placeholders = templatize_rule(model, rule, index_set)
        codes = self._sets.of(index_set).codes
        places = Places(count=len(codes))
        return expression, places.bound([each for each in placeholders if each is not None], codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Terms added into an array of length `size`: value `i` of all coefficients is added at `at[i]`.

    `constant` holds the constant part; `coefficients` hold the values that depend on parameters.
    """

    coefficients: tuple[tuple[Coefficient, slice], ...]
    constant: FloatArray
    at: IndexArray
    size: int

    @classmethod
    def of(cls, terms: Sequence[Term], at: IndexArray, size: int) -> "_Sums":
        ends = np.cumsum([0, *(len(term.columns) for term in terms)]).tolist()
        runs = (slice(*ends_of) for ends_of in pairwise(ends))
        coefficients = [(term.coefficient, run) for term, run in zip(terms, runs, strict=True)]
        constant = np.empty(len(at))
        for coefficient, run in coefficients:
            if isinstance(coefficient, Constant):
                constant[run] = coefficient.number
        varying = tuple(each for each in coefficients if not isinstance(each[0], Constant))
        return cls(coefficients=varying, constant=constant, at=at, size=size)

    def value(self, parameters: Parameters) -> FloatArray:
        values = self.constant.copy()
        for coefficient, where in self.coefficients:
            values[where] = coefficient.value(parameters)
        return np.bincount(self.at, weights=values, minlength=self.size).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """The matrix by row: the positions of its entries, and how terms add up to them."""

    rows: int
    starts: IntArray
    indices: IntArray
    sums: _Sums

    @classmethod
    def of(cls, blocks: tuple[_Block, ...], columns: int) -> "_Pattern":
        rows = sum(block.count for block in blocks)
        terms = [(block, term) for block in blocks for term in block.form.terms]
        row_of = [
            block.first + (np.arange(block.count) if term.places is None else term.places) for block, term in terms
        ]
        keys = [row * columns + term.columns for row, (_, term) in zip(row_of, terms, strict=True)]
        entries, at = np.unique(np.concatenate([np.zeros(0, np.intp), *keys]), return_inverse=True)
        return cls(
            rows=rows,
            starts=np.searchsorted(entries, np.arange(rows + 1) * columns).astype(np.int32),
            indices=(entries % max(columns, 1)).astype(np.int32),
            sums=_Sums.of([term for _, term in terms], at, len(entries)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """Both bounds of all rows, or of all columns; `lower` and `upper` already contain the constant ones."""

    lower: FloatArray
    upper: FloatArray
    blocks: tuple[_Block, ...]

    @classmethod
    def of(cls, blocks: tuple[_Block, ...], size: int) -> "_Bounds":
        lower, upper = np.empty(size), np.empty(size)
        varying = []
        for block in blocks:
            if isinstance(block.lower, Constant):
                lower[block.places] = block.lower.number
            if isinstance(block.upper, Constant):
                upper[block.places] = block.upper.number
            if not (isinstance(block.lower, Constant) and isinstance(block.upper, Constant)):
                varying.append(block)
        return cls(lower=lower, upper=upper, blocks=tuple(varying))

    def value(self, parameters: Parameters) -> tuple[FloatArray, FloatArray]:
        lower, upper = self.lower.copy(), self.upper.copy()
        for block in self.blocks:
            least = block.lower.value(parameters)
            lower[block.places] = least
            upper[block.places] = least if block.upper is block.lower else block.upper.value(parameters)
        return lower, upper


def _less(bound: Coefficient, constant: Coefficient) -> Coefficient:
    """A bound less the constant of its form; None if there is no bound."""
    return bound if bound in _FREE else bound - constant


def _bound(number: float | None, otherwise: Coefficient) -> Coefficient:
    return otherwise if number is None else Constant(float(number))


def _domain(variable: pyo.Var) -> Any:  # noqa: ANN401 - Pyomo has no common type
    return variable._rule_domain(variable.parent_block(), None, variable)  # noqa: SLF001 - there is no member to ask


def _is_integer(variable: pyo.Var) -> bool:
    return _domain(variable) in (pyo.Binary, pyo.Integers)


def _numbered(counts: Mapping[str, int]) -> dict[str, slice]:
    """Consecutive slices of the given lengths."""
    slices, first = {}, 0
    for name, count in counts.items():
        slices[name] = slice(first, first + count)
        first += count
    return slices
