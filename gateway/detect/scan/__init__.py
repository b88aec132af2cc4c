"""The scan stage: from segments to findings, and the segmenter of streamed replies."""
