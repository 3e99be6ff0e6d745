// The page: who and where, and two views of it, of which only the shown one
// holds connections, since a browser has few of them for one server.

import { chat } from './chat.js'
import { byId } from './dom.js'
import { nameProblem, roomProblem } from './limits.js'
import { race } from './race.js'
import { transports } from './transports/all.js'

const name = byId('name'), room = byId('room')

// The room and the transport are in the address, so that it can be passed on.
const address = new URL(location.href)

function remember(key, value) {
  address.searchParams.set(key, value)
  address.hash = location.hash
  history.replaceState(null, '', address)
}

// complain says beside the field what is wrong with it, if anything is.
function complain(field, problem) {
  byId(`${field.id}-error`).textContent = problem
  field.ariaInvalid = problem ? 'true' : null
  if (problem) field.focus()
}

function whoIsIt() {
  const problem = nameProblem(name.value)
  complain(name, problem)
  return problem ? '' : name.value
}

const views = {
  chat: chat({
    whoIsIt,
    isOwn: ({ user }) => user === name.value,
    via: address.searchParams.get('via'),
    onTransport: chosen => remember('via', chosen),
  }),
  race: race({ who: () => nameProblem(name.value) ? 'somebody' : name.value }),
}
let shown, joined

// show follows the address, whose hash may also be that of a place in the page.
function show() {
  const hash = location.hash.slice(1)
  const wanted = Object.hasOwn(views, hash) ? hash : hash && shown || 'chat'
  if (wanted === shown) return
  if (joined) views[shown].suspend()
  shown = wanted
  for (const view of Object.keys(views)) {
    byId(`${view}-view`).hidden = view !== shown
    document.querySelector(`nav a[href="#${view}"]`).ariaCurrent = view === shown ? 'page' : null
  }
  if (joined) views[shown].resume(joined)
}

function join() {
  const problem = roomProblem(room.value)
  complain(room, problem)
  if (problem || room.value === joined) return
  if (joined) views[shown].suspend()
  joined = room.value
  remember('room', joined)
  views[shown].resume(joined)
}

byId('who').onsubmit = event => {
  event.preventDefault()
  join()
}
room.onchange = join
name.onchange = () => complain(name, name.value && nameProblem(name.value))
window.onhashchange = show

room.value = address.searchParams.get('room') ?? room.value
show()
join()
