"""Machines that train: their names, what is over, and what runs on them."""
