"""The operators, a file a family. A rule is a pure function from facts to an answer; `registry` says how to write one."""
