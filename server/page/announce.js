// announcer has a screen reader announce news, but not all of it: a single message
// as it is, and only a number if messages come faster than they can be
// read out.
export function announcer(region, pause = 3000) {
  let waiting = []
  let timer = null

  function say() {
    timer = null
    if (waiting.length === 0) return
    region.textContent = waiting.length === 1 ? waiting[0] : `${waiting.length} new messages`
    waiting = []
    timer = setTimeout(say, pause)
  }

  return text => {
    waiting.push(text)
    if (timer === null) say()
  }
}
