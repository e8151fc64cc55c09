"""Mails of the judging side, one function per mail. All go through the outbox."""
