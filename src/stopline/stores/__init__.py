"""Where things are kept: the SQL ledger of acts, the lake of events, keys, files."""
