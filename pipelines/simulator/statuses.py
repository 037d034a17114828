"""What an EVSE says it is doing on a night.

Belongs here: the status of one EVSE on one day and the time it was last said. Does not belong
here: lifetimes (`sites.py`).

Statuses are redrawn at events; between two events nothing moves. A redraw may give the status
that was there before (the time moves without a change), and 2 % of the events forget to move the
time (a change without the time), as real feeds do.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.simulator.draws import draw, last_event, unit
from pipelines.simulator.operators import Operator
from pipelines.simulator.sites import EvsePlan, Site

_STATUS, _EVENT, _SECOND, _SILENT, _FRAGILE = 101, 110, 120, 130, 140
SECONDS_A_DAY = 86_400
# Leaves room before midnight for what is written a moment later.
_SECONDS_SPOKEN = SECONDS_A_DAY - 10
# Days for which a taken-away EVSE is still published as REMOVED; every second one just goes.
_EVSE_REMOVED_DAYS = 12
_UP_STATUSES = ("AVAILABLE",) * 74 + ("CHARGING",) * 21 + ("BLOCKED",) * 2 + ("RESERVED",) * 3
_DOWN_STATUSES = ("INOPERATIVE", "OUTOFORDER")


@dataclass(frozen=True, slots=True)
class StatusSaid:
    """A status, and when it was said: `second` of the 24 hours before the midnight of `day`."""

    status: str
    day: int
    second: int


def status_on(site: Site, evse: EvsePlan, *, day: int) -> StatusSaid | None:
    """The status of an EVSE on a day, None while it is not published."""
    if day < evse.opened_on:
        return None
    second = draw(evse.key, _SECOND) % _SECONDS_SPOKEN
    removed_on = site.lifetime.removed_on
    if evse.ends_on is not None:
        removed_on = min(removed_on, evse.ends_on)
        if day >= evse.ends_on + _EVSE_REMOVED_DAYS * (evse.key % 2):
            return None
    if day >= removed_on:
        return StatusSaid("REMOVED", removed_on, second)
    working_from = max(evse.opened_on, site.planned_until)
    if day < working_from:
        return StatusSaid("PLANNED", evse.opened_on, second)
    return _working(site.operator, evse, working_from=working_from, day=day)


def _working(operator: Operator, evse: EvsePlan, *, working_from: int, day: int) -> StatusSaid:
    epoch, said_on = last_event(evse.key, _EVENT, period=evse.status_period, day=day)
    if said_on <= working_from:
        second = draw(evse.key, _SECOND, epoch) % _SECONDS_SPOKEN
        return StatusSaid("AVAILABLE", working_from, second)
    status = _drawn(operator, evse, epoch=epoch)
    if unit(evse.key, _SILENT, epoch) < 0.02:
        before, before_day = last_event(
            evse.key, _EVENT, period=evse.status_period, day=said_on - 1
        )
        if before_day > working_from:
            epoch, said_on = before, before_day
    return StatusSaid(status, said_on, draw(evse.key, _SECOND, epoch) % _SECONDS_SPOKEN)


def _drawn(operator: Operator, evse: EvsePlan, *, epoch: int) -> str:
    # One EVSE in twenty is a lemon: it carries most of its operator's failures.
    lemon = unit(evse.key, _FRAGILE) < 0.05
    down_share = 0.5 if lemon else operator.down_share * 0.6
    chance = unit(evse.key, _STATUS, epoch)
    number = draw(evse.key, _STATUS + 1, epoch)
    if chance < down_share:
        return _DOWN_STATUSES[number % 2]
    if chance < down_share + operator.unknown_share:
        return "UNKNOWN"
    return _UP_STATUSES[number % 100]
