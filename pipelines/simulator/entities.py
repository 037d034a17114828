"""What exists in the simulated world, in nobody's dialect.

Belongs here: frozen dataclasses with plain values, named as OCPI names them where it has a name
(every dialect of the family does), units in names where they differ between dialects. Does not
belong here: how they come about (`world.py`) and how they are written (`render_*.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SimImage:
    """A picture or logo."""

    url: str
    thumbnail: str | None
    category: str
    type: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class SimText:
    """A text in one language (ISO 639-1)."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class SimBusiness:
    """An operator, suboperator or owner; `ema_ids` look like NL*AAA."""

    key: str
    name: str
    website: str | None
    logo: SimImage | None
    ema_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SimPlace:
    """A point in degrees (WGS 84)."""

    latitude: float
    longitude: float
    name: SimText | None = None


@dataclass(frozen=True, slots=True)
class SimRegularHours:
    """Opening hours of one weekday (1 = Monday), local time as HH:MM."""

    weekday: int
    period_begin: str
    period_end: str


@dataclass(frozen=True, slots=True)
class SimPeriod:
    """A period between two UTC times."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class SimOpeningTimes:
    """When a location can be entered."""

    twentyfourseven: bool
    regular_hours: tuple[SimRegularHours, ...] = ()
    exceptional_openings: tuple[SimPeriod, ...] = ()
    exceptional_closings: tuple[SimPeriod, ...] = ()


@dataclass(frozen=True, slots=True)
class SimEnergyMix:
    """Where the electricity comes from; sources in percent, impacts in g/kWh."""

    is_green_energy: bool
    sources: tuple[tuple[str, float], ...]
    impacts: tuple[tuple[str, float], ...]
    supplier_name: str | None
    energy_product_name: str | None


@dataclass(frozen=True, slots=True)
class SimPublishToken:
    """Who may see a location that is not published to all."""

    uid: str | None
    type: str | None
    visual_number: str | None
    issuer: str | None
    group_id: str | None


@dataclass(frozen=True, slots=True)
class SimStatusPeriod:
    """A status planned for a period."""

    begin: datetime
    end: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class SimConnector:
    """A socket or cable.

    `power_w` is what it can really give; `declared_power` is the number its operator publishes:
    watts, kilowatts (one operator), or nothing.
    """

    id: str
    standard: str
    format: str
    power_type: str
    voltage_v: int
    amperage_a: int
    power_w: int
    declared_power: int | None
    tariff_ids: tuple[str, ...]
    terms_and_conditions: str | None
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class SimEvse:
    """An EVSE: charges one car at a time."""

    uid: str
    evse_id: str | None
    status: str
    status_schedule: tuple[SimStatusPeriod, ...]
    capabilities: tuple[str, ...]
    connectors: tuple[SimConnector, ...]
    floor_level: str | None
    coordinates: SimPlace | None
    physical_reference: str | None
    directions: tuple[SimText, ...]
    parking_restrictions: tuple[str, ...]
    images: tuple[SimImage, ...]
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class SimLocation:
    """A location as published on one day."""

    country_code: str
    party_id: str
    id: str
    publish: bool
    publish_allowed_to: tuple[SimPublishToken, ...]
    name: str | None
    address: str
    city: str
    postal_code: str | None
    state: str | None
    country: str
    coordinates: SimPlace
    related_locations: tuple[SimPlace, ...]
    parking_type: str | None
    evses: tuple[SimEvse, ...]
    directions: tuple[SimText, ...]
    operator: SimBusiness
    suboperator: SimBusiness | None
    owner: SimBusiness | None
    facilities: tuple[str, ...]
    time_zone: str
    opening_times: SimOpeningTimes | None
    charging_when_closed: bool | None
    images: tuple[SimImage, ...]
    energy_mix: SimEnergyMix | None
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class SimPriceComponent:
    """A price without VAT: ENERGY per kWh, TIME and PARKING_TIME per hour, FLAT per session."""

    type: str
    price: Decimal
    vat: Decimal | None
    step_size: int


@dataclass(frozen=True, slots=True)
class SimRestrictions:
    """When a tariff element holds; kWh, A, kW and seconds."""

    start_time: str | None = None
    end_time: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: float | None = None
    max_kwh: float | None = None
    min_current: float | None = None
    max_current: float | None = None
    min_power: float | None = None
    max_power: float | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[str, ...] = ()
    reservation: str | None = None


@dataclass(frozen=True, slots=True)
class SimTariffElement:
    """Price components that hold under the same restrictions."""

    components: tuple[SimPriceComponent, ...]
    restrictions: SimRestrictions | None


@dataclass(frozen=True, slots=True)
class SimPrice:
    """An amount without and with VAT."""

    excl_vat: Decimal
    incl_vat: Decimal | None


@dataclass(frozen=True, slots=True)
class SimTariff:
    """A tariff as published on one day."""

    country_code: str
    party_id: str
    id: str
    currency: str
    type: str | None
    alt_texts: tuple[SimText, ...]
    alt_url: str | None
    min_price: SimPrice | None
    max_price: SimPrice | None
    elements: tuple[SimTariffElement, ...]
    start_date_time: datetime | None
    end_date_time: datetime | None
    energy_mix: SimEnergyMix | None
    last_updated: datetime
