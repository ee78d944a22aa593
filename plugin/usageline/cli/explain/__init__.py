"""`usageline explain`: the line on the screen, piece by piece."""
