// The REST part: /api/rooms/{room}/messages and /healthz.
import { STATUS_CODES } from "node:http";
import { Refusal, parseCursor } from "./chat.js";

const maxBody = 32 << 10; // more than the largest message takes in any JSON spelling

/** Returns what answers the requests of an HTTP server. */
export function rest(chat) {
  return async (request, response) => {
    try {
      await route(chat, request, response);
    } catch (error) {
      if (error.code === "ECONNRESET") {
        return; // the client has gone in the middle of its request
      }
      if (!(error instanceof Refusal)) {
        console.error(error);
        error = new Refusal(500, "the server has a bug; its log says more");
      }
      refuse(response, error);
    }
  };
}

async function route(chat, request, response) {
  const [path, query = ""] = request.url.split("?", 2);
  if (chat.closing) {
    throw new Refusal(503, "the server is shutting down");
  }
  if (path === "/healthz") {
    allow(request, response, "GET", "HEAD");
    return answer(response, 200, '{"status":"ok"}');
  }
  const [, name] = path.match(/^\/api\/rooms\/([^/]*)\/messages$/) ?? [];
  if (name === undefined) {
    throw new Refusal(404, "nothing is served at this path");
  }
  allow(request, response, "GET", "HEAD", "POST");
  if (request.method === "POST") {
    return post(chat, name, request, response);
  }
  return poll(chat, name, new URLSearchParams(query), request, response);
}

async function post(chat, name, request, response) {
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Refusal(415, `the content type is ${JSON.stringify(type)}, want application/json`);
  }
  const body = await read(request);
  const message = chat.room(name).post(parse(body));
  answer(response, 201, JSON.stringify(message), {
    Location: `/api/rooms/${name}/messages?after=${message.id - 1}&limit=1`,
  });
}

/** Answers with what is behind the client's cursor, or with the newest messages where it has none. */
async function poll(chat, name, query, request, response) {
  const room = chat.room(name);
  const asked = parseQuery(query);
  const look = () => (asked.after === undefined ? room.newest(asked.limit) : room.after(asked.after, asked.limit));
  let page = look();
  if (asked.wait > 0) {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const end = performance.now() + asked.wait;
    for (let left = asked.wait; page.entries.length === 0 && left > 0 && !gone.signal.aborted; left = end - performance.now()) {
      await room.news(left, gone.signal);
      if (chat.closing) {
        throw new Refusal(503, "the server is shutting down");
      }
      page = look();
    }
  }
  const headers = { ETag: `"${page.last}"`, "Cache-Control": "no-cache" };
  if (!page.truncated && matches(request.headers["if-none-match"], headers.ETag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const messages = page.entries.map((entry) => entry.json).join(",");
  answer(response, 200, `{"messages":[${messages}],"last":${page.last}${page.truncated ? ',"truncated":true' : ""}}`, headers);
}

function parseQuery(query) {
  for (const name of ["after", "limit", "wait"]) {
    if (query.getAll(name).length > 1) {
      throw new Refusal(400, `${name}: found ${query.getAll(name).join(", ")}, want it once`);
    }
  }
  const after = query.has("after") ? parseCursor(query.get("after")) : undefined;

  const limit = query.get("limit") ?? "100";
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1000) {
    throw new Refusal(400, `limit: found ${JSON.stringify(limit)}, want 1 to 1000`);
  }

  let wait = 0;
  if (query.has("wait")) {
    const [, number, unit] = query.get("wait").match(/^(\d+(?:\.\d+)?)(ms|s)$/) ?? [];
    wait = Number(number) * (unit === "s" ? 1000 : 1);
    if (!(wait >= 1000 && wait <= 60_000)) {
      throw new Refusal(400, `wait: found ${JSON.stringify(query.get("wait"))}, want 1s to 60s`);
    }
    if (after === undefined) {
      throw new Refusal(400, "wait: found no after, want the cursor behind which to wait");
    }
  }
  return { after, limit: Number(limit), wait };
}

/** Whether an If-None-Match header names the tag. */
function matches(header, tag) {
  return header?.split(",").some((one) => ["*", tag, `W/${tag}`].includes(one.trim())) ?? false;
}

function parse(body) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (error) {
    throw new Refusal(400, `body: ${error.message}`);
  }
}

/** Reads a body to its end, and refuses one that is too large only then: whoever still writes would not see the answer. */
async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= maxBody) {
      chunks.push(chunk);
    }
  }
  if (size > maxBody) {
    throw new Refusal(413, `the body is longer than ${maxBody} bytes`);
  }
  return Buffer.concat(chunks);
}

function allow(request, response, ...methods) {
  if (!methods.includes(request.method)) {
    response.setHeader("Allow", methods.join(", "));
    throw new Refusal(405, `there is no ${request.method} here, only ${methods.join(", ")}`);
  }
}

/** Answers with a problem as in RFC 9457. */
function refuse(response, { status, message }) {
  if (status === 503) {
    response.setHeader("Connection", "close");
    response.setHeader("Retry-After", "1");
  } else if (status === 429) {
    response.setHeader("Retry-After", "60");
  }
  const body = JSON.stringify({ status, title: STATUS_CODES[status], detail: message });
  answer(response, status, body, { "Content-Type": "application/problem+json" });
}

function answer(response, status, body, headers) {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
