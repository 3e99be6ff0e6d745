// announcer has a screen reader say what is new, but not all of it: the message
// where it is one, and only how many where they come faster than they could be
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
