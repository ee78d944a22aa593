"""The sources of readings, one module each with `fetch(context)`. config/sources.py lists them."""
