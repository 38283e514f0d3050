"""The statutes as data: one YAML file a jurisdiction, how it is read, what it may not say."""
