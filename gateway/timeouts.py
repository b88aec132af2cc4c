"""Every fixed time-out, interval, back-off and lifetime of the gateway, in seconds.

What an operator may want to change is a setting instead: see ``gateway/settings/``.
"""

from typing import Final

# Requests
KEEP_ALIVE_COMMENT: Final = 10.0
"""How often a stream that is held back sends a comment, so that no proxy closes the connection."""
UNAUTHENTICATED_LOG: Final = 1.0
"""The minimum time between two log lines about callers that did not authenticate."""

# Model servers
UPSTREAM_IDLE: Final = 4.0
"""How long an idle connection to a model server is kept: less than the five seconds after which common servers
close theirs, since a request must not meet a closing connection."""
OTHER_FAMILY: Final = 0.05
"""How long addresses of one family wait for those of the other: the resolution delay of RFC 8305, section 3."""
UPSTREAM_QUERY: Final = 60.0
"""For the answer to one of the gateway's own queries: a few tokens, from a server that may be busy."""
RATE_LIMIT_PAUSE: Final = 1.0
"""How long a rate-limited deployment is not used when it sends no ``retry-after``."""
FIRST_OBSERVATION: Final = 10.0
"""How long the start waits for the first observation of deployments with a signed record."""

# Identity
ISSUER_TOTAL: Final = 5.0
ISSUER_CONNECT: Final = 2.0
ISSUER_MIN_REFRESH: Final = 5.0
"""The minimum time between two fetches of an issuer's keys because of an unknown key id."""
REVOCATIONS_POLL: Final = 0.25
REVOKED_FOREVER: Final = 10 * 365 * 86_400.0
"""How long a revocation is kept for a credential that does not expire by itself."""

# Detection
DETECTOR_START: Final = 60.0
"""How long a detector process may take to load its models."""
DETECTOR_HANG: Final = 2.0
"""How long a job may run in a detector process, unless ``detect.deadline_ms`` is longer."""
DETECTOR_MIN_BACKOFF: Final = 0.1
DETECTOR_MAX_BACKOFF: Final = 5.0
SCHEMA_PATTERN: Final = 0.05
"""For one regular expression of a caller's JSON Schema on one value."""
COMMAND_SCAN: Final = 600.0
"""For one text that a command scans; the gateway's own deadline is a setting."""

# Policy
OPA_OPEN: Final = 1.0
"""How long an open breaker sends nothing to the OPA server."""

# Audit log
AUDIT_WRITE: Final = 5.0
"""How long an append may take until the request is refused."""
AUDIT_PROBE: Final = 1.0
AUDIT_BUSY: Final = 1.0
"""How long another process may hold the log's file before appends fail."""

# Quotas
QUOTA_SLACK: Final = 7200
"""How much longer than its window a counter is kept: clocks differ, and summer time moves the calendar."""
SETTLE_RETRIES: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
"""The pauses before a settlement is sent again to a store that did not answer; the last one repeats."""
SETTLE_DRAIN: Final = 5.0
"""How long closing waits for settlements that the store has not confirmed."""

# Shared state
HOLD_LIFETIME: Final = 86_400.0
"""How long a reservation that is never settled is remembered."""
SETTLED_LIFETIME: Final = 3_600.0
"""How long a settled hold is remembered: for as long as a settlement may be sent again because its answer was lost."""
MEMORY_SETTLED_LIFETIME: Final = 60.0
"""The same in one process, where no answer is lost."""
MEMORY_SWEEP: Final = 60.0
STATE_OPEN: Final = 0.5
"""How long an open breaker sends nothing to a Redis that did not answer."""
STATE_WATCH: Final = 1.0
"""How often the free memory of a Redis is read."""

# Processes
DRAIN: Final = 30
"""How long requests may continue once the gateway is stopping."""
SHUTDOWN: Final = DRAIN + 15
"""How long a worker may take to end before it is killed."""
WORKER_START: Final = 90.0
WORKER_ANSWER: Final = 2.0
"""For one command on the control channel of a worker."""
RECONCILE: Final = 0.5
"""How often the supervisor compares the state of the workers with the desired one."""
STABLE: Final = 60.0
"""A worker that ran this long was healthy: its replacement starts after the shortest pause."""
RESTART_BACKOFF: Final = (0.2, 1.0, 5.0, 15.0, 30.0)
"""The pauses before a worker that ended is started again; the last one repeats."""

# Background tasks
BACKGROUND_MIN_BACKOFF: Final = 0.5
BACKGROUND_MAX_BACKOFF: Final = 30.0
"""The longest pause before a background task that keeps failing is tried again."""
BACKGROUND_ROUND: Final = 60.0
"""A background task whose round takes longer is reported as unhealthy."""
CLOSE: Final = 5.0
"""How long a background task may take to end once it is cancelled."""
PART_CLOSE: Final = 10.0
"""How long a part of the gateway may take to close before it is left unclosed."""
EXIT: Final = 5.0
"""How long the process may take to end once everything is closed."""

# Commands
PROGRESS_AFTER: Final = 2.0
"""A command that takes longer displays a progress bar."""
PROGRESS_EVERY: Final = 0.2
BIAS_BACKOFF: Final = (2.0, 10.0)
"""The pauses before a failed question is sent again."""
DEMO_MODEL_START: Final = 60.0
DEMO_START: Final = 120.0
