"""Real trained models out of public wheels: audited, and held against what really comes out when they run."""
