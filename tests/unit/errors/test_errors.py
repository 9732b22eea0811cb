from __future__ import annotations

import pytest

from tocsin import errors
from tocsin.errors import CapError, ConfigError, FeedError, MalformedRecordError, TocsinError


def _tree(of):
    yield of
    for child in of.__subclasses__():
        yield from _tree(child)


def test_every_error_has_a_code_of_its_own_beneath_its_parents():
    codes = {}
    for kind in _tree(TocsinError):
        if kind.__module__ != errors.__name__:
            continue
        assert kind.code not in codes
        codes[kind.code] = kind
        assert kind is TocsinError or kind.code.startswith("tocsin.")
        assert kind.__name__.endswith("Error")


def test_every_error_is_in_the_drawing_of_the_tree():
    for kind in _tree(TocsinError):
        if kind.__module__ == errors.__name__:
            assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TocsinError("it broke"), "it broke"),
        (TocsinError("it broke", advice="Mend it"), "it broke. Mend it"),
        (ConfigError("no such key", path="a.pem"), "a.pem: no such key"),
        (ConfigError("nothing there"), "nothing there"),
        (MalformedRecordError("is odd", path="$.id"), "is odd at $.id"),
        (CapError("is odd", path="alert/sent", line=3, advice="Look"), "alert/sent (line 3): is odd. Look"),
        (CapError("is odd", line=3), "(line 3): is odd"),
        (FeedError("is odd", source="t.csv", line=3, advice="Look"), "t.csv, line 3: is odd. Look"),
        (FeedError("is odd", source="t.csv"), "t.csv: is odd"),
    ],
)
def test_messages_say_what_where_and_what_to_do(error, text):
    assert str(error) == text


def test_what_programs_read_is_an_attribute():
    assert ConfigError("x", path="p").path == "p"
    assert MalformedRecordError("x", path="$").path == "$"
    assert (FeedError("x", source="s", line=1).source, FeedError("x", source="s", line=1).line) == ("s", 1)
