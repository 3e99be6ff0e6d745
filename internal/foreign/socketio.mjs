// node socketio.mjs URL OPTIONS: a client of the official socket.io-client that
// keeps its cursor in the handshake's query, so that it misses nothing when it
// comes back.
import { io } from "socket.io-client";
import { obey, tell } from "./lines.mjs";

const [url, options] = process.argv.slice(2);
const socket = io(url, { query: {}, reconnectionDelay: 20, reconnectionDelayMax: 200, ...JSON.parse(options) });

socket.io.on("open", () => {
  const { engine } = socket.io;
  tell("open", { transport: engine.transport.name });
  engine.once("upgrade", (transport) => tell("upgrade", { transport: transport.name }));
});
socket.on("connect", () => tell("connect"));
socket.on("connect_error", (error) => tell("connect_error", { reason: error.message }));
socket.on("disconnect", (reason) => tell("disconnect", { reason }));
socket.on("truncated", () => tell("truncated"));
socket.on("error message", (error) => tell("refused", { error }));
socket.on("chat message", (message) => {
  socket.io.opts.query.after = message.id;
  tell("message", { message });
});

const acknowledged = (answer) => tell("ack", answer.error ? { error: answer.error } : { message: answer });

obey({
  // {what}: emits it; {plain}: without a callback.
  say: ({ what, plain }) => {
    socket.emit("chat message", what, ...(plain ? [] : [acknowledged]));
  },
  // {count}: says as many messages at once, and tells when all are acknowledged.
  flood: ({ count }) => {
    let accepted = 0;
    for (let i = 1; i <= count; i++) {
      socket.emit("chat message", { user: "flood", text: `message ${i}` }, ({ text }) => {
        if (text === `message ${i}` && ++accepted === count) {
          tell("flooded");
        }
      });
    }
  },
  // drops the connection and comes back, as when a network changes
  cut: () => socket.io.engine.close(),
  close: () => socket.close(),
});
