"""What becomes of the findings of all rules together: folding, fingerprints, order."""
