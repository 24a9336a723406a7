"""Will a model load elsewhere? What is known of runtimes that are not here."""
