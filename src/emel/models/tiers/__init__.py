"""How a loaded model becomes the file that a tier's function opens, one module per tier, each with `make`.

Only models/worker.py loads them, by name: that of the onnx tier imports the converters.
"""
