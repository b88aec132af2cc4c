"""The one door to litellm: it puts requests and replies into other vendors' words, and nothing else.

litellm opens no connection here, sees no credential and chooses no host: its translations are called with documents and give documents,
under a seal that refuses any socket. Sending is ``upstream.http``'s, as for every other deployment.
"""
