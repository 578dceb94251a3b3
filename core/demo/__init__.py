"""The demo: a small world of websites on loopback that change on a script, and a mailbox and a webhook to be told."""
