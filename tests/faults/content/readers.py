"""Every place in the program that reads something from outside, and what tries it. A test holds this table and the code to each other."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.world import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = frozenset(
    {
        *("open", "input", "os.open", "system.open", "os.read", "system.read", "os.listdir", "os.scandir", "os.readlink", "os.pread"),
        *("json.loads", "tomllib.loads", "marshal.loads", "sqlite3.connect", "diskcache.Cache", "subprocess.run"),
        *(
            "subprocess.Popen",
            "run_bounded",
            "converse",
            "read_bytes",
            "regular.read",
            "file.read_text",
            "read.json_file",
            "json_file",
            "read_keys",
            "glob.glob",
        ),
        *("client.stream", "sys.stdin.buffer.read", "parse_object"),
    }
)
"""What a reader calls."""


READERS: dict[str, tuple[str, ...]] = {
    "payload": ("line.read.payload", "looks.chain.look"),
    "snapshot": (
        *("line.read.json_file", "line.run.draw", "line.elsewhere.text", "cli.main.current_snapshot", "cli.watch._frame"),
        *("cli.config.preview._published", "cli.doctor.context.snapshot", "cli.history.choice.account", "refresh.run._published"),
        "setup.first_line.refresh",
    ),
    "body": (
        "sources.http._get",
        "sources.oauth.fetch",
        "sources.oauth._is_about_scope",
        "sources.client._is_answer",
        "cli.schema._body_in",
    ),
    "config": (
        *(
            "config.file.read_text",
            "config.file.parsed",
            "config.cold.tolerant",
            "config.cold.problems",
            "config.cold._own_sources",
            "config.compile._look",
        ),
        *("cli.config.change.current_text", "cli.config.editor._look"),
    ),
    "compiled": ("cli.doctor.client.git", "line.settings.load_from", "config.compile._last", "line.looks.result"),
    "settings": ("setup.settings.read", "setup.settings.bytes_at", "setup.wire_settings._names_us", "setup.json_text.parse"),
    "sign_in": (
        *("sources.files.parse_object", "sources.files._opened", "sources.files.read_keys"),
        *("sources.json_scan.top_level", "sources.json_scan._take", "sources.claude_state.read", "sources.claude_state._keys"),
        *("sources.credentials.from_file", "sources.credentials._candidates", "sources.credentials._parsed", "cli.info.missing"),
        *("sources.sign_in.other_in_settings", "cli.doctor.client.trust", "cli.doctor.context.settings_file"),
        "cli.doctor.settings.managed_settings",
        *("sources.network.variables", "sources.network._managed_files"),
    ),
    "git": ("line.git._text", "looks.git.count.ask"),
    "chained": ("bounded._go_on",),
    "history": (
        "cli.log.row",
        "history._add",
        "history.line._parse",
        "history.files._descriptor",
        "history.files.accounts",
        "history.files.months",
    ),
    "records": (
        *("refresh.store.fetch", "setup.record._parsed", "setup.record.others", "config.origin._record", "config.origin._content"),
        *("line.chain.own", "line.start.installations", "refresh.account_gate._read"),
    ),
}
"""By the target that tries what they read; `value` and `surroundings` try arguments and the environment, which are read everywhere."""

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "tests/faults/corruption": (
        "refresh.inspect.inspect",
        "refresh.inspect._check_file",
        "refresh.store._cache",
        "refresh.store._make_database",
        "statusline",
    ),
    "tests/faults/crowd": ("refresh.holder.holder", "processes.process"),
    "tests": ("atomic.temporaries", "flock._opened", "line.owners.opened", "line.start.claim_stamp", "regular.read"),
    "tests/refresh": ("refresh.log._opened", "refresh.log._write"),
    "tests/sources": (
        "sources.listener._owners",
        "sources.client.fetch",
        "sources.keychain._password",
        "processes._line",
    ),
    "tests/cli": (
        "terminal_background.ask",
        "terminal_background._answer",
        "terminal_background._kept",
        "trust._local_users",
        "cli.doctor.run.run",
        "cli.doctor.installation.plugin",
        "cli.doctor.context.release",
        "cli.doctor.line._listed",
    ),
    "tests/setup": (
        *(
            "setup.bundle.write",
            "setup.bundle.is_whole",
            "setup.bundle.sweep",
            "setup.wire_settings.from_backup",
            "setup.environment.is_current",
            "setup.environment.release_of",
            "setup.environment.compile_for",
        ),
        *("setup.environment.current", "setup.environment.remove_others", "setup.first_line._output", "setup.install._link"),
        *("setup.interpreters.probe", "setup.interpreters.is_macos_stub", "setup.interpreters._run", "setup.interpreters._timed"),
        *("setup.interpreters._candidates", "setup.packages._run", "setup.packages._point_to_program", "setup.uninstall._remove_program"),
        *("setup.wire_settings.ask", "setup.wire_settings._is_wired", "setup.environment.is_whole", "setup.uninstall._name_left"),
        *("setup.interpreters.lacks", "setup.interpreters.lasting_path", "setup.trusted_path.refusal", "setup.files.pin_venv"),
        *("setup.settings._open_to_write", "setup.own_names.holds_any", "setup.own_names.remove", "setup.own_names._remove"),
        *("setup.own_names._remove_directory", "setup.streams.open_missing", "setup.streams.give_up"),
    ),
    "nothing of what it reads is used": (
        *(
            "atomic._create",
            "atomic._sweep",
            "atomic.set_times",
            "atomic._sync_directory",
            "setup.files._sync",
            "line.start.create",
            "line.read.await_end",
            "line.start.spawn",
        ),
        *("looks.files.held", "looks.files.sweep", "refresh.told.sweep", "refresh.account_gate._sweep", "setup.plugin._copies"),
        *(
            "cli.config.editor._text",
            "cli.config.editor._run_editor",
            "cli.doctor.line._prepare",
            "guard.__init__",
            "guard.start",
            "cli.main.main",
            "hindrance.tried",
            "cli.watch._start",
        ),
        *("cli.watch.woken_by.wait", "processes._parents"),
    ),
}
"""What is tried by other tests, or only opened, listed or started."""


def readers() -> Iterator[str]:
    """`module.function` of each in the code, below `usageline`."""
    package = REPOSITORY / "plugin" / "usageline"
    for path in sorted(package.rglob("*.py")):
        module = path.relative_to(package).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        yield from _of(ast.parse(path.read_text("utf-8")), module)


def _of(node: ast.AST, name: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield from _of(child, f"{name}.{child.name}")
        elif isinstance(child, ast.ClassDef):
            yield from _of(child, name)
        else:
            if isinstance(child, ast.Call) and ast.unparse(child.func) in CALLS:
                yield name
            yield from _of(child, name)
