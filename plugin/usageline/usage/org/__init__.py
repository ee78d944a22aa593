"""What the organization APIs report: cost, tokens and spend limits. Pure, and without floats.

model        the dataclasses of a report
limits       spend limits, and requests for higher ones
rate_limits  the rate limits that are configured
activity     how many people are active, and what each of them does
telemetry    where the API sends its traces
amounts      amounts of money as exact decimals
spans        days in UTC, and the requests that a range of days needs
merge        the sums of many records, as a report
"""
