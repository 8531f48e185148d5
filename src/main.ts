/** argv -> command -> exit code. */
process.exitCode = 2;
