// Receives as websockets.js does, by k6's older module, which takes less CPU.
import { sleep } from "k6";
import exec from "k6/execution";
import ws from "k6/ws";

const clients = Number(__ENV.CLIENTS);
export const options = { scenarios: { ws: { executor: "per-vu-iterations", vus: clients, iterations: 1, maxDuration: "5m" } } };

export default function () {
  sleep((Math.random() * clients) / 2000);
  let last = 0;
  ws.connect(`${__ENV.URL.replace("http", "ws")}/api/rooms/${__ENV.ROOM}/ws?after=0`, (socket) => {
    socket.on("message", (data) => {
      for (const line of data.split("\n")) {
        const { id } = JSON.parse(line);
        if (last > 0 && id !== last + 1) {
          exec.test.abort(`message ${id} came after ${last}`);
        }
        last = id;
      }
    });
  });
}
