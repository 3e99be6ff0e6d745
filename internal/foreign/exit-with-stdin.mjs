// node --import exit-with-stdin.mjs SERVER: ends a server when its test is gone.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume();
process.stdin.unref();
