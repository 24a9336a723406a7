"""Files that break readers, and what the command must make of each."""
