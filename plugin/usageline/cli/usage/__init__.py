"""`usageline usage`: tokens and cost, from Claude Code's own transcripts.

command  the options
quick    frequent command lines, without `click`
run      what is read, summed and printed
result   the rows with their order, names and notes
report   the rows as JSON and CSV, the prices, the progress
table    the rows for a terminal, also with --watch
chart    the chart of the rows, for pages and pictures
picture  the chart and the table as SVG and HTML
limits   the 5-hour windows, and what one percent of the plan is worth
check    what is not in the transcripts
schema   the JSON Schemas
"""
