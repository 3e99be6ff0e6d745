// Package chat is the application under test: rooms that keep a bounded history
// of messages and hand new ones to their subscribers. It knows nothing of how
// messages travel.
//
// A message is encoded once, when it is posted. Subscribers are served by a
// fixed number of dispatcher goroutines that read the rooms' histories by
// cursor: posting never waits for a subscriber, order needs no further care,
// and messages that gathered while a dispatcher was busy arrive as one [Batch].
package chat
