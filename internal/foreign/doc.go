// Package foreign holds no code but tests: clients that nobody here wrote
// (Socket.IO's own, npm's ws and eventsource) against our server, and our
// clients against the Socket.IO server of examples/node-socketio. What both
// ends of this repository had misunderstood alike would show here.
package foreign
