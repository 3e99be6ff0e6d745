// A chat server on the official Socket.IO that speaks pollpush's chat contract.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Chat } from "./chat.js";
import { rest } from "./rest.js";
import { sockets } from "./sockets.js";

const { port, history, recovery } = flags();
const chat = new Chat(history);
const http = createServer(rest(chat));
const io = sockets(http, chat, history, recovery ? { connectionStateRecovery: {} } : {});

// Node's five seconds would close the connections of clients that poll less often.
http.keepAliveTimeout = 120_000;

http.on("error", (error) => {
  console.error(`server.js: ${error.message}; choose another port by --port`);
  process.exit(3);
});
http.listen({ host: "127.0.0.1", port, backlog: 4096 }, () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${http.address().port}`, pid: process.pid }));
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, shutdown);
}

// Disconnects the sockets, answers the requests under way, and ends when all
// connections have, or else after two seconds.
function shutdown() {
  chat.close();
  io.close();
  setTimeout(() => process.exit(), 2000).unref();
}

function flags() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "3000" },
        history: { type: "string", default: "1000" },
        recovery: { type: "boolean", default: false },
      },
    });
    return { port: whole("port", values.port, 0, 65535), history: whole("history", values.history, 1, 1e6), recovery: values.recovery };
  } catch (error) {
    console.error(`server.js: ${error.message}`);
    process.exit(2);
  }
}

function whole(name, value, least, most) {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw new Error(`--${name}: found ${JSON.stringify(value)}, want ${least} to ${most}`);
  }
  return number;
}
