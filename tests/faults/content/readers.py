"""List every place that reads from outside, and what tests it.

A test compares this table with the code.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.world import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = frozenset(
    {
        *(
            "open",
            "input",
            "os.open",
            "syscalls.open",
            "os.read",
            "syscalls.read",
            "os.listdir",
            "os.scandir",
            "os.readlink",
            "os.pread",
        ),
        *(
            "json.loads",
            "tomllib.loads",
            "marshal.loads",
            "sqlite3.connect",
            "diskcache.Cache",
            "subprocess.run",
        ),
        *(
            "subprocess.Popen",
            "run_bounded",
            "converse",
            "read_bytes",
            "files.read_regular",
            "read_regular",
            "file.read_text",
            "json_file.json_file",
            "json_file",
            "read_keys",
            "glob.glob",
        ),
        *("client.stream", "sys.stdin.buffer.read", "parse_object"),
    }
)
"""The functions that a reader calls."""


READERS: dict[str, tuple[str, ...]] = {
    "payload": ("core.json_file.payload", "jobs.chained_command.look"),
    "snapshot": (
        *(
            "core.json_file.json_file",
            "line.main.draw",
            "line.embed.text",
            "cli.main.current_snapshot",
            "cli.watch._frame",
        ),
        *(
            "cli.config.preview._snapshot",
            "cli.doctor.context.snapshot",
            "cli.history.selection.account",
            "refresh.run._published",
        ),
        "setup.first_run.refresh",
    ),
    "body": (
        "sources.net.http._get",
        "sources.oauth.fetch",
        "sources.oauth._is_about_scope",
        "sources.client._is_answer",
        "cli.schema._body_in",
    ),
    "config": (
        *(
            "config.file.read_text",
            "config.file.parsed",
            "config.loader.tolerant",
            "config.loader.problems",
            "config.loader._own_sources",
            "config.compile._look",
        ),
        *("cli.config.change.current_text", "cli.config.editor._check"),
    ),
    "compiled": (
        "cli.doctor.client.git",
        "line.settings.load_from",
        "config.compile._last",
        "core.jobs.result",
    ),
    "settings": (
        "setup.settings_file.read",
        "setup.settings_file.bytes_at",
        "setup.settings_step._names_us",
        "setup.json_edit.parse",
    ),
    "sign_in": (
        *(
            "sources.claude_files.parse_object",
            "sources.claude_files._opened",
            "sources.claude_files.read_keys",
        ),
        *(
            "sources.json_scan.top_level",
            "sources.json_scan._take",
            "sources.auth.claude_state.read",
            "sources.auth.claude_state._keys",
        ),
        *(
            "sources.auth.credentials.from_file",
            "sources.auth.credentials._candidates",
            "sources.auth.credentials._parsed",
            "cli.info.missing",
        ),
        *(
            "sources.auth.sign_in.other_in_settings",
            "cli.doctor.client.trust",
            "cli.doctor.context.settings_file",
        ),
        "cli.doctor.settings.managed_settings",
        *("sources.net.network.variables", "sources.net.network._managed_files"),
    ),
    "git": ("core.git_repo._text", "jobs.git_status.count.ask"),
    "chained": ("system.process._go_on",),
    "history": (
        "cli.log.row",
        "storage.history._add",
        "storage.history.line._parse",
        "storage.history.files._descriptor",
        "storage.history.files.accounts",
        "storage.history.files.months",
    ),
    "records": (
        *(
            "storage.accounts.fetch",
            "setup.manifest._parsed",
            "setup.manifest.others",
            "system.origin._record",
            "system.origin._content",
        ),
        *("line.chain.own", "line.spawn.installations", "refresh.account_gate._read"),
    ),
}
"""By the target that tests them; `value` and `surroundings` test arguments and the environment."""

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "tests/faults/corruption": (
        "storage.database_check.inspect",
        "storage.database_check._check_file",
        "storage.accounts._cache",
        "storage.accounts._make_database",
        "statusline",
    ),
    "tests/faults/crowd": ("refresh.lock_owner.holder", "system.process_tree.process"),
    "tests": (
        "system.files.temporaries",
        "system.flock._opened",
        "core.path_owners.opened",
        "core.throttle.acquire",
        "system.files.read_regular",
    ),
    "tests/refresh": ("storage.refresh_log._opened", "storage.refresh_log._write"),
    "tests/sources": (
        "sources.net.listener._owners",
        "sources.client.fetch",
        "sources.auth.keychain._password",
        "system.process_tree._line",
    ),
    "tests/cli": (
        "system.terminal_background.ask",
        "system.terminal_background._answer",
        "system.terminal_background._kept",
        "system.trust._local_users",
        "cli.doctor.run.run",
        "cli.doctor.installation.plugin",
        "cli.doctor.context.release",
        "cli.doctor.line._listed",
    ),
    "tests/setup": (
        *(
            "system.bundle.write",
            "system.bundle.is_whole",
            "system.bundle.sweep",
            "setup.settings_step.from_backup",
            "setup.release.is_current",
            "setup.release.release_of",
            "setup.release.compile_for",
        ),
        *(
            "setup.release.current",
            "setup.release.remove_others",
            "setup.first_run._output",
            "setup.install._link",
        ),
        *(
            "setup.interpreters.probe",
            "setup.interpreters.is_macos_stub",
            "setup.interpreters._run",
            "setup.interpreters._timed",
        ),
        *(
            "setup.interpreters._candidates",
            "setup.packages._run",
            "setup.packages._point_to_program",
            "setup.uninstall._remove_program",
        ),
        *(
            "setup.settings_step.ask",
            "setup.settings_step._is_wired",
            "setup.release.is_whole",
            "setup.uninstall._name_left",
        ),
        *(
            "setup.interpreters.lacks",
            "setup.interpreters.lasting_path",
            "setup.trusted_path.refusal",
            "setup.packages.pin_venv",
        ),
        *(
            "setup.settings_file._open_to_write",
            "setup.own_names.holds_any",
            "setup.own_names.remove",
            "setup.own_names._remove",
        ),
        *(
            "setup.own_names._remove_directory",
            "setup.streams.open_missing",
            "setup.streams.give_up",
        ),
    ),
    "nothing of what it reads is used": (
        *(
            "system.files._create",
            "system.files._sweep",
            "system.files.set_times",
            "system.files._sync_directory",
            "system.directories._sync",
            "core.throttle.create_empty",
            "core.json_file.await_end",
            "line.spawn.spawn",
        ),
        *(
            "storage.job_results.held",
            "storage.job_results.sweep",
            "refresh.notify.prune_sent",
            "refresh.account_gate._sweep",
            "setup.plugin._copies",
        ),
        *(
            "cli.config.editor._text",
            "cli.config.editor._run_editor",
            "cli.doctor.line._prepare",
            "system.watchdog.__init__",
            "system.watchdog.start",
            "cli.main.main",
            "system.disk.tried",
            "cli.watch._start",
        ),
        *("cli.watch.woken_by.wait", "system.process_tree._parents"),
    ),
}
"""What other tests cover, or what is only opened, listed or started."""


def readers() -> Iterator[str]:
    """Return `module.function` of each reader in the code, below `usageline`."""
    package = REPOSITORY / "plugin" / "usageline"
    for path in sorted(package.rglob("*.py")):
        module = (
            path.relative_to(package)
            .with_suffix("")
            .as_posix()
            .replace("/", ".")
            .removesuffix(".__init__")
        )
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
