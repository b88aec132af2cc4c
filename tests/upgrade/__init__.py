"""What earlier versions wrote, and that this version still reads it. See README.md beside this file."""
