"""The filters of a reply: no I/O. ``respond`` owns the upstream, and passes its events through them."""
