"""The only place that uses litellm, which translates requests and replies to and from other vendors' APIs.

litellm opens no connection here, gets no credential and chooses no host. Its translations are called with documents and return
documents, with network access blocked. Requests are sent by ``upstream.http``, as for every other deployment.
"""
