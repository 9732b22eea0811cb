"""Clauses that no answer to a question of the contract could show to be kept or broken, each with the reason."""

from __future__ import annotations

_WRITER = "binds the writer; a reader cannot see it from what comes"
_STORE = "what is kept, replaced and purged shows in a store, and the contract asks for none"
_PERSON = "what a person decides or is shown"
_TRANSPORT = "servers and links; the contract hands frames over by itself"
_TRAFFIC = "shows in traffic over time; the contract asks one question after the other"
_JUDGED = "the contract asks what is admitted, not what a decision is worth; spec/approvals has the cases"
_CONSULTATION = "where a consultation stands is made of many records; the contract tells of each by itself"
_EXERCISE = "what becomes of an exercise shows in a picture; the contract asks what is admitted"

NOT_TESTABLE: dict[str, str] = {
    "1.8": _WRITER,
    "2.6": _WRITER,
    "6.5": _STORE,
    "7.5": _STORE,
    "8.1": _WRITER,
    "8.2": _WRITER,
    "8.3": _WRITER,
    "8.4": _WRITER,
    "8.5": _PERSON,
    "8.6": _WRITER,
    "8.7": _WRITER,
    "8.8": _PERSON,
    "9.1": _PERSON,
    "9.2": _WRITER,
    "9.3": _WRITER,
    "9.6": _STORE,
    "11.5": _TRANSPORT,
    "11.8": "in the vectors all documents come before the frames",
    "12.4": _WRITER,
    "12.5": "a file; the contract hands over the frames and documents that are in it",
    "13.1": _TRANSPORT,
    "13.2": _TRANSPORT,
    "13.3": _TRANSPORT,
    "13.4": _TRANSPORT,
    "13.5": _TRANSPORT,
    "13.6": _TRANSPORT,
    "15.1": _TRAFFIC,
    "15.2": _TRAFFIC,
    "15.3": _TRAFFIC,
    "15.4": _TRAFFIC,
    "15.5": _TRAFFIC,
    "16.1": _PERSON,
    "16.2": _JUDGED,
    "16.3": _JUDGED,
    "16.4": _WRITER,
    "16.5": _JUDGED,
    "16.6": _PERSON,
    "16.7": _PERSON,
    "17.1": _EXERCISE,
    "17.2": _EXERCISE,
    "17.3": _EXERCISE,
    "17.4": _EXERCISE,
    "17.5": _EXERCISE,
    "18.1": _CONSULTATION,
    "18.2": _CONSULTATION,
    "18.3": _CONSULTATION,
    "18.4": _CONSULTATION,
    "18.5": _CONSULTATION,
}
