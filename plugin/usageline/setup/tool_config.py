"""Filter the user's settings of pip and uv: keep package sources, drop what would move packages."""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

from usageline.setup.settings_file import content
from usageline.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

PIP_ALLOWED = frozenset(
    """
    cert client-cert default-timeout extra-index-url find-links index-url keyring-provider no-index
    no-proxy proxy resume-retries retries timeout trusted-host use-deprecated use-feature
    """.split()  # noqa: SIM905 - a literal would take a line for each word
)
"""Options of pip that name a package source or how to reach it."""

UV_ALLOWED = re.compile(
    r"UV_((EXTRA_|DEFAULT_)?INDEX.*|FIND_LINKS|NO_INDEX|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|HTTP_.*|REQUEST_TIMEOUT|CONCURRENT_.*|CACHE_DIR|NO_CACHE|OFFLINE|CONFIG_FILE"
    r"|NO_CONFIG|PYTHON_INSTALL_DIR)"
)
_MOVES = "|".join(
    """
    break-system-packages build-constraint-dependencies compile-bytecode constraint-dependencies
    dry-run exclude-dependencies exclude-newer link-mode no-binary no-binary-package no-build
    no-build-package no-deps no-verify-hashes only-binary override-dependencies prefix prerelease
    python python-platform python-version reinstall require-hashes resolution strict system target
    upgrade verify-hashes
    """.split()  # noqa: SIM905 - a literal would take a line for each word
)
_MOVE = re.compile(rf"(^|[\s{{,.])\"?({_MOVES})\"?\s*=")
_ONE_LINE = re.compile(
    rf"\s*(pip\.)?\"?({_MOVES})\"?\s*=\s*(\"[^\"]*\"|'[^']*'|true|false|\[[^\[\]]*\])\s*(#.*)?$"
)


def filter_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` without what breaks an interpreter or redirects its output.

    Of the variables of pip and uv, keep those that name a package source.
    """
    return {name: value for name, value in env.items() if _is_allowed(name)}


def pip_env(listed: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the package sources in the output of `pip config list` as variables for pip.

    Variables that `env` has are left out.
    """
    variables: dict[str, str] = {}
    for wanted in ("global", "install"):  # the later one takes precedence
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            section, _, option = name.strip().partition(".")
            if section == wanted and option in PIP_ALLOWED:
                variable = "PIP_" + option.upper().replace("-", "_")
                variables[variable] = " ".join(_literal(value).split())
    return {name: value for name, value in variables.items() if name not in env}


def uv_options(env: Mapping[str, str], target: str) -> list[str]:
    """Return the options that stop uv's configuration files from moving the packages.

    A filtered copy of the configuration may be written to `target`. Raises `OSError` if a file
    cannot be read; uv fails in that case too.
    """
    files = [path for path in _uv_files(env) if os.path.isfile(path)]
    texts = [(content(path) or b"").decode("utf-8", "replace") for path in files]
    if env.get("UV_NO_CONFIG") or not any(
        _MOVE.search(line) for text in texts for line in text.splitlines()
    ):
        return []
    filtered = "\n".join(line for line in texts[0].splitlines() if not _ONE_LINE.match(line)) + "\n"
    if len(texts) > 1 or any(_MOVE.search(line) for line in filtered.splitlines()):
        return ["--no-config"]
    write_atomic(target, filtered.encode(), 0o600)
    return ["--config-file", target]


def _uv_files(env: Mapping[str, str]) -> list[str]:
    chosen = env.get("UV_CONFIG_FILE")
    if chosen:
        return [chosen]
    user = env.get("XDG_CONFIG_HOME") or env.get("HOME", "") + "/.config"
    system = [
        f"{path}/uv/uv.toml"
        for path in (env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    ]
    return [f"{user}/uv/uv.toml", *system, "/etc/uv/uv.toml"]


def _is_allowed(name: str) -> bool:
    if name in {"VIRTUAL_ENV", "CONDA_PREFIX"} or name.startswith("PYTHON"):
        return False
    if name.upper().startswith("PIP_"):
        return name[4:].lower().replace("_", "-") in PIP_ALLOWED
    return not name.startswith("UV_") or UV_ALLOWED.fullmatch(name) is not None


def _literal(text: str) -> str:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()
    return str(value)
