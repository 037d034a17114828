"""How many objects a source sent, by table: counted on what came, before anything is made of it.

Belongs here: the one count of the ledger that does not follow from what flatten did, so that an
object lost on the way shows. Once over raw Arrow arrays (fast path), once over a parsed record
(careful path). Does not belong here: records (their reader hands them over whole, so the caller
counts those), rows, fates.

What is counted below a record:
- each element of a declared list, whatever it is: {} and null are elements too;
- a single optional object (`owner`) or scalar (`tariff_id`) where it is there at all;
- of several places for the same thing the first that holds something (`tariff_ids[]`, then
  `tariff_id`), and what the places before it hold.

Where an id or a position makes an object of an element, the one that cannot be read goes to
quarantine. Elsewhere (images, directions, opening hours, parties) an object that says nothing -
null, {}, nulls and blanks only - is no object: the ledger does not show it as received, and
ops.repair counts it as `empty_object`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dialects.declare import Rows
from pipelines.dialects.shape import Leaf, Many, Node, Object
from pipelines.flatten.objects import spellings
from pipelines.flatten.scalars import mended_leaf
from pipelines.flatten.tally import Tally
from pipelines.flatten.values import cleaned

# By table; tables that hold a part of their parent's row (freshness) are not in it.
Sent = Counter[str]
Mask = npt.NDArray[np.bool_]


def sent_in_arrays(root: Rows, values: pa.StructArray) -> Sent:
    """Objects below records that stand in raw Arrow arrays."""
    sent: Sent = Counter()
    _count_arrays(root, values, sent)
    return sent


def sent_in_record(root: Rows, shape: Object, value: Any) -> Sent:
    """Objects below one parsed record, whatever JSON it is."""
    sent: Sent = Counter()
    _count_below(root, shape, value, sent)
    return sent


# -- raw arrays --------------------------------------------------------------------------------


def _count_arrays(rows: Rows, values: pa.Array, sent: Sent) -> None:
    for child in rows.children:
        waiting: Mask | None = None
        for place in child.places:
            if not place:
                _count_arrays(child, values, sent)
                continue
            held = pc.struct_field(values, place.removesuffix("[]").split("."))
            if held.null_count == len(held):
                continue
            is_list = place.endswith("[]")
            if len(child.places) > 1:
                if waiting is None:
                    waiting = np.ones(len(held), np.bool_)
                elements = _elements_of_waiting(held, is_list, waiting)
            else:
                elements = pc.list_flatten(held) if is_list else held.drop_null()
            if not child.is_narrow:
                sent[child.table] += len(elements)
            if child.children:
                _count_arrays(child, elements, sent)


def _elements_of_waiting(held: pa.Array, is_list: bool, waiting: Mask) -> pa.Array:
    """Elements of those that found nothing at a place before; who found something waits no more."""
    if is_list:
        elements, parents = pc.list_flatten(held), pc.list_parent_indices(held).to_numpy()
    else:
        elements = held.drop_null()
        parents = np.flatnonzero(held.is_valid().to_numpy(zero_copy_only=False))
    asked = waiting[parents]
    says = elements.is_valid()
    if pa.types.is_string(elements.type):
        says = pc.and_kleene(says, pc.not_equal(elements, ""))
    waiting[parents[asked & says.to_numpy(zero_copy_only=False)]] = False
    return elements if asked.all() else elements.filter(pa.array(asked))


# -- one parsed record -------------------------------------------------------------------------


def _count_below(rows: Rows, node: Object, value: Any, sent: Sent) -> None:
    if not isinstance(value, dict):
        return
    for child in rows.children:
        places = child.places
        for place in places:
            if not place:
                if child.children:
                    _count_below(child, node, value, sent)
                continue
            inner, elements = _elements_at(node, value, _names(place))
            if not elements:
                continue
            if not child.is_narrow:
                sent[child.table] += len(elements)
            if child.children and isinstance(inner, Object):
                for element in elements:
                    _count_below(child, inner, element, sent)
            if len(places) > 1 and any(_says(inner, element) for element in elements):
                break


def _elements_at(
    node: Object, value: dict[str, Any], names: tuple[str, ...]
) -> tuple[Node, Sequence[Any]]:
    """What stands at a place, and the node it should have the shape of."""
    for name in names[:-1]:
        around = _unwrapped(_attribute(node, value, name))
        inner = node.nodes[name]
        if not isinstance(around, dict) or not isinstance(inner, Object):
            return node, ()  # an unreadable one is counted as a repair: unreadable_object
        node, value = inner, around
    found = node.nodes[names[-1]]
    held = _attribute(node, value, names[-1])
    if held is None:
        return found, ()
    if isinstance(found, Many):
        return found.item, _listed(held)
    if isinstance(found, Leaf):
        return found, () if mended_leaf(found, held, Tally()) is None else (held,)
    held = None if held == [] or _is_blank(held) else _unwrapped(held)
    return found, () if held is None else (held,)


@lru_cache(maxsize=1024)
def _names(place: str) -> tuple[str, ...]:
    return tuple(place.removesuffix("[]").split("."))


@lru_cache(maxsize=1024)
def _other_spellings(node: Object, name: str) -> tuple[str, ...]:
    return tuple(other for other in spellings(name)[1:] if other not in node.nodes)


def _attribute(node: Object, value: dict[str, Any], name: str) -> Any:
    """What an object holds by a declared name, whatever its spelling."""
    held = value.get(name)
    if held is None:
        for spelling in _other_spellings(node, name):
            held = value.get(spelling)
            if held is not None:
                return held
    return held


def _listed(held: Any) -> list[Any]:
    """Elements of what should be a list: nothing is none of them, one thing is one of them."""
    if held is None or held == {} or _is_blank(held):
        return []
    return held if isinstance(held, list) else [held]


def _unwrapped(held: Any) -> Any:
    """One object in a list of its own is that object."""
    return held[0] if isinstance(held, list) and len(held) == 1 else held


def _is_blank(held: Any) -> bool:
    return isinstance(held, str) and cleaned(held) is None


def _says(node: Node, element: Any) -> bool:
    if isinstance(node, Leaf):
        return mended_leaf(node, element, Tally()) not in (None, "")
    return element is not None
