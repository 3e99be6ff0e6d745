const words = {
  connecting: 'connecting…',
  open: 'open',
  reconnecting: 'reconnecting…',
  closed: 'closed',
}

// showState says how a connection is, by a word and by a colour, and why.
export function showState(pill, reason, state, note = '') {
  pill.dataset.state = state
  pill.textContent = words[state]
  reason.textContent = note
}
