"""What another revision would have decided: trial, diff and replay."""
