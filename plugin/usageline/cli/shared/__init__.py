"""`usageline shared`: one reading for all machines of an account."""
