"""Sizes that may not be known yet: arithmetic on names that is exact, and comparisons that may answer "unknown".

`polynomial` is the normal form, `algebra` divides, `bounds` compares, `dim` is what everybody else imports. These four
know each other in a circle (a product of floors is a polynomial whose terms are floors of polynomials): that is why
they have a room of their own, and nothing outside takes part in it.
"""
