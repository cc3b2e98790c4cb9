"""What an operator does about it: playbooks, remedies, predictions, and the responder that chooses."""
