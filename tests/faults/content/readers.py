"""Every function of the program that reads from outside, and what tries it with hostile input.

A new reader is either listed here or has a comment above it, which moves along with it:

    # tried by: snapshot             a target of tests/faults/content/fuzz
    # tried by: tests/sources        the tests in a folder
    # tried by: nothing, …           with the reason: what it reads is not used
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.content.fuzz import targets
from tests.world import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = REPOSITORY / "plugin" / "usageline"
MARK = re.compile(r" *# tried by: (.+)")

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
            "process.run",
            "query_line",
            "read_bytes",
            "open_regular",
            "files.open_regular",
            "files.read_regular",
            "read_regular",
            "file.read_text",
            "json_file.json_file",
            "json_file",
            "json_file.regular_file",
            "regular_file",
            "read_keys",
            "glob.glob",
        ),
        *("client.stream", "sys.stdin.buffer.read", "parse_object"),
    }
)
"""The functions that a reader calls."""


READERS: dict[str, tuple[str, ...]] = {
    "payload": ("core.json_file.payload", "jobs.chained_command.run"),
    "snapshot": (
        *(
            "core.json_file.json_file",
            "core.json_file.regular_file",
            "line.theme.published",
            "cli.refresh.current_snapshot",
            "cli.live.watch.frame",
            "cli.dashboard.data.snapshot",
        ),
        *(
            "cli.doctor.context.snapshot",
            "cli.history.readings.account",
            "refresh.run.published",
        ),
        "setup.first_run.run_refresh",
    ),
    "body": (
        "sources.http._get",
        "sources.oauth.fetch",
        "sources.oauth._is_about_scope",
        "sources.client._is_answer",
        "cli.doctor.unknown_keys._body_in",
    ),
    "config": (
        *(
            "config.file.read_text",
            "config.file.parse",
            "config.loader._own_sources",
            "config.compile._read_config",
        ),
        *(
            "cli.config.change.current_text",
            "cli.profile_accounts._values_at",
        ),
    ),
    "compiled": (
        "cli.doctor.client.git",
        "line.settings.load_from",
        "config.compile._last_compiled",
        "core.jobs.result",
    ),
    "settings": (
        "setup.settings_file.read",
        "setup.settings_file.content",
        "setup.settings_step._mentions_program",
        "setup.json_edit.parse",
    ),
    "sign_in": (
        *(
            "sources.claude_files.parse_object",
            "sources.claude_files.read_bytes",
            "sources.claude_files.read_keys",
        ),
        *(
            "sources.claude_files.top_level",
            "sources.claude_files._take",
            "sources.auth.claude_state.read",
            "sources.claude_files.find_keys",
        ),
        *(
            "sources.auth.credentials.from_file",
            "sources.auth.credentials._candidates",
            "sources.auth.credentials._parse",
            "cli.info.missing",
        ),
        *(
            "sources.auth.sign_in.in_settings",
            "cli.doctor.client.trust",
            "cli.doctor.context.settings_file",
        ),
        "cli.doctor.settings.managed_settings",
        *("sources.proxies.network_variables", "sources.proxies._managed_files"),
    ),
    "git": ("core.git_repo._text", "jobs.git_status.count.git"),
    "chained": ("system.process._transfer",),
    "history": (
        "cli.doctor.log.parse",
        "cli.dashboard.data._requests_of",
        "storage.history._add",
        "storage.codec._parse",
        "storage.history._descriptor",
        "storage.history.accounts",
        "storage.history._list_months",
    ),
    "records": (
        *(
            "storage.accounts.fetch",
            "setup.manifest._read_object",
            "setup.manifest.other_paths",
            "system.origin_record.read_record",
            "system.origin_record._content",
        ),
        *("line.chain.trusted_config", "line.spawn.installations", "refresh.request_budget._read"),
    ),
}
"""By the target that tries what they read.

`value` and `surroundings` try arguments and the environment, which are read everywhere.
"""

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "tests/faults/corruption": (
        "storage.database_check.check_database",
        "storage.database_check._check_file",
        "storage.accounts._cache",
        "storage.accounts._make_database",
        "statusline",
    ),
    "tests/faults/crowd": ("refresh.lock_owner.current_owner", "system.process_tree.process_info"),
    "tests": (
        "system.files.temporary_files",
        "system.lock._open",
        "core.path_owners.opened",
        "core.throttle.acquire",
        "core.throttle._lock",
        "system.files.read_regular",
        "system.files.open_regular",
    ),
    "tests/refresh": ("storage.refresh_log._opened", "storage.refresh_log._write"),
    "tests/sources": (
        "sources.http._owners",
        "sources.client.query",
        "sources.auth.keychain._password",
        "system.process._first_line",
    ),
    "tests/cli": (
        "system.terminal.query_background",
        "system.terminal._answer",
        "system.terminal._read_cache",
        "core.path_owners._local_users",
        "cli.doctor.installation.plugin",
        "cli.doctor.context.release",
        "storage.snapshot.profile_keys",
        "cli.profile_accounts._directories",
        "cli.dashboard.data.refresh_now",
    ),
    "tests/setup": (
        *(
            "core.bundled.load.needed",
            "system.bundle._hot_sources",
            "system.bundle.write",
            "system.bundle.is_whole",
            "system.bundle.sweep",
            "setup.settings_step._newest_backup",
            "setup.releases.is_current",
            "setup.releases.for_source",
            "setup.releases.compile_bytecode",
        ),
        *(
            "setup.releases.current",
            "setup.releases.remove_others",
            "setup.first_run._run",
            "setup.install._link_command",
        ),
        *(
            "setup.interpreters._output",
            "setup.interpreters.probe",
            "setup.interpreters.is_macos_stub",
            "setup.release_plan._prints_line",
            "setup.release_plan._measure",
        ),
        *(
            "setup.interpreters._candidates",
            "setup.packages._run",
            "setup.packages._add_program_path",
            "setup.uninstall._target",
            "setup.uninstall._remove_program",
        ),
        *(
            "setup.context._ask",
            "setup.first_run.chain_previous",
            "setup.program_files.package_of",
            "setup.settings_step._has_entries",
            "setup.releases.is_intact",
            "setup.uninstall._report_remaining",
        ),
        *(
            "setup.interpreters.upgrade_safe_path",
            "system.trust.untrusted_interpreter_reason",
            "setup.packages.pin_interpreter",
        ),
        *(
            "setup.settings_file._open_to_write",
            "setup.owned_files.holds_any",
            "setup.owned_files.remove",
        ),
        *(
            "setup.command._print",
            "setup.command._open_closed_streams",
        ),
    ),
    "nothing of what it reads is used": (
        *(
            "system.files._create",
            "system.files._remove_unlocked",
            "core.throttle._set_times",
            "system.files.flush",
            "core.throttle.create_stamp",
            "core.json_file.await_end",
            "line.spawn.spawn",
        ),
        *(
            "storage.job_results.lock",
            "storage.job_results.prune",
            "refresh.notify.prune_sent",
            "setup.program_files._plugin_copies",
        ),
        *(
            "cli.config.editor._text",
            "cli.config.editor._run_editor",
            "cli.doctor.line._prepare",
            "system.process_tree.__init__",
            "system.process_tree.start",
            "cli.edge.run",
            "system.files.write_error",
            "cli.live._run",
        ),
        *(
            "cli.live.woken_by.wait",
            "system.process_tree._parents",
            "system.process_tree._ps",
        ),
    ),
}
"""What other tests cover, or what is only opened, listed or started."""


NOTHING = "nothing, "


class Reader(NamedTuple):
    """A function that reads from outside.

    `name` is its dotted name below `usageline`, `call` what it reads with, and `tried_by` the
    comment above it, or "".
    """

    name: str
    call: str
    tried_by: str


def listed() -> list[str]:
    """Return the readers in the two tables."""
    return [name for table in (READERS, ELSEWHERE) for names in table.values() for name in names]


def untried(room: str, package: Path = PACKAGE) -> list[str]:
    """Return what to do about each reader of a room that nothing tries."""
    names = set(listed())
    calls: dict[str, list[str]] = {}
    for reader in readers(package, room):
        if not (reader.name in names or _is_trial(reader.tried_by)):
            calls.setdefault(reader.name, []).append(reader.call)
    return [
        f"usageline.{name} reads from outside ({', '.join(used)}) and nothing tries it with "
        "hostile input: write such a test, or add its input to a target in "
        "tests/faults/content/fuzz, and put `# tried by: TARGET or tests/FOLDER` above it"
        for name, used in calls.items()
    ]


def assert_tried(room: str) -> None:
    """Fail with what to do if nothing tries a reader of the room."""
    problems = untried(room)
    assert not problems, "\n".join(problems)


def readers(package: Path = PACKAGE, room: str = "*") -> Iterator[Reader]:
    """Yield every reader in the code, or in that of one room."""
    for path in sorted({*package.glob(f"{room}.py"), *package.glob(f"{room}/**/*.py")}):
        module = (
            path.relative_to(package)
            .with_suffix("")
            .as_posix()
            .replace("/", ".")
            .removesuffix(".__init__")
        )
        text = path.read_text("utf-8")
        yield from _of(ast.parse(text), module, text.splitlines(), "")


def _is_trial(mark: str) -> bool:
    is_folder = mark.startswith("tests/") and (REPOSITORY / mark).is_dir()
    return mark in targets.NAMES or is_folder or mark.startswith(NOTHING)


def _of(node: ast.AST, name: str, lines: list[str], mark: str) -> Iterator[Reader]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            match = MARK.match(lines[first - 2]) if first > 1 else None
            yield from _of(child, f"{name}.{child.name}", lines, match[1] if match else "")
        elif isinstance(child, ast.ClassDef):
            yield from _of(child, name, lines, "")
        else:
            if isinstance(child, ast.Call) and (call := ast.unparse(child.func)) in CALLS:
                yield Reader(name, call, mark)
            yield from _of(child, name, lines, mark)
