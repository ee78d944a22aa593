"""`usageline metrics`: the numbers for Prometheus, and what reads them there.

command    the options
listener   an HTTP server for scrapers, on this machine
rules      alert rules
dashboard  a dashboard for Grafana
"""
