"""Bounds of the gates, fixed before anything was measured.

The code that judges a trial, and the code that shows or explains a verdict, both read them here.
"""

CPU_INVALID = 0.80  # of the driver's core: above it, requests queue in the client
CPU_SUSPECT = 0.70
SENT_MIN = 0.98  # of the arrivals scheduled in an open trial
LAG_MIN_MS = 1.0  # a p99 of sent − intended up to this is always allowed
LAG_OF_MEDIAN = 0.05  # or this fraction of the median latency
STALL_INVALID_MS = 100.0  # longest time in which the driver's event loop did not run
STALL_SUSPECT_MS = 20.0
LITTLE_MAX = 0.02  # of the requests in flight: counted versus derived from latency
# The two measures of requests in flight read the clock a few µs apart, once per request:
# at 1,000 requests per second 10 µs are 0.01 requests in flight. This exceeds 2 % only if fewer
# than half a request is in flight on average, so it changes nothing anywhere else.
LITTLE_FLOOR = 0.01  # requests
REOPENED_MAX = 0.001  # of the connections
CLOCK_MAX = 0.01  # of the window: offset between two workers' windows
STOLEN_MAX = 0.05  # of all cores, by the hypervisor
FOREIGN_MAX = 0.05  # of all cores, by processes that are not ours
THROTTLED_MAX = 0  # periods in which a CPU quota stopped us: each stops all requests for a while
SUSPENDED_MAX_S = 0.1  # not 0: the two clocks that show it are not read at the same instant
DRIFT_MAX = 0.10  # of the machine's speed before the trial
