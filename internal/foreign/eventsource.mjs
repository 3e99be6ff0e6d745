// node eventsource.mjs URL: a client of npm's eventsource, which comes back
// with Last-Event-ID as browsers do.
import { EventSource } from "eventsource";
import { obey, tell } from "./lines.mjs";

const source = new EventSource(process.argv[2]);

source.addEventListener("open", () => tell("open"));
source.addEventListener("message", ({ data, lastEventId }) => tell("message", { message: JSON.parse(data), id: lastEventId }));
source.addEventListener("truncated", ({ data, lastEventId }) => tell("truncated", { text: data, id: lastEventId }));
source.addEventListener("error", ({ code, message }) => {
  if (source.readyState === EventSource.CLOSED) {
    tell("unexpected", { status: code, reason: message });
  } else {
    tell("disconnect", { reason: message });
  }
});

obey({});
