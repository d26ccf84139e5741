"""Coefficients: arrays that are functions of a model's parameters.

A coefficient is evaluated with `value(parameters)`, where `parameters` maps the name of each Pyomo parameter to its
values in the order of its index set (one value for a scalar). The result is a number, or one number for each place (an
index of a law) that it was made for. A coefficient that depends on no parameter is a `Constant`.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
Parameters = Mapping[str, FloatArray]
Value = FloatArray | float


class Coefficient:
    """A number, or one number for each place, as a function of the parameters."""

    __slots__ = ()

    def value(self, parameters: Parameters) -> Value:
        """The coefficient at the present values of the parameters."""
        raise NotImplementedError

    def at(self, places: IndexArray | None) -> "Coefficient":
        """The coefficient at other places, one for each entry of `places`; unchanged if `places` is None."""
        return self if places is None else AtPlaces(self, places)

    def __add__(self, other: "Coefficient") -> "Coefficient":
        if _is_number(self, 0.0):
            return other
        return self if _is_number(other, 0.0) else _combined(operator.add, self, other)

    def __sub__(self, other: "Coefficient") -> "Coefficient":
        return self if _is_number(other, 0.0) else _combined(operator.sub, self, other)

    def __mul__(self, other: "Coefficient") -> "Coefficient":
        if _is_number(self, 1.0) or _is_number(other, 0.0):
            return other
        if _is_number(self, 0.0):
            return self
        return self if _is_number(other, 1.0) else _combined(operator.mul, self, other)

    def __truediv__(self, other: "Coefficient") -> "Coefficient":
        return _combined(operator.truediv, self, other)

    def __neg__(self) -> "Coefficient":
        return Constant(-self.number) if isinstance(self, Constant) else Operation(operator.mul, Constant(-1.0), self)


@dataclass(frozen=True, slots=True)
class Constant(Coefficient):
    """A coefficient that depends on no parameter."""

    number: Value

    def value(self, parameters: Parameters) -> Value:  # noqa: ARG002 - the signature of every coefficient
        """The number, or numbers."""
        return self.number

    def at(self, places: IndexArray | None) -> Coefficient:
        """The same number, or those at the places."""
        if places is None or not isinstance(self.number, np.ndarray):
            return self
        return Constant(self.number[places])


@dataclass(frozen=True, slots=True)
class ParameterValues(Coefficient):
    """The values of a parameter at some positions of its index set."""

    name: str
    positions: IndexArray | slice

    def value(self, parameters: Parameters) -> Value:
        """The parameter's values."""
        return parameters[self.name][self.positions]

    def at(self, places: IndexArray | None) -> Coefficient:
        """The parameter's values at the places."""
        if places is None:
            return self
        positions = self.positions
        if isinstance(positions, slice):
            positions = np.arange(positions.start, positions.stop)
        return parameter_values(self.name, positions[places])


@dataclass(frozen=True, slots=True)
class ParameterValue(Coefficient):
    """One value of a parameter, at every place."""

    name: str
    position: int

    def value(self, parameters: Parameters) -> Value:
        """The parameter's value."""
        return float(parameters[self.name][self.position])

    def at(self, places: IndexArray | None) -> Coefficient:  # noqa: ARG002 - the signature of every coefficient
        """The same value everywhere."""
        return self


@dataclass(frozen=True, slots=True)
class Operation(Coefficient):
    """Two coefficients, combined by an operation at each place."""

    operation: Callable[[Value, Value], Value]
    left: Coefficient
    right: Coefficient

    def value(self, parameters: Parameters) -> Value:
        """The combination of both values."""
        return self.operation(self.left.value(parameters), self.right.value(parameters))

    def at(self, places: IndexArray | None) -> Coefficient:
        """The combination of both at the places."""
        return self if places is None else Operation(self.operation, self.left.at(places), self.right.at(places))


@dataclass(frozen=True, slots=True)
class AtPlaces(Coefficient):
    """A coefficient at other places."""

    source: Coefficient
    places: IndexArray

    def value(self, parameters: Parameters) -> Value:
        """The values at the places."""
        value = self.source.value(parameters)
        return value[self.places] if isinstance(value, np.ndarray) else value


@dataclass(frozen=True, slots=True)
class SumsByPlace(Coefficient):
    """Sums of a coefficient's values: value `i` counts at place `places[i]` of `size`."""

    source: Coefficient
    places: IndexArray
    size: int

    def value(self, parameters: Parameters) -> Value:
        """The sum at each place."""
        weights = self.source.value(parameters)
        if np.shape(weights) != self.places.shape:
            weights = np.full(self.places.shape, weights)
        if self.size == 1:
            return float(np.asarray(weights).sum())
        return np.bincount(self.places, weights=weights, minlength=self.size).astype(np.float64, copy=False)


def parameter_values(name: str, positions: IndexArray) -> Coefficient:
    """A parameter's values at some positions: one value, a slice, or any selection."""
    first = int(positions[0]) if len(positions) else 0
    if len(positions) and (positions == first).all():
        return ParameterValue(name, first)
    if len(positions) and (np.diff(positions) == 1).all():
        return ParameterValues(name, slice(first, first + len(positions)))
    return ParameterValues(name, positions)


def sums_by_place(source: Coefficient, places: IndexArray, size: int) -> Coefficient:
    """Sums of a coefficient's values, see `SumsByPlace`."""
    if _is_number(source, 0.0) or (len(places) == size and np.array_equal(places, np.arange(size))):
        return source
    sums = SumsByPlace(source, places, size)
    return Constant(sums.value({})) if isinstance(source, Constant) else sums


def _combined(operation: Callable[[Value, Value], Value], left: Coefficient, right: Coefficient) -> Coefficient:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Constant(operation(left.number, right.number))
    return Operation(operation, left, right)


def _is_number(coefficient: Coefficient, number: float) -> bool:
    return (
        isinstance(coefficient, Constant)
        and not isinstance(coefficient.number, np.ndarray)
        and coefficient.number == number
    )
