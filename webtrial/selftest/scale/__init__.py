"""What the analysis itself can do, beside nothing else: how it grows with the samples."""
