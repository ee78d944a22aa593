"""Install and uninstall, with the standard library only: setup runs before any package exists."""
