"""Load and requests that mean no good, sent to every deployed stack."""
