// Polls: each virtual user is one client, which polls each second at its own time.
import exec from "k6/execution";
import http from "k6/http";
import { sleep } from "k6";

const clients = Number(__ENV.CLIENTS);
export const options = { scenarios: { poll: { executor: "per-vu-iterations", vus: clients, iterations: 1, maxDuration: "5m" } } };

export default function () {
  for (let due = Date.now() + Math.random() * 1000; ; due += 1000) {
    sleep(Math.max(0, due - Date.now()) / 1000);
    const answer = http.get(`${__ENV.URL}/api/rooms/${__ENV.ROOM}/messages?after=0&limit=1000`);
    if (answer.status !== 200) {
      exec.test.abort(`status ${answer.status}`);
    }
  }
}
