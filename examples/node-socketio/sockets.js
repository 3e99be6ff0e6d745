// The Socket.IO part: everybody is in the room of their handshake's query.
import { Server } from "socket.io";
import { Refusal, parseCursor } from "./chat.js";

/**
 * Serves Socket.IO on an HTTP server. history is how many messages the chat
 * keeps per room; options are more of Socket.IO's.
 */
export function sockets(http, chat, history, options) {
  const io = new Server(http, {
    serveClient: false,
    // Browsers open WebSockets to wherever a page tells them: only our own pages may.
    allowRequest: ({ headers: { origin, host } }, decide) =>
      decide(null, origin === undefined || origin === `http://${host}` || origin === `https://${host}`),
    ...options,
  });

  io.use((socket, next) => {
    const { room = "chat", after, user = "anonymous" } = socket.handshake.query;
    try {
      Object.assign(socket.data, { name: room, user, room: chat.room(room) });
      socket.data.after = after === undefined ? socket.data.room.last : parseCursor(after);
      next();
    } catch (error) {
      next(Object.assign(error, { data: { status: error.status } }));
    }
  });

  // What is missed is sent and the room joined without anything in between, so
  // that no message comes twice, too early or not at all.
  io.on("connection", (socket) => {
    const { name, room, after } = socket.data;
    const missed = room.after(after, Infinity);
    if (missed.truncated) {
      socket.emit("truncated");
    }
    for (const { message } of missed.entries) {
      socket.emit("chat message", message);
    }
    socket.join(joined(name));
    socket.on("chat message", (...said) => hear(socket, said));
  });

  // One encoded packet for everybody in the room, the speaker included.
  chat.on("message", (name, message) => io.to(joined(name)).emit("chat message", message));

  disconnectSlowReaders(io, 2 * history);
  return io;
}

// Socket.IO's name of a room. Each socket is also in a room named by its id, which a chat's room must not be taken for.
const joined = (name) => `room:${name}`;

/** Takes ["hi"] or [{user, text}], with or without a callback behind it. */
function hear(socket, said) {
  const acknowledge = typeof said.at(-1) === "function" ? said.pop() : undefined;
  try {
    const [what, ...more] = said;
    if (more.length > 0) {
      throw new Refusal(400, `chat message: found ${said.length} arguments, want one`);
    }
    const message = socket.data.room.post(typeof what === "string" ? { user: socket.data.user, text: what } : what);
    acknowledge?.(message);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) {
      throw refusal;
    }
    const error = { status: refusal.status, title: refusal.message };
    if (acknowledge) {
      acknowledge({ error });
    } else {
      socket.emit("error message", error);
    }
  }
}

// What a client does not read waits for it here. Socket.IO sets no limit to
// this; whoever is further behind than the limit comes back with a cursor.
function disconnectSlowReaders(io, limit) {
  const sweep = () => {
    for (const client of Object.values(io.engine.clients)) {
      if (client.writeBuffer.length > limit) {
        client.close(true);
      }
    }
  };
  setInterval(sweep, 1000).unref();
}
