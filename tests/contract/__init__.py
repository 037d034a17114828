"""Records that fill every attribute of the contract, and the rows that must come of them.

Belongs here: what tests of the contract share. Does not belong here: assertions.
"""
