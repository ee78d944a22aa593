"""The sign-in: credentials, the Keychain and Claude Code's own state."""
