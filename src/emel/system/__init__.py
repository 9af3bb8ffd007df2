"""The doors to the outside: one file per kind of effect, each a class that a test can stand in for."""
