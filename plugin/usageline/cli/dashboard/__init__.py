"""The dashboard of `usageline watch`.

`model` decides what is shown, and `drawing` turns it into rows of text; neither needs Textual.
`app` has the widgets and keys, and `start` runs it with a terminal that is always restored.
"""
