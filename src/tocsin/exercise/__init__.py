"""Exercises: scenarios that are read and checked, injects made into what sensors and people get, and the clock of both.

``read_scenario(text, name=, form=, known=) -> Scenario`` takes TOML or YAML and tells all that is wrong, each with its
line. Everything here is plain code without input or output; ``replay`` and ``node`` run it.
"""

from tocsin.exercise.naming import Known
from tocsin.exercise.reading import read_scenario
from tocsin.exercise.scenario import Scenario

__all__ = ["Known", "Scenario", "read_scenario"]
