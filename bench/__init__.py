"""Side-by-side benchmarks: ``make bench``. What is measured and how: docs/performance.md."""
