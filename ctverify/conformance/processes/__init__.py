"""A subject is judged in processes of its own: what starts, feeds, watches and ends them."""
