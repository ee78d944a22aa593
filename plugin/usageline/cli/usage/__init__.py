"""`usageline usage`: tokens and cost, from Claude Code's own transcripts.

command  the options
quick    frequent command lines, without `click`
run      what is read, summed and printed
days     the days and the time zone of the options
accounts the accounts by label or key
result   the rows with their order, names and notes
report   the rows as JSON and CSV, the prices, the progress
table    the rows for a terminal
live     the table with --watch
chart    a chart of the rows
picture  the chart and the table as SVG and HTML
limits   what one percent of the plan is worth
blocks   the 5-hour windows
check    what is not in the transcripts
schema   the JSON Schemas
"""
