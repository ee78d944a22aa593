"""The repository that a directory lies in, read from its files: no git process on the hot side."""

from usageline.core import jobs, paths
from usageline.line import spawn, system

MOST_STEPS = 64
"""Directories that are looked at on the way up."""

MOST_BYTES = 4096
"""Of HEAD, of a `.git` file, of a rebase's head-name."""

STATES = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)
"""What is in the middle of being done, by the name in the git directory that is there meanwhile."""

RESULT_LIMIT = 1 << 14
OLD_S = 10
"""A result older than this is looked at anew: files change without git's knowing."""

CLAIM_S = 5
"""The least time between two looks at one repository."""

REST = 10
"""A look that takes long is given so many times its duration of rest."""

LONGEST_REST_S = 300
CLOCK_JUMP_S = 60
COUNTS = ("changed", "staged", "unstaged", "untracked", "conflicts", "ahead", "behind")


class Repository:
    """`root` of the worktree, `directory` of its git data, `common` of what worktrees share; all absolute paths.

    `branch` is "" where HEAD is detached or only git can tell (reftable); `commit` is the detached HEAD's short hash or "";
    `state` one of the words in STATES or "".
    """

    __slots__ = ("branch", "commit", "common", "directory", "root", "state")

    def __init__(self, root, directory):
        self.root = root
        self.directory = directory
        self.common = directory
        self.branch = self.commit = self.state = ""

    @property
    def key(self):
        """The digest that names the look at this repository."""
        return paths.digest(f"{self.directory}\n{self.root}".encode("utf-8", "replace"))


def repository(cwd):
    """The Repository that the absolute path `cwd` lies in, or None. Text in it is as it was found: uncleaned."""
    found = _find(cwd)
    if found is None:
        return None
    head = _text(found.directory + "/HEAD").strip().removeprefix("ref: ")
    for name, state in STATES:
        if _exists(found.directory + "/" + name):
            found.state = state
            if state == "rebase":  # HEAD is detached meanwhile
                rebased = _text(f"{found.directory}/{name}/head-name").strip()
                head = rebased if rebased.startswith("refs/heads/") else head
            break
    shared = _text(found.directory + "/commondir").strip() if found.directory != found.root + "/.git" else ""
    if shared:
        found.common = shared if shared[:1] == "/" else found.directory + "/" + shared
    if head.startswith("refs/heads/"):
        found.branch = "" if head == "refs/heads/.invalid" else head[11:]
    elif len(head) in (40, 64) and not head.strip("0123456789abcdef"):
        found.commit = head[:7]
    return found


def seen(env, cwd, now, *, counted):
    """What a segment shows of the repository around `cwd`, and the Repository to `launch` a look at as the last act: each may be None.

    The first is `{"branch", "state": text, "changed", "ahead", "behind": number or None, "more": bool or None}`; a detached HEAD's short hash stands for a branch.
    Without `counted` the numbers are None and nothing is looked at, unless only git can tell the branch.
    """
    found = repository(cwd)
    if found is None:
        return None, None
    named = found.branch or found.commit
    known, due = status(env, found, now) if counted or not named else (None, False)
    known = known or {}
    shown = {name: known.get(name) for name in ("changed", "ahead", "behind", "more")}
    if counted:
        shown["failed"] = known.get("failed", "")
    return {"branch": named or known.get("branch", ""), "state": found.state, **shown}, found if due else None


def status(env, found, now):
    """What git said last of this Repository, and whether to look anew: `({count: number or None, "failed": text, …} or None, due)`.

    The counts are COUNTS, of them `changed` that of all paths; `branch` is git's own word; `more` says that there were too many files to count.
    Values are checked, text is not cleaned.
    """
    result = jobs.result(env, "git", found.key, RESULT_LIMIT)
    if result is None or result.get("about") != [found.directory, found.root]:
        return None, jobs.claim(env, "git", found.key, now, CLAIM_S)
    known = {name: _count(result.get(name)) for name in COUNTS}
    known["branch"], known["failed"] = _word(result.get("branch")), _word(result.get("failed"))
    known["more"] = result.get("more") is True
    at, took_s = _number(result.get("at")), _number(result.get("took_s"))
    rest_s = min(took_s * REST, LONGEST_REST_S)
    fresh = at - CLOCK_JUMP_S <= now < at + max(OLD_S, rest_s) and result.get("stamp") == stamp(found)
    return known, not fresh and jobs.claim(env, "git", found.key, now, max(CLAIM_S, rest_s))


def launch(python, env, found):
    """Start a look at this Repository, as the last act. It gets of the environment what a refresh gets."""
    return jobs.launch(python, ["git", found.root], spawn.refresh_environment(env))


def stamp(found):
    """The index, HEAD and the branch as they are: it changes with every commit, checkout, add and merge."""
    places = [
        found.directory + "/index",
        found.directory + "/HEAD",
        f"{found.common}/refs/heads/{found.branch}",
        found.common + "/packed-refs",
    ]
    return " ".join(map(_time, places))


def _find(cwd):
    path = cwd.rstrip("/")
    if cwd[:1] != "/" and cwd[1:2] != ":":
        return None
    for _ in range(MOST_STEPS):
        try:
            kind = system.stat(path + "/.git").st_mode & 0o170000
        except (OSError, ValueError):
            kind = 0
        directory = path + "/.git" if kind == 0o040000 else _pointed_to(path) if kind == 0o100000 else ""
        if directory and _exists(directory + "/HEAD"):
            return Repository(path, directory)
        if not path:
            return None
        path = path.rpartition("/")[0]
    return None


def _pointed_to(path):
    """Where a `.git` file says that the git directory is: a worktree's, a submodule's. "" where it says nothing."""
    content = _text(path + "/.git")
    if not content.startswith("gitdir:"):
        return ""
    target = content[7:].strip()
    return target if target[:1] == "/" or target[1:2] == ":" or not target else path + "/" + target


def _text(path):
    """A file's beginning, or "" where it is none that can be read."""
    try:
        # O_NONBLOCK: a FIFO must not hold the line up.
        fd = system.open(path, system.O_RDONLY | getattr(system, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return ""
    try:
        plain = system.fstat(fd).st_mode & 0o170000 == 0o100000
        return system.read(fd, MOST_BYTES).decode("utf-8", "replace") if plain else ""
    except OSError:
        return ""
    finally:
        system.close(fd)


def _exists(path):
    return _time(path) != ""


def _time(path):
    try:
        return str(system.stat(path).st_mtime_ns)
    except (OSError, ValueError):
        return ""


def _number(value):
    return value if type(value) in (int, float) and 0 <= value < 1e10 else 0


def _count(value):
    return value if type(value) is int and 0 <= value < 10**9 else None


def _word(value):
    return value[:MOST_BYTES] if isinstance(value, str) else ""
