// What receiving has cost, added up.

export class Cost {
  requests = 0
  received = 0 // bytes of payload
  transferred = 0 // bytes that the browser booked for answers

  constructor(start = {}) {
    this.add(start)
  }

  add({ requests = 0, received = 0, transferred = 0 }) {
    this.requests += requests
    this.received += received
    this.transferred += transferred
  }
}
