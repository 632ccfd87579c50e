"""Performance of the analysis itself: how time and memory grow with the number of samples."""
