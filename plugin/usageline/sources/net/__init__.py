"""HTTP to one host: proxies, certificates and loopback listeners."""
