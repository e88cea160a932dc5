"""The operator: custom resources become accounts and teams of a Workteam tenant."""
