"""What DuckDB is asked to count for profiles; the meaning of each figure stands in `screening.profiles.features`."""

from typing import Final

CREATE: Final = """
CREATE TABLE calls (
    day INTEGER, hour TINYINT, caller BIGINT, callee BIGINT, device BIGINT, cell BIGINT,
    answered BOOLEAN, talk_us BIGINT
);
CREATE TABLE listed (number BIGINT);
"""

LIST_HOME: Final = """
INSERT INTO listed
SELECT number FROM (SELECT caller AS number FROM calls UNION SELECT callee FROM calls)
WHERE number < $hashed AND (number & $known) = $known AND list_contains($kinds, number & 7)
"""
"""Numbers that can be dialled in the home country: what is foreign is seen only in part, a hash names nobody."""

GATHER: Final = """
CREATE TABLE ends AS
SELECT caller AS number, callee AS other, TRUE AS made, day, hour, device, cell, answered, talk_us
FROM calls SEMI JOIN listed ON calls.caller = listed.number
UNION ALL
SELECT callee, caller, FALSE, day, hour, NULL, NULL, answered, talk_us
FROM calls SEMI JOIN listed ON calls.callee = listed.number;

CREATE TABLE by_contact AS
SELECT number, count(*) AS contacts, count(*) FILTER (out > 0) AS callees, max(calls) AS busiest
FROM (
    SELECT number, other, count(*) AS calls, count(*) FILTER (made) AS out
    FROM ends WHERE answered AND other IS NOT NULL GROUP BY number, other
) GROUP BY number;

CREATE TABLE by_day AS
SELECT number, count(*) AS days, max(calls) AS busiest
FROM (SELECT number, day, count(*) AS calls FROM ends WHERE answered GROUP BY number, day) GROUP BY number;

CREATE TABLE by_hour AS
SELECT number, count(*) AS hours, max(calls) AS busiest
FROM (SELECT number, hour, count(*) AS calls FROM ends WHERE answered GROUP BY number, hour) GROUP BY number;

CREATE TABLE by_device AS
SELECT number, count(*) AS devices
FROM (SELECT DISTINCT number, device FROM ends WHERE answered AND device IS NOT NULL) GROUP BY number;

CREATE TABLE by_cell AS
SELECT number, count(*) AS cells
FROM (SELECT DISTINCT number, cell FROM ends WHERE answered AND cell IS NOT NULL) GROUP BY number;

CREATE TABLE by_number AS
SELECT
    number,
    count(*) FILTER (answered) AS calls,
    count(*) FILTER (answered AND made) AS calls_out,
    count(*) FILTER (answered AND (hour >= 22 OR hour < 6)) AS night,
    count(*) FILTER (made) AS attempts_out,
    count(*) FILTER (NOT made) AS attempts_in,
    sum(talk_us) FILTER (answered) AS talk_us,
    count(talk_us) FILTER (answered) AS talks,
    max(talk_us) FILTER (answered) AS longest_us
FROM ends GROUP BY number;

CREATE TABLE profiles AS
SELECT
    listed.number,
    coalesce(by_day.days, 0) AS days_count,
    coalesce(by_number.calls, 0) AS calls_count,
    coalesce(by_number.calls_out, 0) AS calls_out_count,
    coalesce(by_contact.contacts, 0) AS contacts_count,
    coalesce(by_contact.callees, 0) AS callees_count,
    by_device.devices AS devices_count,
    by_cell.cells AS cells_count,
    coalesce(by_hour.hours, 0) AS hours_count,
    coalesce(by_number.night, 0) AS night_calls_count,
    coalesce(by_day.busiest, 0) AS busiest_day_count,
    coalesce(by_hour.busiest, 0) AS busiest_hour_count,
    coalesce(by_contact.busiest, 0) AS busiest_contact_count,
    CAST(by_number.talk_us AS DOUBLE) / nullif(by_number.talks, 0) / 1e6 AS talk_mean_s,
    by_number.longest_us / 1e6 AS talk_max_s,
    coalesce(by_number.attempts_out, 0) AS attempts_out_count,
    coalesce(by_number.attempts_in, 0) AS attempts_in_count
FROM listed
LEFT JOIN by_number USING (number)
LEFT JOIN by_contact USING (number)
LEFT JOIN by_day USING (number)
LEFT JOIN by_hour USING (number)
LEFT JOIN by_device USING (number)
LEFT JOIN by_cell USING (number);
"""

IN_ORDER: Final = "SELECT * FROM profiles ORDER BY number"
"""All numbers, in the order of their codes."""

OF_PLACES: Final = "SELECT profiles.* FROM asked JOIN profiles USING (number) ORDER BY asked.place"
"""Some numbers, in the order in which they were asked for."""
