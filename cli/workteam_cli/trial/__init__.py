"""The operator on trial: its real parts on models of both of its sides, in virtual time, under crashes and faults."""
