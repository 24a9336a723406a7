"""What several sources share: bounded reading, the files that make a model up, and parsers of what registries write."""
