"""What a team asks of its models, and the verdict on a report under it: nothing here runs an audit."""
