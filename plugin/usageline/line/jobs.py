"""What a configured line has done in the background: its configuration compiled, its repository looked at, another command run.

Each shows its last result at once and is started for the lines to come. Imported where there is a config.toml.
"""

from usageline.core import background, json_file, paths, syscalls, throttle
from usageline.core.freshness import file_stamp
from usageline.line import render, settings, spawn
from usageline.line.segments import with_defaults

COMPILE_WAIT_S = 0.5
"""For so long the one line that first sees an edit waits for it to be compiled; it shows the configuration before when that is over."""

COMPILE_CLAIM_S = 3
"""For so long after one run began to compile no other run does."""

UNREAD = "config.toml is not read: "
REASONS = {"full": "the disk is full", "failing": "run usageline doctor"}
OTHER_REASON = "the cache cannot be written"
HALVES = ("left", "right")


def configuration(env, stamp, python, now):
    """What the user configured: config.toml as it is now, compiled anew where it was changed. `stamp` is the file's, `python` the cold interpreter."""
    configured, is_old = settings.load(env, stamp)
    if not is_old or not python:
        return configured
    claimed = paths.line_config_stamp(env)
    why = throttle.acquire(claimed, 2, now, COMPILE_CLAIM_S)
    if not why:
        _compile(env, python)
        configured, is_old = settings.load(env, stamp)
    if why in ("", "recent"):
        why = throttle.last_failure(claimed, now) if is_old else ""
    return {**configured, "problem": UNREAD + REASONS.get(why, OTHER_REASON)} if why else configured


def _compile(env, python):
    """Have it compiled, and wait for that a little."""
    spawn.close_inherited()
    try:
        reader, writer = syscalls.pipe()
        spawn.spawn(
            [python, *background.PYTHON_FLAGS, "-m", "usageline.config.compile"],
            background.refresh_environment(env),
            -1,
            writer,
        )
        syscalls.close(writer)
        json_file.await_end(reader, COMPILE_WAIT_S)
        syscalls.close(reader)
    except (OSError, ValueError):
        return


def look_at_repository(seen, configured, env, python):
    """Put what is known of the repository into the view where a segment shows it. Gives what starts a new look, or None where none is due."""
    options = settings.segment(configured, "git")
    cwd = seen.text_at_length("workspace", "current_dir") or seen.text_at_length("cwd")
    if options is None or not cwd:
        return None
    from usageline.line import git  # noqa: PLC0415 - where it is shown

    seen.git, found = git.seen(
        env,
        cwd,
        seen.now,
        counted=not {"dirty", "ahead"}.isdisjoint(with_defaults("git", options)["show"]),
    )
    return (lambda: git.launch(python, env, found)) if found and python else None


def chained(seen, configured, env, python, payload):
    """The rows of the chained command, what is wrong with it or "", and what starts it anew, or None. `payload` is stdin as bytes."""
    if "chain" not in configured:
        return [], "", None
    from usageline.line.chain import UNTRUSTED, Command, own  # noqa: PLC0415 - where there is one

    mine = own(env)
    if mine is None:
        return [], UNTRUSTED, None
    compiled, config, fixed = mine
    chain = configured["chain"]
    if compiled != paths.line_config(env):
        # The same place by another name, which may lead elsewhere by now: what runs is what stands in the recorded one.
        chain = settings.load_from(compiled, file_stamp(config))[0].get("chain")
        if chain is None:
            return [], UNTRUSTED, None
    room = render.columns(env) + render.CLIENT_MARGIN
    room = room // 2 if chain.get("position") in HALVES else room
    command = Command(python, env, chain, seen.text("session_id"), fixed)
    rows, problem, due = command.look(payload, room, seen.now)
    return rows, problem, (lambda: command.launch(payload, room)) if due else None
