"""The command line: parse, one service call, present the result. One module per noun."""
