"""Routing: keyword rules decide which team answers a message.

`routing.engine` decides and needs no database. `routing.rulesets` keeps, publishes and serves the rules.
"""
