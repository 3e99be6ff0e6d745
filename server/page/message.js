import { element } from './dom.js'

const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' })

// messageItem shows a message. What people wrote is never anything but text.
export function messageItem({ id, user, text, at }, own = false) {
  return element('li', { className: own ? 'message own' : 'message', value: id },
    element('span', { className: 'head' },
      element('b', { className: 'user', dir: 'auto', textContent: user }),
      element('time', { className: 'faint', dateTime: new Date(at).toISOString(), textContent: timeOfDay.format(at) })),
    element('span', { className: 'text', dir: 'auto', textContent: text }))
}
