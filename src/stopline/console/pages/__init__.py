"""The pages: one module a part of the site, each with a function that returns its routes."""
