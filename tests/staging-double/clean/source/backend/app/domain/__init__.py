"""What a session is, without where it is kept and how it is shown."""
