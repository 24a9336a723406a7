"""Faults put into sound models, each with its place: does a report name it there?

Every module of a family (`declarations`, `dynamics`, `tensor_data`, `structure`, `attributes`, `hostility`, ...) holds
fault classes: functions decorated with `fault`. The tests inject each class into one sound model;
``python -m tests.benchmarks faults`` injects it into several and prints what auditor and other tools name.
"""
