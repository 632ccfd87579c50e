"""What httpx's own transport does on a wire, ours does too: each test runs against both."""
