"""Borders: named orders, hits and their adjudication, namesakes, organisers' trips."""

from __future__ import annotations

from stopline.borders.records import BorderOrder, Hit, NamesakeToken, OrganiserLead, TripLeg

RECORDS: tuple[type, ...] = (BorderOrder, Hit, NamesakeToken, TripLeg, OrganiserLead)
