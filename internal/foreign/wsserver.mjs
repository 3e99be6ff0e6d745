// node wsserver.mjs OPTIONS: one room by npm's ws, with these options of perMessageDeflate.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: { threshold: 0, ...JSON.parse(process.argv[2]) },
});
let id = 0;

server.on("listening", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, pid: process.pid })));
server.on("connection", (socket) =>
  socket.on("message", (data) => {
    const message = JSON.stringify({ id: ++id, room: "lobby", ...JSON.parse(data), at: Date.now() });
    for (const each of server.clients) {
      each.send(message);
    }
    socket.send(JSON.stringify({ ack: id }));
  }),
);
process.on("SIGTERM", () => process.exit());
