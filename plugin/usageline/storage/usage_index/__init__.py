"""Index the responses of the transcripts in SQLite, in the state directory.

The transcripts are deleted after 30 days; the index keeps their numbers. It has no text of a
conversation: models, project directories, session ids, times and counts.

    database   open, check and create it
    tables     what it has
    checked    when all of it was checked
    retention  what it forgets
    batch      gather responses before they are written
    writer     add responses, each counted once
    forks      whose a response is that several sessions have
    names      models, projects and sessions as numbers
    salvage    what a damaged index still has
    reader     open it to show it
    queries    sums by day, model, project, session
    states     the accounts of sessions, and what Claude Code itself counted
"""
