"""Index the responses of the transcripts in SQLite, in the state directory.

The transcripts are deleted after 30 days; the index keeps their numbers. It has no text of a
conversation: models, project directories, session ids, times and counts.

    database   open, check and create it
    writer     add responses, each counted once
    queries    sums by day, model, project, session
"""
