// The table of the transports, in the order in which they are shown.
//
// A transport is { name, label, about, paced, transferSize, open }. paced: it
// asks at an interval. transferSize: the browser tells that of its answers.
// open({ room, after, interval, onMessage, onTruncated, onState, onCost }) opens
// one connection that receives what follows the cursor `after`, and returns
// { send(user, text), close() }; send gives up as `answered` does. It calls back, before it has returned onCost only:
//   onMessage(message)       each message, oldest first
//   onTruncated()            before messages, where history no longer reaches back to the cursor
//   onState('open', note)    once, when it works; the note says what was negotiated
//   onState('closed', error) once, last; error.final: trying again would not help
//   onCost({ requests, received, transferred }) what was added to the cost, each part if there is one
// After close() nothing is called back. To connect again is not its business,
// but link.js's.

import longpoll from './longpoll.js'
import poll from './poll.js'
import pollEtag from './poll-etag.js'
import socketioPolling from './socketio-polling.js'
import socketioWS from './socketio-ws.js'
import sse from './sse.js'
import ws from './ws.js'
import wsBatch from './ws-batch.js'

export const transports = [poll, pollEtag, longpoll, sse, ws, wsBatch, socketioPolling, socketioWS]
