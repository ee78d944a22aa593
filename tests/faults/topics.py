"""The rows of docs/RELIABILITY.md, which users read. Each promise names its topic."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """One row.

    question  how "What happens if…" continues
    answer    what usageline does
    sees      what the user sees; each message in it is in a promise of this topic
    """

    question: str
    answer: str
    sees: str


TOPICS = {
    "killed": Topic(
        "usageline is killed, at any moment?",
        "Each file is the old or the new one, byte for byte. Programs that usageline started are "
        "killed too. "
        "An edit that you had not saved is offered again.",
        "The line does not change, or is back a few seconds later.",
    ),
    "sessions": Topic(
        "many sessions are open?",
        "They share one request per `ttl`. Processes, files and memory do not grow.",
        "A complete line in each session.",
    ),
    "hang": Topic(
        "a refresh hangs?",
        "The next refresh kills it and the programs that it started, and replaces it. No other "
        "process is killed.",
        "The last numbers with their age, then new ones.",
    ),
    "disk": Topic(
        "the disk is full, read-only or broken?",
        "Cache and history keep what they have. usageline tries one refresh a minute at most and "
        "sends no request. "
        "It recovers by itself when the fault is over.",
        "The last numbers with their age, and `no refresh: the disk is full` or another reason.",
    ),
    "home": Topic(
        "the home directory disappears?",
        "usageline creates nothing below the mount point, and continues when the directory is "
        "back.",
        "`usageline is not installed on this system (if it was: install it again)`, then the "
        "numbers.",
    ),
    "setup": Topic(
        "an install or uninstall fails?",
        "settings.json is the old or the new one, byte for byte. You can run the command again. "
        "A damaged or forged install record never removes another program's file.",
        "A message that names what is missing, such as `Free some space on that disk.`",
    ),
    "damaged": Topic(
        "a file of usageline is damaged?",
        "What is intact is used. The next refresh rewrites the rest. A damaged history loses only "
        "its damaged lines.",
        "The line with the numbers that can be read, or `usage: loading…` for a moment.",
    ),
    "planted": Topic(
        "a file of usageline is replaced by a link, a FIFO or a hostile file?",
        "No code in it runs, and no file outside is read, written or removed. A refresh replaces "
        "it.",
        "The line, without what cannot be read.",
    ),
    "transcripts": Topic(
        "a transcript or the index of your usage is damaged, hostile or cannot be written?",
        "Every other line counts, each response once, in little memory. A damaged index is built "
        "again, and keeps what only it has. On a full or read-only disk it does not change.",
        "The same numbers, or `cannot be used` with the reason.",
    ),
    "users": Topic(
        "other people use the machine?",
        "Files have mode 0600 and directories 0700. usageline refuses a cache directory that "
        "another user can change.",
        "`no refresh: the cache directory is not yours alone`",
    ),
    "offline": Topic(
        "there is no network?",
        "Everything starts and works without it. A refresh tries again after 30 s at the "
        "earliest. If IPv6 fails, it uses IPv4.",
        "The last numbers with their age, and `offline`.",
    ),
    "intercepted": Topic(
        "a hotel portal or a proxy answers in place of the API?",
        "It gets no request and no token, because it cannot present the API's certificate.",
        "`offline · 12m ago`",
    ),
    "service": Topic(
        "the service is slow, broken or answers nonsense?",
        "A refresh ends within ten seconds and sends one request. After a failure the next one is "
        "30 s later if no server "
        "was reached, else 5 minutes or more.",
        "The last numbers with the reason and their age, such as `usage unreadable`.",
    ),
    "rate-limit": Topic(
        "the service limits the rate of requests?",
        "usageline waits as long as Retry-After requests: five minutes at least, 75 minutes plus "
        "a tenth at most.",
        "`rate-limited until 14:05 · 12m ago`",
    ),
    "clock": Topic(
        "the clock or the time zone is wrong or changes?",
        "No old number is shown as fresh, no alert repeats, the history stays, and each jump "
        "causes one request at most.",
        "Old numbers with their age, until the clock is right again.",
    ),
    "sleep": Topic(
        "the computer sleeps?",
        "The first line after it starts one refresh. If the network comes later, the next try is "
        "half a minute later.",
        "The old numbers with their age for a moment, then new ones.",
    ),
    "config": Topic(
        "config.toml has a mistake or cannot be written?",
        "The last good configuration stays in force. The file does not change unless it can be "
        "written completely.",
        "The line with the previous configuration, and the place of the mistake.",
    ),
    "terminal": Topic(
        "a branch, a path or a chained command contains control sequences?",
        "They do not reach the terminal, tmux or a shell prompt. Only text, colors and web links "
        "do.",
        "The text, without its control sequences.",
    ),
    "token": Topic(
        "something goes wrong while usageline holds the token?",
        "The token is sent in one header of one request to the API. It is in no file, output or "
        "core dump.",
        "No difference.",
    ),
    "project": Topic(
        "you open a hostile project?",
        "Its variables start no program, choose no proxy or certificate, and send the token to no "
        "other machine or user. "
        "[SECURITY.md](../SECURITY.md) lists what each variable reaches.",
        "The line. In a project with a cache of its own, `usage: loading…` for at most two "
        "minutes.",
    ),
    "packages": Topic(
        "a package was tampered with?",
        "It is not installed. An existing installation continues to work.",
        "`The packages could not be installed`",
    ),
    "python": Topic(
        "Python is upgraded or removed?",
        "The line continues with another Python if there is one. Installing it again repairs "
        "the installation.",
        "The numbers while they are available, else `install it again`.",
    ),
    "upgrade": Topic(
        "you upgrade or downgrade usageline?",
        "Line, numbers, history, configuration and settings stay. A later uninstall restores your "
        "first settings, byte for byte.",
        "The line, with its numbers, all the time.",
    ),
}
"""In the order of the page."""
