"""A real OCPI 2.1.1 server of other people's making, to be talked to over real HTTP.

Belongs here: the program that runs it, its environment, the records it is given. Does not belong
here: assertions (`test_peer_extrawest.py`).
"""
