"""The guarded connection: names, addresses, time-outs, credentials, framing."""
