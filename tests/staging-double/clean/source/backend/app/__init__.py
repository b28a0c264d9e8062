"""The backend of Netra."""
