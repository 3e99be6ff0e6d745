// The server's limits, so that people see a mistake before sending it.

import { size } from './http.js'

export const roomProblem = room => /^[A-Za-z0-9_-]{1,64}$/.test(room)
  ? '' : 'A room name is 1 to 64 characters: A–Z a–z 0–9 _ -'

export function nameProblem(name) {
  const n = [...name].length
  if (n === 0) return 'Enter your name: 1 to 64 characters.'
  return n <= 64 ? '' : `A name can have at most 64 characters; this one has ${n}.`
}

export function textProblem(text) {
  const n = size(text)
  if (n === 0) return 'Enter a message first.'
  return n <= 4096 ? '' : `A message can have at most 4,096 bytes; this one has ${n}.`
}
