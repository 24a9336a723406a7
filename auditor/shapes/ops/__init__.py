"""The operators, one file a family. A rule is a pure function from facts to an answer; `registry` says how it is written."""
