"""What one call of auditor does, for every door to it: the command line is one, a service would be another.

Nothing here prints or knows of a terminal. What goes on beside the result is told to a `listening.Listener`.
"""
