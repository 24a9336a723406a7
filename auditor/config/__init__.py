"""What a team has written down: finding the configuration, reading it, and the table of settings."""
