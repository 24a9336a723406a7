"""What can only be seen where there is a graphics card, as functions: a script runs all, tests run each."""
