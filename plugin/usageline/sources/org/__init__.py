"""Read an organization's usage and cost from the official APIs.

key       the administrator's key, and where it may be sent
client    GET with pace, retries and pages
pace      one request a second, over all processes of this machine
errors    what a refused request means, in one sentence
adapter   what an adapter is: the requests for a report, and how to read their answers
adapters  one of the Usage and Cost Analytics API, two of the older reports

Only `usageline org` imports this package: no status line, hook or refresh reads the key.
"""
