"""Parts of reading a page: what its head says, what is frame, what is no article at all (pure)."""
