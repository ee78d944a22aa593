"""Work that takes long: background jobs for the line, and what the commands load.

The table JOBS in `__main__` lists the background jobs. Commands call the modules `org_…` and
`local_usage` themselves, and wait for them.
"""
