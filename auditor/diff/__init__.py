"""What changed between two models: aligned by structure, told as edits, judged by what a client meets."""
