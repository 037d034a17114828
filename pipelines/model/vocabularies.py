"""The spellings that OCPI and its relatives define, for repairing wrong case and blanks.

Belongs here: value lists, as the standards and vendors print them (union over versions). Does
not belong here: what a value means for a number (dbt). A value outside its list is kept as it
came and reported; it never rejects a row.
"""

from __future__ import annotations

EVSE_STATUS = (
    "AVAILABLE", "BLOCKED", "CHARGING", "FINISHING", "INOPERATIVE", "OUTOFORDER", "PLANNED",
    "PREPARING", "REMOVED", "RESERVED", "UNKNOWN",
)  # fmt: skip

CONNECTOR_STANDARD = (
    "CHADEMO", "CHAOJI", *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO"), "GBT_AC",
    "GBT_DC", "IEC_60309_2_single_16", "IEC_60309_2_three_16", "IEC_60309_2_three_32",
    "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2",
    "IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "MCS", "NEMA_5_20", "NEMA_6_30",
    "NEMA_6_50", "NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP",
    "PANTOGRAPH_TOP_DOWN", "SAE_J3400", "TESLA_R", "TESLA_S",
)  # fmt: skip

CONNECTOR_FORMAT = ("SOCKET", "CABLE")

POWER_TYPE = ("AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC")

CAPABILITY = (
    "CHARGING_PREFERENCES_CAPABLE", "CHARGING_PROFILE_CAPABLE", "CHIP_CARD_SUPPORT",
    "CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "PED_TERMINAL",
    "REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER", "START_SESSION_CONNECTOR_REQUIRED",
    "TOKEN_GROUP_CAPABLE", "UNLOCK_CAPABLE",
)  # fmt: skip

PARKING_RESTRICTION = ("EV_ONLY", "PLUGGED", "DISABLED", "CUSTOMERS", "MOTORCYCLES")

PARKING_TYPE = (
    "ALONG_MOTORWAY", "PARKING_GARAGE", "PARKING_LOT", "ON_DRIVEWAY", "ON_STREET",
    "UNDERGROUND_GARAGE", "OTHER", "UNKNOWN",
)  # fmt: skip

FACILITY = (
    "AIRPORT", "BAKERY", "BIKE_SHARING", "BUSINESS", "BUS_STOP", "CAFE", "CARPOOL_PARKING",
    "EDUCATION", "FAST_FOOD", "FINANCE", "FUEL_STATION", "HEALTH", "HOTEL", "MALL", "METRO_STATION",
    "MUSEUM", "NATURE", "OTHER", "PARKING_LOT", "PLAYGROUND", "RECREATION_AREA", "RESTAURANT",
    "SERVICE", "SPORT", "STORE", "SUPERMARKET", "TAXI_STAND", "TOILETS", "TRAIN_STATION",
    "TRAM_STOP", "WIFI",
)  # fmt: skip

IMAGE_CATEGORY = ("CHARGER", "ENTRANCE", "LOCATION", "NETWORK", "OPERATOR", "OTHER", "OWNER")

ENERGY_SOURCE = (
    "NUCLEAR", "GENERAL_FOSSIL", "COAL", "GAS", "GENERAL_GREEN", "SOLAR", "WIND", "WATER",
)  # fmt: skip

ENVIRONMENTAL_IMPACT = ("NUCLEAR_WASTE", "CARBON_DIOXIDE")

TARIFF_TYPE = ("AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR")

TARIFF_DIMENSION = ("ENERGY", "FLAT", "PARKING_TIME", "TIME")

RESERVATION = ("RESERVATION", "RESERVATION_EXPIRES")

WEEKDAY = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

AUTH_METHOD = ("AUTH_REQUEST", "COMMAND", "WHITELIST")

SESSION_STATUS = ("ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION")

CDR_DIMENSION = (
    "CURRENT", "ENERGY", "ENERGY_EXPORT", "ENERGY_IMPORT", "FLAT", "MAX_CURRENT", "MAX_POWER",
    "MIN_CURRENT", "MIN_POWER", "PARKING_TIME", "POWER", "RESERVATION_TIME", "STATE_OF_CHARGE",
    "TIME",
)  # fmt: skip

TOKEN_TYPE = ("AD_HOC_USER", "APP_USER", "OTHER", "RFID")

# Title case at the level of the location, upper case at that of the connector: as printed.
LOCATION_ACCESS = ("Public", "Restricted", "Private")

CONNECTOR_ACCESS = ("PUBLIC", "PRIVATE", "RESTRICTED")

CHARGING_RESTRICTION = (
    "ONLY_2_WHEELERS", "ONLY_BRAND", "ONLY_BUS", "ONLY_CARSHARING", "ONLY_CUSTOMERS",
    "ONLY_EMPLOYEES", "ONLY_RESIDENTIAL", "ONLY_TAXIS", "ONLY_TRUCKS", "TIME_RESTRICTED",
)  # fmt: skip

# Composite: one value each, comma and all.
HEAVY_VEHICLE_CLASSES = ("N1", "N2", "N3", "N1, N2", "N1, N2, N3", "N3+O4", "UNKNOWN")

WHITELIST = ("ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER")

VOCABULARIES: dict[str, tuple[str, ...]] = {
    "evse_status": EVSE_STATUS,
    "connector_standard": CONNECTOR_STANDARD,
    "connector_format": CONNECTOR_FORMAT,
    "power_type": POWER_TYPE,
    "capability": CAPABILITY,
    "parking_restriction": PARKING_RESTRICTION,
    "parking_type": PARKING_TYPE,
    "facility": FACILITY,
    "image_category": IMAGE_CATEGORY,
    "energy_source": ENERGY_SOURCE,
    "environmental_impact": ENVIRONMENTAL_IMPACT,
    "tariff_type": TARIFF_TYPE,
    "tariff_dimension": TARIFF_DIMENSION,
    "reservation": RESERVATION,
    "weekday": WEEKDAY,
    "auth_method": AUTH_METHOD,
    "session_status": SESSION_STATUS,
    "cdr_dimension": CDR_DIMENSION,
    "token_type": TOKEN_TYPE,
    "whitelist": WHITELIST,
    "location_access": LOCATION_ACCESS,
    "connector_access": CONNECTOR_ACCESS,
    "charging_restriction": CHARGING_RESTRICTION,
    "heavy_vehicle_classes": HEAVY_VEHICLE_CLASSES,
}
