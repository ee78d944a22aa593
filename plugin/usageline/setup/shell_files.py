"""Install the completion script of the user's shell, and the manual page.

Each is a file of its own in a directory that the shell or `man` searches by itself. No file of the
user's is edited or replaced. The manifest has the digest of each file, so that an uninstall removes
what an install has written and the user has not changed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from usageline.setup import first_run, manifest, settings_file
from usageline.system import directories, files

if TYPE_CHECKING:
    from usageline.setup.context import SetupContext
    from usageline.setup.manifest import Manifest
    from usageline.setup.outcome import Outcome
    from usageline.setup.releases import Release

MODE = 0o600
ENDS = (
    "/bash-completion/completions/usageline",
    "/fish/completions/usageline.fish",
    "/_usageline",
    "/man/man1/usageline.1",
)
"""How the paths end. A forged manifest may name any other file of the user's with its digest."""

ZSH_HINT = (
    "To complete `usageline` in zsh, run this once, and open a new terminal:\n\n"
    '  usageline completion zsh > "${fpath[1]}/_usageline"'
)
"""Only zsh itself knows its `fpath`, which the user's own files set."""


@dataclass(frozen=True, slots=True)
class ShellFile:
    """One file: its name for the user, its path, and the command that prints it."""

    name: str
    path: str
    command: tuple[str, ...]


def planned_files(ctx: SetupContext) -> list[ShellFile]:
    """Return the files that an install writes for the user's shell."""
    data = os.path.dirname(ctx.paths.data_dir)
    shell = os.path.basename(ctx.env.get("SHELL", ""))
    manual = ShellFile("man page", f"{data}/man/man1/usageline.1", ("man",))
    completion = _completion_path(ctx, shell)
    if not completion:
        return [manual]
    return [ShellFile("complete", completion, ("completion", shell)), manual]


def _completion_path(ctx: SetupContext, shell: str) -> str:
    """Return the file in which `shell` looks for the completion, "" if it is not known."""
    if shell == "bash":
        data = os.path.dirname(ctx.paths.data_dir)
        return f"{data}/bash-completion/completions/usageline"
    if shell == "fish":
        return f"{os.path.dirname(ctx.config_dir)}/fish/completions/usageline.fish"
    home = ctx.paths.home + "/"
    searched = ctx.env.get("FPATH", "").split(os.pathsep) if shell == "zsh" else []
    own = (path for path in searched if path.startswith(home) and _is_own(path))
    directory = next(own, "")
    return directory and f"{directory}/_usageline"


def _is_own(path: str) -> bool:
    """Return whether `path` is a directory of the user's that can be written."""
    try:
        is_own = files.is_own(os.stat(path))
    except OSError:
        return False
    return is_own and os.path.isdir(path) and os.access(path, os.W_OK)


def add(
    ctx: SetupContext, release: Release, previous: Manifest | None, current: Manifest, out: Outcome
) -> Manifest:
    """Write the files that are missing or of another release. Return the manifest."""
    if previous is None and os.path.basename(ctx.env.get("SHELL", "")) == "zsh":
        out.notes += [] if _completion_path(ctx, "zsh") else [ZSH_HINT]
    is_upgrade = previous is None or previous.release != release.id
    for file in planned_files(ctx):
        try:
            if not is_upgrade and _digest(file.path) in _recorded(ctx, current, file.path):
                continue
            program = f"{release.root}/bin/usageline"
            text = first_run.command_output(program, file.command, ctx.env)
            if text:
                current = _write(ctx, file, text, current, out)
        except OSError as error:
            name = ctx.display_path(file.path)
            out.notes.append(f"{name} was not written: {error.strerror or error}.")
    return current


def _write(
    ctx: SetupContext, file: ShellFile, text: bytes, current: Manifest, out: Outcome
) -> Manifest:
    digest, before = manifest.digest(text), _digest(file.path)
    if before not in _recorded(ctx, current, file.path) and os.path.lexists(file.path):
        if before != digest:
            name = ctx.display_path(file.path)
            out.notes.append(f"{name} was left alone: usageline did not write it.")
        return current
    # Recorded first: a killed run leaves the old content or the new one.
    digests = (before, digest) if before not in {"", digest} else (digest,)
    current = _record(ctx, current, file.path, digests)
    if before != digest:
        directories.make_directory(os.path.dirname(file.path))
        files.write_atomic(file.path, text, MODE)
        out.add_change(file.name, ctx.display_path(file.path))
    return _record(ctx, current, file.path, (digest,))


def _record(ctx: SetupContext, current: Manifest, path: str, digests: tuple[str, ...]) -> Manifest:
    updated = replace(current, shell_files={**current.shell_files, path: digests})
    if updated != current:
        manifest.save(ctx.paths, updated)
    return updated


def remove(ctx: SetupContext, previous: Manifest | None, out: Outcome) -> None:
    """Remove the files, unless the user has changed them."""
    names = {file.path: file.name for file in planned_files(ctx)}
    for path, digests in previous.shell_files.items() if previous else ():
        try:
            if not path.endswith(ENDS) or _digest(path) not in digests:
                continue
            if not ctx.dry_run:
                files.remove_file(path)
        except OSError as error:
            name = ctx.display_path(path)
            out.problems.append(f"{name} was not removed: {error.strerror or error}.")
        else:
            out.add_change(names.get(path, "complete"), ctx.display_path(path))


def _recorded(ctx: SetupContext, current: Manifest, path: str) -> set[str]:
    """Return the digests of the file at `path` that installs of any profile have written."""
    others = map(manifest.load_from, manifest.other_paths(ctx.paths))
    return {
        digest
        for record in (current, *others)
        if record
        for digest in record.shell_files.get(path, ())
    }


def _digest(path: str) -> str:
    """Return the digest of a file, "" for a link or if there is none."""
    data = None if os.path.islink(path) else settings_file.content(path)
    return "" if data is None else manifest.digest(data)
