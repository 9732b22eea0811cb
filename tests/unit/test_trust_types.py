"""What only the eye could keep otherwise: who makes the types of trust, what leaves, and how large things grow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "tocsin"
MODULES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text()) for name, path in MODULES.items()}

MAKERS = {
    "Admitted": ("exchange/", "store/"),
    "AdmittedFrame": ("exchange/", "store/"),
    "Released": ("exchange/",),
}
EGRESS = {
    "bus/client.py": {"submit", "publish", "publish_control"},
    "bus/publisher.py": {"submit", "publish"},
}
"""Public functions of the bus that let bytes out; each takes ``Released``."""

CARRIED = {
    "record", "records", "raw", "digest", "frame", "ref", "data", "destination", "via", "admitted_at", "sealed_at",
    "clock_suspect", "chain_open", None,
}  # fmt: skip
"""Fields of what was admitted or released; None stands for ``**``, which could be any of them."""

INNER_OF_BUS = {"tocsin.bus.config", "tocsin.bus.names", "tocsin.bus.server", "tocsin.bus.fragment", "tocsin.bus.keys"}
"""Modules of the bus that others may import: they send nothing."""


def room_of(name):
    return name.split("/")[0] if "/" in name else ""


def called_name(node):
    function = node.func
    if isinstance(function, ast.Subscript):  # Released[Peer](...)
        function = function.value
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def public_functions(tree):
    """Yield public functions and public methods of public classes."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for function in inner:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not function.name.startswith("_"):
                yield function


def parameters(function):
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def takes_released(function):
    return any(
        "Released" in ast.unparse(parameter.annotation) for parameter in parameters(function) if parameter.annotation
    )


def test_there_is_something_to_look_at():
    assert len(MODULES) > 30
    assert any(room_of(name) == "bus" for name in MODULES)


@pytest.mark.parametrize("trusted", MAKERS)
def test_trust_is_made_in_one_place(trusted):
    makers = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called_name(node) == trusted
    }
    assert makers, f"nobody makes {trusted}: this test looks for the wrong name"
    assert {name for name in makers if not name.startswith(MAKERS[trusted])} == set()


def test_trust_is_not_copied_with_changes():
    """``replace`` of what was admitted or released would be another thing that never passed the door."""
    for name, tree in TREES.items():
        if name.startswith(("exchange/", "store/", "testing/memory.py")):  # the last is a store, too
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"replace", "dataclasses.replace"}:
                changed = {keyword.arg for keyword in node.keywords}
                assert not changed & CARRIED, f"{name}:{node.lineno} changes {changed & CARRIED} of a copy"


def test_all_that_leaves_by_the_bus_is_released():
    found = {}
    for name, tree in TREES.items():
        if room_of(name) == "bus":
            for function in public_functions(tree):
                if takes_released(function):
                    found.setdefault(name, set()).add(function.name)
    assert found == EGRESS


def test_all_that_goes_to_the_public_is_released():
    carriers = {
        name: takes_released(function)
        for name, tree in TREES.items()
        if room_of(name) == "channels"
        for function in public_functions(tree)
        if function.name == "carry"
    }
    assert len(carriers) >= 5
    assert all(carriers.values()), carriers


def test_all_that_leaves_as_a_ledger_is_released():
    """The formats of a ledger take what the door let go to an outlet, and each function of theirs does."""
    writers = {
        name: [ast.unparse(parameter.annotation) for parameter in parameters(function)]
        for name, tree in TREES.items()
        if room_of(name) == "interchange"
        for function in public_functions(tree)
        if function.name.startswith("to_")
    }
    assert len(writers) == 4
    assert set(map(tuple, writers.values())) == {("Sequence[Leaving]",)}
    (leaving,) = (node for node in TREES["interchange/leaving.py"].body if getattr(node, "name", "") == "Leaving")
    assert "released: Released[Outlet]" in ast.unparse(leaving)


def exported(room):
    for node in TREES[f"{room}/__init__.py"].body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{room} does not say what it exports")


def test_nothing_that_the_bus_exports_sends_bare_bytes():
    """What sends takes ``Released``; a function for bare bytes would be a hole in the wall."""
    words = ("publish", "send", "emit", "push", "forward", "relay", "submit", "write", "put", "request")
    for name, tree in TREES.items():
        if room_of(name) != "bus":
            continue
        shown = [node for node in tree.body if getattr(node, "name", "") in exported("bus")]
        for function in public_functions(ast.Module(shown, [])):
            takes_bytes = any(
                ast.unparse(parameter.annotation) in {"bytes", "bytearray", "memoryview"}
                for parameter in parameters(function)
                if parameter.annotation
            )
            if function.name.startswith(words) or takes_bytes:
                assert takes_released(function), f"{name}: {function.name} lets something out that nobody released"


def test_nobody_reaches_behind_what_the_bus_exports():
    for name, tree in TREES.items():
        if room_of(name) == "bus":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tocsin.bus"):
                if node.module == "tocsin.bus":
                    assert {alias.name for alias in node.names} <= exported("bus"), name
                else:
                    assert node.module in INNER_OF_BUS, f"{name} imports {node.module}"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_one_reason_to_exist(name):
    path = MODULES[name]
    assert not {*path.with_suffix("").relative_to(SOURCE).parts} & {
        "utils", "util", "helpers", "helper", "common", "base", "manager", "misc",
    }  # fmt: skip
    assert len(path.read_text().splitlines()) <= 400
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ClassDef):
            methods = [
                inner.name
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
                and not inner.name.startswith("_")
                and not any("property" in ast.unparse(decorator) for decorator in inner.decorator_list)
            ]
            assert len(methods) <= 15, f"{node.name} has {len(methods)} public methods"


def test_now_comes_from_the_clock_alone():
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"datetime.now", "time.time", "time.time_ns"}:
                assert name == "clock.py", f"{name}:{node.lineno}"
