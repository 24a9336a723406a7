"""Pictures of models, out of what is known of them."""
