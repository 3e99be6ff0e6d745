// The chat: rooms, their newest messages, and who waits for news. It knows
// nothing of how messages travel.
import { EventEmitter } from "node:events";

const maxRooms = 10_000;

/** What a client asked for cannot be had; status is the HTTP status that says so. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** All rooms. Emits "message" with the room's name and each message accepted. */
export class Chat extends EventEmitter {
  closing = false;
  #history;
  #rooms = new Map();

  /** history: how many messages are kept per room. */
  constructor(history) {
    super();
    this.#history = history;
  }

  /** Returns the room of a name, which exists as soon as it is named. */
  room(name) {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      if (typeof name !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
        throw new Refusal(400, `room: found ${JSON.stringify(name)}, want 1 to 64 of A-Z a-z 0-9 _ -`);
      }
      if (this.#rooms.size === maxRooms) {
        throw new Refusal(429, `room: there are ${maxRooms} already; use one that exists`);
      }
      room = new Room(name, this.#history, (message) => this.emit("message", name, message));
      this.#rooms.set(name, room);
    }
    return room;
  }

  /** Wakes everybody who waits for news: none will come. */
  close() {
    this.closing = true;
    for (const room of this.#rooms.values()) {
      room.wake();
    }
  }
}

class Room {
  /** The id of the newest message, 0 before the first. */
  last = 0;
  #name;
  #history;
  #accepted;
  #ring = []; // message id is at id % history, beside its JSON
  #waiting = new Set();

  constructor(name, history, accepted) {
    this.#name = name;
    this.#history = history;
    this.#accepted = accepted;
  }

  /** Accepts what a client said, {user, text}, and returns the message that it becomes. */
  post(said) {
    const { user, text } = check(said);
    const message = { id: ++this.last, room: this.#name, user, text, at: Date.now() };
    this.#ring[message.id % this.#history] = { message, json: JSON.stringify(message) };
    this.#accepted(message);
    this.wake();
    return message;
  }

  /**
   * Returns up to limit messages behind the cursor, oldest first; the cursor to
   * go on with; and whether messages behind the cursor are no longer kept.
   */
  after(cursor, limit) {
    const oldest = Math.max(1, this.last - this.#history + 1);
    const from = Math.max(cursor + 1, oldest);
    const to = Math.min(this.last, from + limit - 1);
    const entries = [];
    for (let id = from; id <= to; id++) {
      entries.push(this.#ring[id % this.#history]);
    }
    return { entries, last: entries.length > 0 ? to : this.last, truncated: cursor + 1 < oldest };
  }

  /** Returns the newest messages, oldest first. */
  newest(limit) {
    return this.after(Math.max(0, this.last - Math.min(limit, this.#history)), limit);
  }

  /** Waits until something is posted, the time is over or the signal aborts. */
  news(ms, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done);
      this.#waiting.add(done);
    });
  }

  wake() {
    for (const done of this.#waiting) {
      done();
    }
  }
}

function check(said) {
  const want = '{"user":…,"text":…}';
  if (said === null || typeof said !== "object" || Array.isArray(said)) {
    throw new Refusal(400, `message: found no object, want ${want}`);
  }
  const { user, text, ...others } = said;
  for (const name in others) {
    throw new Refusal(400, `message: found a member ${JSON.stringify(name)} too many, want ${want}`);
  }
  for (const [name, value] of Object.entries({ user, text })) {
    if (typeof value !== "string") {
      throw new Refusal(400, `${name}: found no string, want ${want}`);
    }
    if (/\p{Surrogate}/u.test(value)) {
      throw new Refusal(400, `${name}: found half a surrogate pair, which is no character`);
    }
  }
  const characters = [...user].length;
  if (characters < 1 || characters > 64) {
    throw new Refusal(400, `user: found ${characters} characters, want 1 to 64`);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes < 1 || bytes > 4096) {
    throw new Refusal(400, `text: found ${bytes} bytes, want 1 to 4096`);
  }
  return { user, text };
}

/** Reads a cursor as clients write it. */
export function parseCursor(after) {
  if (typeof after !== "string" || !/^\d{1,20}$/.test(after) || BigInt(after) >= 2n ** 64n) {
    throw new Refusal(400, `after: found ${JSON.stringify(after)}, want the id of the last message seen, once`);
  }
  return Number(after);
}
