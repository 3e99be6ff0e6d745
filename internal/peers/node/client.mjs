// node client.mjs URL ROOM CLIENTS: clients on npm's ws that read every message and
// check that their ids have no gap. For each line on standard input it prints how
// many messages they have read.
import { createRequire } from "node:module";
const { WebSocket } = createRequire(new URL("../../foreign/", import.meta.url))("ws");

let received = 0;
const [url, room, clients] = process.argv.slice(2);
for (let n = 0; n < clients; n++) {
  setTimeout(connect, n / 2);
}

function connect() {
  let last = 0;
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/rooms/${room}/ws?after=0`, { perMessageDeflate: false });
  socket.on("message", (data) => {
    for (const line of data.toString().split("\n")) {
      const { id } = JSON.parse(line);
      if (last > 0 && id !== last + 1) {
        throw new Error(`message ${id} came after ${last}`);
      }
      last = id;
      received++;
    }
  });
}
process.stdin.on("data", () => console.log(received)).on("end", () => process.exit());
