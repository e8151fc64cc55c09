"""Who acts: users, roles, sign-in policy."""
