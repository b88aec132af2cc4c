"""The origin of weights: signed records, and what deployments report compared with them."""
