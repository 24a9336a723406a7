"""What several formats and the tables of the command line share: names made harmless, numbers, words, columns."""
