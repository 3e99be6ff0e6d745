// node websocket.mjs URL OPTIONS: a client of npm's ws.
import { WebSocket } from "ws";
import { obey, tell } from "./lines.mjs";

const [url, options] = process.argv.slice(2);
const socket = new WebSocket(url, JSON.parse(options));

socket.on("upgrade", (response) => tell("handshake", { headers: response.headers }));
socket.on("unexpected-response", (request, response) => {
  tell("unexpected", { status: response.statusCode });
  request.destroy();
});
socket.on("open", () => tell("open"));
socket.on("message", (data) => {
  for (const part of data.toString().split("\n")) {
    const { ack, error, truncated, ...message } = JSON.parse(part);
    if (ack !== undefined) {
      tell("ack", { message: { id: ack } });
    } else if (error !== undefined) {
      tell("refused", { error });
    } else if (truncated !== undefined) {
      tell("truncated");
    } else {
      tell("message", { message });
    }
  }
});
socket.on("pong", (data) => tell("pong", { text: data.toString() }));
socket.on("close", (code, reason) => tell("close", { code, reason: reason.toString() }));
socket.on("error", (error) => tell("fault", { reason: error.message }));

obey({
  // {text}, with the options of ws: compress, fin
  send: ({ text, ...options }) => socket.send(text, { binary: false, ...options }),
  ping: ({ text }) => socket.ping(text),
  close: ({ code, reason }) => socket.close(code, reason),
});
