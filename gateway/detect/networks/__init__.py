"""Networks in NumPy or ONNX: our own, and those that users bring."""
