"""What each operator makes of intervals; a new file needs no entry anywhere."""
