"""Background looks: what takes too long for the line is found out here, and the next line shows it."""
