"""Every module here is one kind of edit; `planning` says in which order they come."""
