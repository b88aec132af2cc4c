"""Networks in NumPy or ONNX: the project's name tagger, and networks that users bring."""
