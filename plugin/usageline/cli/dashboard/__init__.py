"""The dashboard of `usageline watch`.

`model` decides what is shown, and `drawing`, `chart` and `page` turn it into rows of text. None of
them needs Textual. `app` has the widgets and keys, and `cli/watch.py` restores the terminal at
any end.
"""
