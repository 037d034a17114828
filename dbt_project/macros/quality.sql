{# What is counted of the quality of a feed. One list: a field or a fault is added here, with its
   meaning and weight in the seeds quality_field and quality_rule. #}

{# (level, name, SQL that is true where the field says something). `location` stands for the version
   of the location, `span` for location_span, and so on; '' and [] say nothing. #}
{% macro quality_fields() -%}
    {{ return([
        ('location', 'name', "location.name <> ''"),
        ('location', 'address', "location.address <> ''"),
        ('location', 'city', "location.city <> ''"),
        ('location', 'postal_code', "location.postal_code <> ''"),
        ('location', 'country', "location.country_iso3 is not null"),
        ('location', 'coordinates', "location.latitude is not null and location.longitude is not null"),
        ('location', 'time_zone', "location.time_zone <> ''"),
        ('location', 'opening_hours', "span.has_opening_hours"),
        ('location', 'operator', "span.has_operator_name"),
        ('location', 'owner', "span.has_owner_name"),
        ('location', 'parking_type', "location.parking_type is not null"),
        ('location', 'facilities', "cardinality(location.facilities) > 0"),
        ('evse', 'evse_id', "evse.evse_id <> ''"),
        ('evse', 'emi3_evse_id', looks_like_emi3(normalised_evse_id('evse.evse_id'))),
        ('evse', 'physical_reference', "evse.physical_reference <> ''"),
        ('evse', 'capabilities', "cardinality(evse.capabilities) > 0"),
        ('connector', 'standard', "connector.standard is not null"),
        ('connector', 'format', "connector.format is not null"),
        ('connector', 'power_type', "connector.power_type is not null"),
        ('connector', 'voltage', "connector.voltage_v is not null"),
        ('connector', 'amperage', "connector.amperage_a is not null"),
        ('connector', 'max_power', "connector.max_power_w > 0"),
        ('tariff', 'currency', "tariff.currency <> ''"),
        ('tariff', 'tariff_type', "tariff.tariff_type is not null"),
        ('tariff', 'tariff_alt_url', "tariff.tariff_alt_url <> ''"),
        ('price_component', 'vat', "price_component.vat_percent is not null")
    ]) }}
{%- endmacro %}

{# (name, SQL that is true of a version of a connector with the fault). #}
{% macro connector_faults() -%}
    {{ return([
        ('implausible_voltage', "connector.voltage_v is not null and not " ~ is_plausible_voltage('connector')),
        ('line_to_line_voltage', "connector.power_type = 'AC_3_PHASE' and connector.voltage_v between 340 and 500"),
        ('implausible_amperage', "connector.amperage_a is not null and not " ~ is_plausible_amperage('connector')),
        ('above_rating', "power.is_above_rating"),
        ('declared_power_ignored', "power.is_declared_power_ignored"),
        ('declared_power_in_kw', "power.power_method = 'declared_kw' and power.declared_power_unit = 'W'"),
        ('declared_power_in_milliwatt', "power.power_method = 'declared_milli'"),
        ('dc_on_ac_plug', "connector.power_type = 'DC' and connector.standard in ('IEC_62196_T2', 'IEC_62196_T1', 'IEC_62196_T3A', 'IEC_62196_T3C', 'GBT_AC')"),
        ('ac_on_dc_plug', "connector.power_type like 'AC\\_%' and connector.standard in ('IEC_62196_T2_COMBO', 'IEC_62196_T1_COMBO', 'CHADEMO', 'CHAOJI', 'GBT_DC', 'MCS')"),
        ('unknown_power_type', "connector.power_type not in ('AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC')")
    ]) }}
{%- endmacro %}

{# As derived power has it (connector_power): what a socket of that kind can be fed with. #}
{% macro is_plausible_voltage(connector) -%}
    case
        when {{ connector }}.power_type = 'AC_3_PHASE'
            then {{ connector }}.voltage_v between 200 and 277 or {{ connector }}.voltage_v between 340 and 500
        when {{ connector }}.power_type like 'AC\_%' then {{ connector }}.voltage_v between 100 and 500
        when {{ connector }}.power_type = 'DC' then {{ connector }}.voltage_v between 50 and 1500
        else {{ connector }}.voltage_v > 0
    end
{%- endmacro %}

{% macro is_plausible_amperage(connector) -%}
    ({{ connector }}.amperage_a > 0
    and {{ connector }}.amperage_a <= case when {{ connector }}.power_type = 'DC' then 3000 else 250 end)
{%- endmacro %}

{# A connector with any of the faults: each once, however many it has. #}
{% macro any_connector_fault() -%}
    {%- set conditions = [] -%}
    {%- for fault, is_faulty in connector_faults() -%}
        {%- do conditions.append("(" ~ is_faulty ~ ")") -%}
    {%- endfor -%}
    {{ return(conditions | join(' or ')) }}
{%- endmacro %}

{# Objects of which a version begins on a due day in place of another one (relation `due`: source and
   snapshot_date); `which` compares the two, now and before. New objects are no change. That the days
   are due is said twice more: it tells the planner how few of the versions are asked for. #}
{% macro replaced(relation, key, which='true', told=[]) -%}
    select
        due.snapshot_date,
        {{ columns_of('now', key) }}
        {%- for column in told %},
        {{ column }}
        {%- endfor %}
    from {{ ref(relation) }} as now
    inner join due on now.source = due.source and now.valid_from = due.snapshot_date
    inner join {{ ref(relation) }} as before
        on {{ same('now', 'before', key) }} and now.valid_from = before.valid_to
    where {{ is_due('now.valid_from') }} and {{ is_due('before.valid_to') }} and {{ which }}
{%- endmacro %}

{# Keys of objects of which something that belongs to them begins or ends on a due day. #}
{% macro belonging_replaced(relation, key, days=['valid_from', 'valid_to']) -%}
    {%- for day in days %}
    select
        due.snapshot_date,
        {{ columns_of('version', key) }}
    from {{ ref(relation) }} as version
    inner join due on version.source = due.source and version.{{ day }} = due.snapshot_date
    where {{ is_due('version.' ~ day) }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
