"""The kernel: audit chain, transitions, storages, outbox, signing. No product nouns, no views."""
