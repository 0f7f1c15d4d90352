"""The readers' pages: join, confirm, leave, choose. GET shows, POST does: scanners open every link in a mail."""
