"""`usageline config`: create, show, change, check and preview the configuration."""
