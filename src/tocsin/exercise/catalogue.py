"""Scenarios by name: those that come with the program, and files."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec

from tocsin.errors import ScenarioError
from tocsin.exercise.lines import MOST_CHARACTERS, read_toml
from tocsin.exercise.naming import Known
from tocsin.exercise.reading import Form, digest_of, read_scenario
from tocsin.exercise.scenario import Scenario

_FOLDER = "data"


@dataclass(frozen=True)
class Script:
    """A scenario with the text that it was read from: what members consent to is the text."""

    scenario: Scenario
    text: str
    form: Form = "toml"

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return digest_of(self.text)


def shipped() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the program."""
    folder = resources.files("tocsin.exercise") / _FOLDER
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_script(which: str, *, known: Known) -> Script:
    """Read a scenario.

    Args:
        which: The name of one that comes with the program, or a path; what ends in ``.yaml`` or ``.yml`` is YAML.
        known: What there is outside of it.

    Raises:
        ScenarioError: It is not there, or something is wrong with it; ``others`` has what is wrong besides.
    """
    form: Form = "yaml" if which.endswith((".yaml", ".yml")) else "toml"
    path = Path(which)
    if which in shipped() and not path.is_file():
        text = (resources.files("tocsin.exercise") / _FOLDER / f"{which}.toml").read_text(encoding="utf-8")
    else:
        text = _text_of(path, which)
    return Script(read_scenario(text, name=which, form=form, known=known), text, form)


def read_one(path: Path) -> str:
    """Read one inject from a TOML file; return it as JSON, as it stands there.

    Raises:
        ScenarioError: It cannot be read, or is no TOML.
    """
    return one_of(_text_of(path, str(path)), str(path))


def one_of(text: str, name: str) -> str:
    """Return one inject in TOML as JSON, as it stands there.

    Args:
        text: The fields that stand beneath ``[[inject]]`` in a scenario.
        name: Of the text, for errors.

    Raises:
        ScenarioError: It is no TOML.
    """
    if len(text) > MOST_CHARACTERS:
        raise ScenarioError(f"{len(text)} characters, of at most {MOST_CHARACTERS}", source=name, advice="Say less")
    return msgspec.json.encode(read_toml(text, name).value).decode()


def _text_of(path: Path, name: str) -> str:
    try:
        with path.open("rb") as opened:
            data = opened.read(4 * MOST_CHARACTERS + 1)  # more is refused by the reader, whatever it says
        return data.decode("utf-8-sig")
    except OSError as error:
        there = ", ".join(shipped())
        raise ScenarioError(
            f"cannot be read: {error.strerror}", source=name, advice=f"Name a file, or one of {there}"
        ) from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"not UTF-8 at byte {error.start}", source=name, advice="Save it as UTF-8") from error
