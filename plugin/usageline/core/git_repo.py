"""Read a git repository's files, without starting git."""

from usageline.core import paths, syscalls

MAX_STEPS = 64
"""Directories that are looked at on the way up."""


MAX_BYTES = 4096
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


MAX_RESULT_BYTES = 1 << 14


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
    shared = (
        _text(found.directory + "/commondir").strip()
        if found.directory != found.root + "/.git"
        else ""
    )
    if shared:
        found.common = shared if shared[:1] == "/" else found.directory + "/" + shared
    if head.startswith("refs/heads/"):
        found.branch = "" if head == "refs/heads/.invalid" else head[11:]
    elif len(head) in (40, 64) and not head.strip("0123456789abcdef"):
        found.commit = head[:7]
    return found


def fingerprint(found):
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
    for _ in range(MAX_STEPS):
        try:
            kind = syscalls.stat(path + "/.git").st_mode & 0o170000
        except (OSError, ValueError):
            kind = 0
        directory = (
            path + "/.git" if kind == 0o040000 else _pointed_to(path) if kind == 0o100000 else ""
        )
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
        fd = syscalls.open(path, syscalls.O_RDONLY | getattr(syscalls, "O_NONBLOCK", 0))
    except (OSError, ValueError):
        return ""
    try:
        plain = syscalls.fstat(fd).st_mode & 0o170000 == 0o100000
        return syscalls.read(fd, MAX_BYTES).decode("utf-8", "replace") if plain else ""
    except OSError:
        return ""
    finally:
        syscalls.close(fd)


def _exists(path):
    return _time(path) != ""


def _time(path):
    try:
        return str(syscalls.stat(path).st_mtime_ns)
    except (OSError, ValueError):
        return ""
