"""What is known of every tensor before a model runs: our own propagation, from the graph's inputs."""
