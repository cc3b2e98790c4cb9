"""People in a drill: what responders do about the incident, and what the facilitator does with the drill."""
