"""What the load driver itself can do, beside other clients; needs requirements-dev.txt."""
