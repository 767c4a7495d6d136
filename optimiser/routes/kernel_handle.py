"""Model and day as kernels get them: one pointer each, however many arrays they hold.

A named tuple of forty arrays given to a compiled function costs more than most of our functions do: every
array is copied, and every use of one is counted in its owner. Here the arrays stand behind one pointer, and
lent: who makes the reference keeps the named tuple alive. Called by `day_state` and `search`. Numba's
structref; its proxies have no use outside compiled code, where the named tuples are used.
"""

from typing import Any, cast

from numba import carray, types  # type: ignore[attr-defined]
from numba.experimental import structref
from numba.extending import intrinsic

from optimiser.routes.arrays import AnyArray
from optimiser.routes.day_arrays import Day
from optimiser.routes.kernel_cache import kernel
from optimiser.routes.model import Model


def _plain_fields(fields: Any) -> Any:
    return tuple((name, types.unliteral(kind)) for name, kind in fields)


@structref.register
class ModelRefType(types.StructRef):
    """Numba's type of a model behind a pointer."""

    def preprocess_fields(self, fields: Any) -> Any:
        """Numbers are not part of the type."""
        return _plain_fields(fields)


@structref.register
class DayRefType(types.StructRef):
    """Numba's type of a day behind a pointer."""

    def preprocess_fields(self, fields: Any) -> Any:
        """Numbers are not part of the type."""
        return _plain_fields(fields)


class ModelRef(structref.StructRefProxy):
    """A model behind a pointer."""


class DayRef(structref.StructRefProxy):
    """A day behind a pointer."""


structref.define_proxy(ModelRef, ModelRefType, list(Model._fields))
structref.define_proxy(DayRef, DayRefType, list(Day._fields))


@intrinsic
def _pointer(typing_context: Any, address: Any) -> Any:
    """An address as a pointer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(address), generate


@kernel
def _lent(array: AnyArray) -> AnyArray:
    """The same memory as an array that nobody counts."""
    return carray(_pointer(array.ctypes.data), array.shape, array.dtype)  # type: ignore[call-arg]


@kernel
def _model_ref(t: Model) -> Any:
    return ModelRef(
        _lent(t.cost),
        _lent(t.cost_t),
        _lent(t.travel),
        _lent(t.enter),
        _lent(t.leave),
        _lent(t.ways),
        _lent(t.service),
        _lent(t.opens),
        _lent(t.closes),
        _lent(t.n_open),
        _lent(t.simple),
        _lent(t.then),
        _lent(t.first),
        _lent(t.inner_travel),
        _lent(t.inner_cost),
        _lent(t.calls),
        _lent(t.takes),
        _lent(t.takes_all),
        _lent(t.load),
        _lent(t.holds),
        _lent(t.release),
        _lent(t.unserved),
        _lent(t.lock_at),
        _lent(t.placed),
        _lent(t.may),
        _lent(t.start),
        _lent(t.end),
        _lent(t.begin_s),
        _lent(t.shift_s),
        _lent(t.regular_s),
        _lent(t.hard_s),
        _lent(t.capacity),
        _lent(t.daily_load),
        _lent(t.daily_stops),
        _lent(t.max_trips),
        _lent(t.rest_from),
        _lent(t.rest_until),
        _lent(t.rest_s),
        _lent(t.fixed),
        _lent(t.done),
        _lent(t.kin),
        _lent(t.home),
        t.moved_cost,
        t.overtime_cost,
        t.balance,
        t.tip_detour,
        t.has_release,
        _lent(t.near),
        _lent(t.timely),
        t.n_stops,
        t.n_nodes,
    )


@kernel
def _day_ref(t: Day) -> Any:
    return DayRef(
        _lent(t.node),
        _lent(t.way),
        _lent(t.enter),
        _lent(t.leave),
        _lent(t.leg),
        _lent(t.clock),
        _lent(t.trip),
        _lent(t.rank),
        _lent(t.sofar),
        _lent(t.release),
        _lent(t.trip_load),
        _lent(t.trip_holds),
        _lent(t.trip_from),
        _lent(t.trip_to),
        _lent(t.trip_release),
        _lent(t.n),
        _lent(t.trips),
        _lent(t.fixed_to),
        _lent(t.day_load),
        _lent(t.day_stops),
        _lent(t.day_calls),
        _lent(t.legs),
        _lent(t.finish),
        _lent(t.right),
        _lent(t.vehicle),
        _lent(t.at),
        _lent(t.absent),
        _lent(t.counts),
    )


def model_ref(model: Model) -> Model:
    """The model as kernels get it; typed as what it stands for."""
    return cast(Model, _model_ref(model))


def day_ref(day: Day) -> Day:
    """The day as kernels get it, on the same arrays."""
    return cast(Day, _day_ref(day))
