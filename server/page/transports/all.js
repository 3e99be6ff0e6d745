// The table of the transports that a page can speak, in the order in which they
// are shown.
//
// A transport is { name, label, paced, about, noTransferSize, open }. name, label and
// paced are those of the table that all programs go by; paced: it asks at an
// interval. noTransferSize: why the browser reports no size of its answers, if so.
// open({ room, after, interval, onMessage, onTruncated, onState, onCost }) opens
// one connection that receives what follows the cursor `after`, and returns
// { send(user, text), close() }; send gives up as `answered` does. It calls back, before it has returned onCost only:
//   onMessage(message)       each message, oldest first
//   onTruncated()            before messages, where history no longer reaches back to the cursor
//   onState('open', note)    once, when it works; the note says what was negotiated
//   onState('closed', error) once, last; error.final: trying again would not help
//   onCost({ requests, received, transferred, ended }) what was added to the cost, each part if there is one;
//                            ended: when that answer ended, by performance.now(), if it is told later
// After close() nothing is called back. To connect again is not its business,
// but link.js's.

import { transports as table } from '../transports.js'
import longpoll from './longpoll.js'
import poll from './poll.js'
import pollEtag from './poll-etag.js'
import socketioPolling from './socketio-polling.js'
import socketioWS from './socketio-ws.js'
import sse from './sse.js'
import ws from './ws.js'
import wsBatch from './ws-batch.js'

const spoken = {
  poll, 'poll-etag': pollEtag, longpoll, sse, ws, 'ws-batch': wsBatch, 'socketio-polling': socketioPolling, 'socketio-ws': socketioWS,
}

export const transports = table.filter(({ name }) => name in spoken).map(row => ({ ...row, ...spoken[row.name] }))
