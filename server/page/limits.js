// What the server accepts, so that a person is told before it refuses.

import { size } from './http.js'

export const roomProblem = room => /^[A-Za-z0-9_-]{1,64}$/.test(room)
  ? '' : 'A room’s name is 1 to 64 of A–Z a–z 0–9 _ -'

export function nameProblem(name) {
  const n = [...name].length
  if (n === 0) return 'Say who you are: a name of 1 to 64 characters.'
  return n <= 64 ? '' : `A name has at most 64 characters, this one has ${n}.`
}

export function textProblem(text) {
  const n = size(text)
  if (n === 0) return 'There is nothing to send yet.'
  return n <= 4096 ? '' : `A message has at most 4,096 bytes, this one has ${n}.`
}
