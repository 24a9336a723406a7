"""What the report says of the model as a whole."""
