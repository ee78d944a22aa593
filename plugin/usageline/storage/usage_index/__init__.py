"""Index the responses of the transcripts in SQLite, in the state directory.

The transcripts are deleted after 30 days; the index keeps their numbers. It has no text of a
conversation: models, project directories, session ids, times and counts.

    database   open it to write or to show it, create it, and forget what is old
    checks     whether it is as usageline wrote it
    tables     what it has
    writer     add responses, each counted once
    forks      whose a response is that several sessions have
    salvage    what a damaged index still has
    queries    sums between two times
    selection  sums by day, model, project, session or account
    totals     the year's sums by model, for metrics
"""
