"""The operators, a file a family. A rule is a function from facts to an answer; `registry` tells how to write it."""
