"""`usageline org`: an organization's usage, cost and spend limits, from the official APIs."""
