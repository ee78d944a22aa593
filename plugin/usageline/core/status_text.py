"""Share the words for each status between the line, the commands and the cold side."""

CLOCK = "this machine's clock"
"""The snapshot's detail begins with it if this machine's clock is wrong."""

REASONS = {
    "loading": "usage: loading…",
    "signed-out": "sign in: /login",
    "expired": "sign-in expired: any message renews it",
    "no-scope": "token without user:profile: /login",
    "rate-limited": "rate-limited",
    "offline": "offline",
    "unreadable": "usage unreadable",
    "no-plan": "no plan limits",
    "another-sign-in": "another sign-in",
}

ACCOUNTS_WAIT = "asked for by the service before this token came"
"""The snapshot's detail if the service set the cooldown for another token of the same account."""
