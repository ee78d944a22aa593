"""Install and uninstall. The standard library only: it runs from a fresh clone, before anything is installed."""
