"""Performance of the load driver compared with other clients; needs requirements-dev.txt."""
