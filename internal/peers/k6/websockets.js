// Receives: each virtual user is one client, which reads every message and checks
// that their ids have no gap, as pollpush's clients do.
import exec from "k6/execution";
import { WebSocket } from "k6/websockets";

const clients = Number(__ENV.CLIENTS);
export const options = { scenarios: { ws: { executor: "per-vu-iterations", vus: clients, iterations: 1, maxDuration: "5m" } } };

export default function () {
  setTimeout(() => {
    let last = 0;
    const socket = new WebSocket(`${__ENV.URL.replace("http", "ws")}/api/rooms/${__ENV.ROOM}/ws?after=0`);
    socket.onmessage = (event) => {
      for (const line of event.data.split("\n")) {
        const { id } = JSON.parse(line);
        if (last > 0 && id !== last + 1) {
          exec.test.abort(`message ${id} came after ${last}`);
        }
        last = id;
      }
    };
  }, (Math.random() * clients) / 2);
}
