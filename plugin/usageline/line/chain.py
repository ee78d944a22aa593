"""The chained command: another status line's rows, kept beside ours.

A row is a list of parts `(SGR codes, text, URL)`; codes and URL are "" where there are none. The command is run by `usageline.jobs`, which
takes its output apart; here that is checked once more.
"""

from usageline.core import jobs, json_file, paths, syscalls
from usageline.core.chained_rows import (
    MAX_CELLS,
    MAX_PARTS,
    MAX_RESULT_BYTES,
    MAX_ROWS,
    is_web_link,
)
from usageline.core.text import sanitize
from usageline.line import ROOT as ROOT  # noqa: PLC0414 - tests set another one here
from usageline.line import spawn

LONGEST_CODES = 96

MAX_COMMAND = 1 << 17
CLAIM_S = 1.0
"""Of a burst of lines one runs the command. While it runs, its lock keeps others from running it."""

SHORTEST_S, LONGEST_S = 0.1, 30.0
"""The command's own time limit, seconds."""

WAIT_SLACK_S = 0.15
"""Beyond the command's time limit, for an interpreter to start and the command to be ended."""

RECORD = "/origin.json"
"""What the installer recorded (system/origin.py), in the installation that this runs from: no variable moves that."""

MAX_LISTED = 64
UNTRUSTED = "chain: not run, for this configuration or cache was not there at the install"

NEVER = (
    *(
        "LD_",
        "DYLD_",
        "GCONV_PATH",
        "LOCPATH",
        "NLSPATH",
        "BASH_ENV",
        "BASH_FUNC_",
        "SHELLOPTS",
        "BASHOPTS",
        "PS4",
        "CDPATH",
        "ZDOTDIR",
    ),
    *(
        "PYTHON",
        "NODE_",
        "NPM_CONFIG_",
        "npm_config_",
        "BUN_",
        "DENO_",
        "PERL5",
        "PERLLIB",
        "RUBYLIB",
        "RUBYOPT",
        "GEM_",
        "BUNDLE_",
    ),
    *(
        "JAVA_TOOL_OPTIONS",
        "_JAVA_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "CLASSPATH",
        "LUA_",
        "PHPRC",
        "PHP_INI_SCAN_DIR",
        "UV_",
        "PIP_",
    ),
    *(
        "GIT_",
        "OPENSSL_",
        "SSLKEYLOGFILE",
        "PAGER",
        "EDITOR",
        "VISUAL",
        "BROWSER",
        "LESSOPEN",
        "LESSCLOSE",
        "SUDO_ASKPASS",
    ),
)
"""Beginnings of the names of variables that choose what a program loads or starts: the chained command gets none of them, nor `ENV`."""

MARK = "USAGELINE_CHAIN"
"""In the environment of a chained command: a line of ours that is chained to itself chains no further."""


def own(env):
    """Return the user's own compiled configuration and its config.toml, by their recorded paths, and the variables that are fixed.

    None if `env` means others. The cold side compiles a chained command only from a recorded config.toml, so it agreed to one that
    stands below a recorded cache directory.
    """
    record = json_file.json_file(ROOT + RECORD) or {}
    config, compiled = paths.config_file(env), paths.line_config(env)
    if record.get("unchecked") is True:
        return compiled, config, {}
    cache, _, name = paths.cache_dir(env).rpartition("/")
    home, config = (
        _listed(paths.home(env), record.get("homes")),
        _listed(config, record.get("configs")),
    )
    cache, search = _listed(cache, record.get("caches")), record.get("path")
    if not (home and config and cache and isinstance(search, str)):
        return None
    return f"{cache}/{name}/line.json", config, {"HOME": home, "PATH": search}


class Command:
    """The chained command of one session. `settings` is the compiled `chain` object, unchecked; `python` the cold interpreter or ""; `fixed` as `own` returns."""

    __slots__ = ("_command", "_fixed", "_key", "_timeout_s", "_waits", "env", "python")

    def __init__(self, python, env, settings, session_id, fixed=None):
        self.python = python
        self.env = env
        self._fixed = fixed or {}
        self._command = _word(settings.get("command"), MAX_COMMAND)
        self._key = paths.digest(
            f"{_word(session_id, 256)}\n{self._command}".encode("utf-8", "replace")
        )
        self._waits = settings.get("wait") is True
        value = settings.get("timeout")
        self._timeout_s = (
            float(min(max(value, SHORTEST_S), LONGEST_S)) if type(value) in (int, float) else 5.0
        )

    def look(self, payload, columns, now):
        """What to show of it, and whether to start it: `(rows, problem, due)`; `problem` is a text that names what went wrong, or "".

        Where it is `due`, call `launch` as the last act. One that is waited for is started here, and is not due. `payload` is stdin as bytes,
        `columns` the number that the command finds in COLUMNS.
        """
        if not self._command or MARK in self.env:
            return [], "", False
        due = bool(self.python) and jobs.claim(
            self.env, "chain", self._key, now, 0 if self._waits else CLAIM_S
        )
        if due and self._waits:
            self._wait(payload, columns)
            due = False
        result = jobs.result(self.env, "chain", self._key, MAX_RESULT_BYTES) or {}
        return _rows(result.get("rows")), sanitize(_word(result.get("failed"), MAX_CELLS)), due

    def launch(self, payload, columns):
        """Start it, as the last act."""
        return spawn.launch_job(self.python, self._arguments(), self._environment(columns), payload)

    def _wait(self, payload, columns):
        spawn.close_inherited()
        reader = -1
        try:
            stdin = spawn.filled_pipe(payload) if payload else -1
            if stdin is None:
                return
            reader, writer = syscalls.pipe()
            spawn.spawn(
                spawn.job_command(self.python, self._arguments()),
                self._environment(columns),
                stdin,
                writer,
            )
            syscalls.close(writer)
            json_file.await_end(reader, self._timeout_s + WAIT_SLACK_S)
        except (OSError, ValueError):
            return
        finally:
            if reader >= 0:
                syscalls.close(reader)

    def _arguments(self):
        return ["chain", self._key, repr(self._timeout_s), self._command]

    def _environment(self, columns):
        # What the client would have run it in, but for what would let a project choose the programs that the user's command means.
        kept = {
            name: value
            for name, value in self.env.items()
            if not name.startswith(NEVER) and name != "ENV"
        }
        return {**kept, **self._fixed, "COLUMNS": str(columns), MARK: "1"}


def _rows(value):
    rows = (
        [_row(row) for row in value[:MAX_ROWS] if isinstance(row, list)]
        if isinstance(value, list)
        else []
    )
    return [row for row in rows if row]


def _row(parts):
    row = []
    for part in parts[:MAX_PARTS]:
        if (
            isinstance(part, list)
            and len(part) == 3
            and all(isinstance(word, str) for word in part)
        ):
            codes, text, url = part
            text = sanitize(text[: MAX_CELLS * 4])
            codes = "" if codes.strip("0123456789;") or len(codes) > LONGEST_CODES else codes
            if text:
                row.append((codes, text, url if is_web_link(url) else ""))
    return row


def _listed(path, listed):
    """The entry of a recorded list that is the same place as `path`, or None."""
    listed = listed[:MAX_LISTED] if isinstance(listed, list) else []
    if path in listed:
        return path
    here = _identity(path)
    return next(
        (one for one in listed if isinstance(one, str) and here and _identity(one) == here), None
    )


def _identity(path):
    try:
        there = syscalls.stat(path)
    except (OSError, ValueError):
        return None
    return there.st_dev, there.st_ino


def _word(value, most):
    return value[:most] if isinstance(value, str) else ""
