"""In whose name a message is written, and whether its sender may: brands, links, registered senders, templates."""
