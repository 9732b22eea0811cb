"""The ledger of claims, filled."""
