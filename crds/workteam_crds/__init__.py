"""The contract: what the facade and the operator agree on. It knows neither of them."""
