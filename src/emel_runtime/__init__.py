"""What runs inside the function: the standard library and nothing else, on Python 3.11 to 3.14.

A cold start is paid by a user who waits, so each import here is weighed: see bench/cold_start.py.
"""
