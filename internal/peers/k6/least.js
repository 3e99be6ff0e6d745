// Receives with the least CPU that k6 takes: by its older module, and without
// looking at what comes.
import { sleep } from "k6";
import ws from "k6/ws";

const clients = Number(__ENV.CLIENTS);
export const options = { scenarios: { ws: { executor: "per-vu-iterations", vus: clients, iterations: 1, maxDuration: "5m" } } };

export default function () {
  sleep((Math.random() * clients) / 2000);
  ws.connect(`${__ENV.URL.replace("http", "ws")}/api/rooms/${__ENV.ROOM}/ws?after=0`, (socket) => {
    socket.on("message", () => {});
  });
}
