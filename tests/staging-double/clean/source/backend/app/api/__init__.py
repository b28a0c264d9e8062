"""Routes and what they show."""
