"""Background jobs, and what the commands load: work that takes long.

The table JOBS in `__main__` lists the background jobs. Commands call the modules `org_…` and
`local_usage` themselves, and wait for them.
"""
