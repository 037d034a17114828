"""What a charger is made of: connectors with volts, amperes and watts that fit each other.

Belongs here: the kinds of EVSE and their connectors. Does not belong here: where chargers stand
(`sites.py`) and what they are doing (`statuses.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.simulator.draws import Draws
from pipelines.simulator.operators import Operator

# (kW, V, A): V x A is the power.
_DC_RATINGS = (
    (50, 400, 125),
    (50, 400, 125),
    (50, 500, 100),
    (100, 400, 250),
    (150, 500, 300),
    (150, 500, 300),
    (175, 500, 350),
    (300, 800, 375),
    (350, 1000, 350),
    (400, 1000, 400),
)
_AC_EXTRA_STANDARDS = ("DOMESTIC_F", "DOMESTIC_E", "IEC_62196_T2", "IEC_60309_2_three_16")


@dataclass(frozen=True, slots=True)
class ConnectorPlan:
    """A connector as built; `declared_power` in the unit its operator publishes."""

    standard: str
    format: str
    power_type: str
    voltage_v: int
    amperage_a: int
    power_w: int
    declared_power: int | None


def drawn_connectors(
    draws: Draws, operator: Operator, *, direct_current: bool, fill_all: bool
) -> tuple[ConnectorPlan, ...]:
    """One to three connectors (1.6 on average) of one EVSE."""
    number = 1 + (draws.chance(0.46)) + (draws.chance(0.28))
    if direct_current:
        built = [_dc(draws, "IEC_62196_T2_COMBO", draws.pick(_DC_RATINGS))]
        if number > 1:
            built.append(_dc(draws, "CHADEMO", (50, 400, 125)))
        if number > 2:
            built.append(_ac3(draws, operator, "CABLE"))
    elif draws.chance(0.12):
        built = [_ac1(draws, "IEC_62196_T2") for _ in range(number)]
    else:
        built = [_ac3(draws, operator, "CABLE" if draws.chance(0.2) else "SOCKET")]
        built += [
            _ac3(draws, operator, "CABLE")
            if draws.chance(0.6)
            else _ac1(draws, draws.pick(_AC_EXTRA_STANDARDS))
            for _ in range(number - 1)
        ]
    return tuple(_declared(draws, operator, plan, fill_all=fill_all) for plan in built)


def _dc(draws: Draws, standard: str, rating: tuple[int, int, int]) -> ConnectorPlan:
    kilowatts, volts, amperes = rating
    return ConnectorPlan(standard, "CABLE", "DC", volts, amperes, kilowatts * 1000, None)


def _ac3(draws: Draws, operator: Operator, plug: str) -> ConnectorPlan:
    amperes = 32 if draws.chance(0.4) else 16
    watts = 22_000 if amperes == 32 else 11_000
    volts = 400 if draws.chance(operator.line_to_line_share) else 230
    return ConnectorPlan("IEC_62196_T2", plug, "AC_3_PHASE", volts, amperes, watts, None)


def _ac1(draws: Draws, standard: str) -> ConnectorPlan:
    amperes = 32 if standard == "IEC_62196_T2" and draws.chance(0.5) else 16
    return ConnectorPlan(standard, "SOCKET", "AC_1_PHASE", 230, amperes, 230 * amperes, None)


def _declared(
    draws: Draws, operator: Operator, plan: ConnectorPlan, *, fill_all: bool
) -> ConnectorPlan:
    if not draws.chance(operator.declares_power) and not fill_all:
        return plan
    declared = plan.power_w if operator.power_unit == "W" else max(1, round(plan.power_w / 1000))
    return ConnectorPlan(
        plan.standard,
        plan.format,
        plan.power_type,
        plan.voltage_v,
        plan.amperage_a,
        plan.power_w,
        declared,
    )
