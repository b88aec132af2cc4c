"""Which deployments serve a model, and in what order they are tried."""
