"""What the organization APIs report: cost, tokens and spend limits. Pure, and without floats.

model     the dataclasses of a report
limits    spend limits, and requests for higher ones
activity  who is active, and what each of them does
settings  the rate limits that are configured, and the destinations of traces
records   who caused a record, its day, its tokens and its money
amounts   amounts of money as exact decimals
spans     days in UTC, and the requests that a range of days needs
merge     the sums of many records, as a report
"""
