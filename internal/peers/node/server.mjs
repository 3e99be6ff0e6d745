// One room on npm's ws, as its README broadcasts.
import { createServer } from "node:http";
import { createRequire } from "node:module";
const { WebSocket, WebSocketServer } = createRequire(new URL("../../foreign/", import.meta.url))("ws");

const http = createServer((_, answer) => answer.end());
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
let id = 0;

server.on("connection", (socket, request) => {
  const room = request.url.split("/")[3];
  socket.on("message", (data) => {
    const { user, text } = JSON.parse(data);
    const message = JSON.stringify({ id: ++id, room, user, text, at: Date.now() });
    socket.send(JSON.stringify({ ack: id }));
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) {
        client.send(message);
      }
    }
  });
});
http.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${http.address().port}`, pid: process.pid })));
process.stdin.on("end", () => process.exit()).resume();
