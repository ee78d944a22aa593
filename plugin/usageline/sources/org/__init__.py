"""Read an organization's usage and cost from the official APIs.

key        the administrator's key, and where it may be sent
client     GET with pace, retries and pages
errors     what a refused request means, in one sentence
analytics  the adapter of the Usage and Cost Analytics API
legacy     the adapters of the older reports

Only `usageline org` imports this package: no status line, hook or refresh reads the key.
"""
