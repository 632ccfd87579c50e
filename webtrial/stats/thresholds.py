"""Thresholds that several chapters share, each defined once under one name."""

P99_LIMIT_MS = 100.0
"""The limit within which a response is in time, unless a reader sets another one. Up to
0.1 s a user feels that a system reacts at once (Nielsen, Usability Engineering, 1993, section 5.5).
"""

TOLERATED_SHARE = 0.01
"""The share of requests that may fail or be late, and of connections that may be lost."""

MINIMUM_REQUESTS = 300
"""The fewest requests that can decide whether TOLERATED_SHARE is met. If none of 300 is late, at
most 1 % are, with 95 % confidence (rule of three: Hanley and Lippman-Hand, If Nothing Goes Wrong,
Is Everything All Right?, JAMA 249, 1983).
"""
