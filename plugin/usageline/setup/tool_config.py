"""The user's settings of pip and uv: what says where packages come from is kept, what would move or change the installation is not."""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

from usageline.setup.settings_file import bytes_at
from usageline.system import files

if TYPE_CHECKING:
    from collections.abc import Mapping

PIP_KEPT = frozenset(
    {
        *(
            "cert",
            "client-cert",
            "extra-index-url",
            "find-links",
            "index-url",
            "keyring-provider",
            "no-index",
            "no-proxy",
        ),
        *(
            "proxy",
            "resume-retries",
            "retries",
            "timeout",
            "default-timeout",
            "trusted-host",
            "use-deprecated",
            "use-feature",
        ),
    }
)
"""Options of pip that name a source of packages or the way to it."""

UV_KEPT = re.compile(
    r"UV_((EXTRA_|DEFAULT_)?INDEX.*|FIND_LINKS|NO_INDEX|KEYRING_PROVIDER|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|HTTP_.*|REQUEST_TIMEOUT"
    r"|CONCURRENT_.*|CACHE_DIR|NO_CACHE|OFFLINE|CONFIG_FILE|NO_CONFIG|PYTHON_INSTALL_DIR)"
)
_MOVES = "|".join(
    (
        *(
            "target",
            "prefix",
            "system",
            "break-system-packages",
            "python",
            "dry-run",
            "no-deps",
            "constraint-dependencies",
        ),
        *(
            "override-dependencies",
            "require-hashes",
            "verify-hashes",
            "no-verify-hashes",
            "no-binary",
            "only-binary",
            "no-build",
        ),
        *(
            "link-mode",
            "compile-bytecode",
            "resolution",
            "prerelease",
            "exclude-newer",
            "strict",
            "python-version",
            "python-platform",
        ),
        *(
            "build-constraint-dependencies",
            "exclude-dependencies",
            "reinstall",
            "upgrade",
            "no-binary-package",
            "no-build-package",
        ),
    )
)
_MOVE = re.compile(rf"(^|[\s{{,.])\"?({_MOVES})\"?\s*=")
_ONE_LINE = re.compile(
    rf"\s*(pip\.)?\"?({_MOVES})\"?\s*=\s*(\"[^\"]*\"|'[^']*'|true|false|\[[^\[\]]*\])\s*(#.*)?$"
)


def without_targets(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` with those variables of pip and uv alone that name a source of packages."""
    return {name: value for name, value in env.items() if _is_kept(name)}


def pip_variables(listed: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return what `pip config list` printed as variables for pip, as far as it names a source and `env` does not."""
    variables: dict[str, str] = {}
    for section in ("global", "install"):  # the later one counts
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            where, _, option = name.strip().partition(".")
            if where == section and option in PIP_KEPT:
                variables["PIP_" + option.upper().replace("-", "_")] = " ".join(
                    _literal(value).split()
                )
    return {name: value for name, value in variables.items() if name not in env}


def uv_options(env: Mapping[str, str], target: str) -> list[str]:
    """Return what keeps uv's configuration files from moving the packages; a file without what would is written to `target`.

    OSError if a file cannot be read; it then has uv fail, too.
    """
    places = [path for path in _uv_files(env) if os.path.isfile(path)]
    texts = [(bytes_at(path) or b"").decode("utf-8", "replace") for path in places]
    if env.get("UV_NO_CONFIG") or not any(
        _MOVE.search(line) for text in texts for line in text.splitlines()
    ):
        return []
    kept = "\n".join(line for line in texts[0].splitlines() if not _ONE_LINE.match(line)) + "\n"
    if len(texts) > 1 or any(_MOVE.search(line) for line in kept.splitlines()):
        return ["--no-config"]
    files.write_atomic(target, kept.encode(), 0o600)
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


def _is_kept(name: str) -> bool:
    if name.upper().startswith("PIP_"):
        return name[4:].lower().replace("_", "-") in PIP_KEPT
    return not name.startswith("UV_") or UV_KEPT.fullmatch(name) is not None


def _literal(text: str) -> str:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()
    return str(value)
