"""Parameters, multiply-accumulates and memory of a model, all from its propagated facts."""
