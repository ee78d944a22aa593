"""`usageline usage`: tokens and cost, from Claude Code's own transcripts.

command  the options
report   the rows as JSON, CSV or a table
check    what is not in the transcripts
blocks   the 5-hour windows
"""
