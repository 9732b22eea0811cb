"""Indicators that name by mistake what everybody meets every day, and would raise an alarm at all members."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

import msgspec

from tocsin.cyber.bindings import brackets_of
from tocsin.cyber.networks import Network, network_of
from tocsin.cyber.patterns import AllOf, Comparison, Condition, Expression, Operator

WIDEST = {32: 8, 128: 16}
"""The shortest prefix of a network that an indicator may name, by the bits of an address."""


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str
    networks: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


class _Lists(msgspec.Struct, frozen=True):
    list: tuple[_List, ...]


@lru_cache(maxsize=1)
def _known() -> tuple[list[tuple[Network, str]], dict[str, str]]:
    """Return the networks and the texts of the lists that come with the program, each with its reason."""
    text = resources.files("tocsin.cyber").joinpath("data", "warning_lists.toml").read_text(encoding="utf-8")
    lists = msgspec.convert(tomllib.loads(text), _Lists).list
    networks = [(network, one.reason) for one in lists for text in one.networks if (network := network_of(text))]
    return networks, {text: one.reason for one in lists for text in (*one.domains, *one.values)}


def caution(expression: Expression) -> str:
    """Tell why a pattern would match what everybody meets; empty: nothing is known against it.

    A pattern of which each bracket can hold only with something else besides is not held against it.
    """
    reasons = [_of_condition(bracket.condition) for bracket in brackets_of(expression)]
    return reasons[0] if all(reasons) else ""


def _of_condition(condition: Condition) -> str:
    if isinstance(condition, Comparison):
        return _of_comparison(condition)
    reasons = [_of_condition(part) for part in condition.parts]
    enough = all(reasons) if isinstance(condition, AllOf) else any(reasons)
    return next(filter(None, reasons), "") if enough else ""


def _of_comparison(comparison: Comparison) -> str:
    if comparison.is_negated:
        return "everything but one thing" if comparison.operator is Operator.EQUAL else ""
    if comparison.operator in (Operator.EQUAL, Operator.IN, Operator.SUBSET):
        return next(
            filter(None, (_of_text(literal) for literal in comparison.literals if isinstance(literal, str))), ""
        )
    is_all = comparison.operator is Operator.LIKE and not str(comparison.literals[0]).strip("%")
    return "every text" if is_all else ""


def _of_text(text: str) -> str:
    networks, texts = _known()
    reason = texts.get(text.lower().rstrip("."), "")
    if reason:
        return reason
    network = network_of(text)
    if network is None:
        return ""
    if network.prefix < WIDEST[network.bits]:
        return f"a network of more addresses than one of /{WIDEST[network.bits]}"
    return next((reason for known, reason in networks if known.holds(network)), "")
