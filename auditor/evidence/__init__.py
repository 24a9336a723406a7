"""What the rules judge by, each piece made once and only if asked for."""
