"""How model files are read, one module per kind of file, each with `read`.

They import the library that wrote the file, so only models/worker.py loads them, each by its name in a table
when a task asks for it.
"""
