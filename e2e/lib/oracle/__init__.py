"""What the real Dynamo frontend makes of chat requests: recorded, committed, and compared again."""
