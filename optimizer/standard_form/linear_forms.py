"""Laws as templates: one reading of a Pyomo expression over a whole index set.

A template holds placeholders for its indices. It is read at all places (the indices of its law) at once. The result is
a constant and a list of terms, each with a coefficient and a column for every place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray
from pyomo.common.numeric_types import native_numeric_types, native_types
from pyomo.core.expr import numeric_expr
from pyomo.core.expr.template_expr import GetItemExpression, IndexTemplate, TemplateSumExpression

from ridethrough.optimizer.standard_form.coefficients import Coefficient, Constant, parameter_values, sums_by_place
from ridethrough.optimizer.standard_form.members import IndexSets

IndexArray = NDArray[np.intp]
ZERO = Constant(0.0)


class UnableToCompile(ValueError):
    """A law is not linear, or is stated in a form that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A coefficient times a variable, with one column for each place in `places` (None: every place)."""

    coefficient: Coefficient
    columns: IndexArray
    places: IndexArray | None = None

    def scaled(self, factor: Coefficient) -> "Term":
        """The term times a factor that holds one number for each place."""
        return Term(coefficient=self.coefficient * factor.at(self.places), columns=self.columns, places=self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearForm:
    """A constant and terms, over the places of a law."""

    constant: Coefficient = ZERO
    terms: tuple[Term, ...] = ()

    def plus(self, other: "LinearForm") -> "LinearForm":
        """The sum of both."""
        return LinearForm(constant=self.constant + other.constant, terms=self.terms + other.terms)

    def minus(self, other: "LinearForm") -> "LinearForm":
        """The difference of both."""
        return self.plus(other.times(Constant(-1.0)))

    def times(self, factor: Coefficient) -> "LinearForm":
        """The product with a factor that holds no variable."""
        return LinearForm(constant=self.constant * factor, terms=tuple(each.scaled(factor) for each in self.terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The number of places, and the value of each placeholder at each place."""

    count: int
    bindings: dict[int, IndexArray] = field(default_factory=dict)

    def bound(self, placeholders: Sequence[IndexTemplate], codes: IndexArray) -> "Places":
        """The same places with more placeholders bound: column `i` of `codes` to placeholder `i`."""
        bindings = dict(self.bindings)
        for each in placeholders:
            bindings[id(each)] = codes[:, each._index or 0]  # noqa: SLF001 - the dimension of the placeholder
        return Places(count=self.count, bindings=bindings)

    def repeated(self, places: IndexArray) -> "Places":
        """Other places, each copied from one of these."""
        return Places(count=len(places), bindings={key: value[places] for key, value in self.bindings.items()})


class Reader:
    """Reads templates into linear forms; `first_column` gives the first column of each variable."""

    def __init__(self, sets: IndexSets, first_column: dict[str, int]) -> None:
        self._sets = sets
        self._first_column = first_column

    def read(self, expression: Any, places: Places) -> LinearForm:  # noqa: ANN401 - Pyomo has no common type
        """Read an expression at all places; raises `UnableToCompile` if it is not linear."""
        kind = type(expression)
        if kind in native_numeric_types:
            return LinearForm(constant=Constant(float(expression)))
        if kind is IndexTemplate:
            return LinearForm(constant=Constant(places.bindings[id(expression)].astype(np.float64)))
        if isinstance(expression, GetItemExpression):
            component, *index = expression.args
            return self._item(component, [self._index(each, places) for each in index], places)
        if isinstance(expression, TemplateSumExpression):
            return self._sum(expression, places)
        for of_kind, read in self._OPERATIONS:
            if isinstance(expression, of_kind):
                return read(self, expression, places)
        if expression.is_component_type():
            return self._data(expression, places)
        raise UnableToCompile(f"not a linear expression: {expression}")

    def constant(self, expression: Any, places: Places) -> Coefficient:  # noqa: ANN401 - Pyomo has no common type
        """Read an expression that holds no variable."""
        form = self.read(expression, places)
        if form.terms:
            raise UnableToCompile(f"a variable where only parameters may stand: {expression}")
        return form.constant

    def _data(self, data: Any, places: Places) -> LinearForm:  # noqa: ANN401 - Pyomo has no common type
        """A scalar, or a single member of an indexed parameter or variable."""
        index = data.index()
        indices = () if index is None else index if isinstance(index, tuple) else (index,)
        codes = [np.array([self._sets.labels.code(each)], np.intp) for each in indices]
        return self._item(data.parent_component(), codes, places)

    def _item(self, component: Any, index: Sequence[IndexArray], places: Places) -> LinearForm:  # noqa: ANN401
        """A parameter or a variable at the index of every place."""
        positions = self._sets.of(component.index_set()).positions(index)
        if component.ctype is pyo.Param:
            return LinearForm(constant=parameter_values(component.local_name, positions))
        columns = np.broadcast_to(self._first_column[component.local_name] + positions, (places.count,))
        return LinearForm(terms=(Term(coefficient=Constant(1.0), columns=columns),))

    def _index(self, expression: Any, places: Places) -> IndexArray:  # noqa: ANN401 - Pyomo has no common type
        if type(expression) in native_types:
            return np.array([self._sets.labels.code(expression)], np.intp)
        constant = self.constant(expression, places)
        if not isinstance(constant, Constant):
            raise UnableToCompile(f"an index that depends on a parameter: {expression}")
        return np.atleast_1d(np.asarray(constant.number, np.intp))

    def _sum(self, expression: TemplateSumExpression, places: Places) -> LinearForm:
        """A sum over sets; each term belongs to the place to which it is summed."""
        inner, into = places, np.arange(places.count)
        for group in expression.template_iters():
            inner, into = self._over(group, inner, into)
        if not inner.count:
            return LinearForm()
        form = self.read(expression._local_args_[0], inner)
        terms = tuple(
            Term(
                coefficient=each.coefficient,
                columns=each.columns,
                places=into if each.places is None else into[each.places],
            )
            for each in form.terms
        )
        return LinearForm(constant=sums_by_place(form.constant, into, places.count), terms=terms)

    def _over(self, group: Sequence[IndexTemplate], places: Places, into: IndexArray) -> tuple[Places, IndexArray]:
        """Repeat every place for each member of the set that a group of placeholders runs over."""
        index_set = group[0]._set  # noqa: SLF001 - the set of the placeholder
        if isinstance(index_set, GetItemExpression):
            component, *index = index_set.args
            outer = self._sets.of(component.index_set()).positions([self._index(each, places) for each in index])
            members = [self._sets.of(each).codes for each in component.values()]
            outer = np.broadcast_to(outer, (places.count,))
            repeats = np.repeat(np.arange(places.count), [len(members[each]) for each in outer])
            codes = np.concatenate([members[each] for each in outer]) if places.count else members[0][:0]
        else:
            codes = self._sets.of(index_set).codes
            repeats = np.repeat(np.arange(places.count), len(codes))
            codes = np.tile(codes, (places.count, 1))
        return places.repeated(repeats).bound(group, codes), into[repeats]

    def _plus(self, expression: Any, places: Places) -> LinearForm:  # noqa: ANN401 - Pyomo has no common type
        form = LinearForm()
        for each in expression.args:
            form = form.plus(self.read(each, places))
        return form

    def _times(self, expression: Any, places: Places) -> LinearForm:  # noqa: ANN401 - Pyomo has no common type
        left, right = (self.read(each, places) for each in expression.args)
        if left.terms and right.terms:
            raise UnableToCompile(f"a product of variables: {expression}")
        return left.times(right.constant) if left.terms else right.times(left.constant)

    def _over_constant(self, expression: Any, places: Places) -> LinearForm:  # noqa: ANN401 - Pyomo has no common type
        numerator, denominator = expression.args
        divisor = self.constant(denominator, places)
        form = self.read(numerator, places)
        return LinearForm(
            constant=form.constant / divisor,
            terms=tuple(
                Term(
                    coefficient=each.coefficient / divisor.at(each.places),
                    columns=each.columns,
                    places=each.places,
                )
                for each in form.terms
            ),
        )

    def _minus(self, expression: Any, places: Places) -> LinearForm:  # noqa: ANN401 - Pyomo has no common type
        return self.read(expression.args[0], places).times(Constant(-1.0))

    _OPERATIONS: tuple[tuple[type, Callable[["Reader", Any, Places], LinearForm]], ...] = (
        (numeric_expr.SumExpression, _plus),
        (numeric_expr.ProductExpression, _times),
        (numeric_expr.DivisionExpression, _over_constant),
        (numeric_expr.NegationExpression, _minus),
    )
