"""`usageline config`: the configuration written, looked at, changed, checked and tried."""
