"""What speaks with a server of auditor: its address, who asks, what was answered, and files on their way to it.

Whatever a server answers is held to bounds, and is one line where it makes no sense. Nothing here prints.
"""
