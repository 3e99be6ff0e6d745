package main

// The names of loads and servers, as results and tables have them.
const (
	ours       = "pollpush"
	k6         = "k6"
	k6least    = "k6 least" // which looks at nothing
	vegeta     = "vegeta"
	wrk        = "wrk"
	node       = "Node ws"
	sink       = "C sink"
	hub        = "gorilla hub"
	centrifuge = "centrifuge"
	bare       = "bare net/http"
)

// The kinds of work.
const (
	ws     = "ws"     // receive messages of one room
	poll   = "poll"   // poll once a second, and get no news
	closed = "closed" // poll again as soon as there is an answer
)

// The sizes of the tables.
const (
	many        = 5000 // clients of generators
	connections = 256  // of a closed loop
)

var fanOuts = []int{1000, many, 10000}

// deliveries a second, at any size: a room of fewer clients says more.
const deliveries = 20000

// rate is how many messages are published a second.
func (s Spec) rate() float64 {
	switch {
	case s.Work != ws:
		return 0
	case s.Clients == few:
		return deliveries / many
	}
	return deliveries / float64(s.Clients)
}

// asked is how many operations a second the clients ask for, or 0 for as many as
// they get.
func (s Spec) asked() float64 {
	switch s.Work {
	case ws:
		return s.rate() * float64(s.Clients)
	case poll:
		return float64(s.Clients)
	}
	return 0
}

func (s Spec) operations() string {
	if s.Work == ws {
		return "messages"
	}
	return "polls"
}

// specs are all cells, in the order of a repeat: what is compared is measured
// close together.
func specs() (list []Spec) {
	for _, load := range []string{k6, ours, k6least, sink, node} {
		list = append(list, Spec{ws, load, ours, many})
	}
	for _, load := range []string{k6, ours, sink, vegeta} {
		list = append(list, Spec{poll, load, ours, many})
	}
	list = append(list, Spec{ws, k6, ours, few}, Spec{ws, k6least, ours, few}, Spec{ws, ours, ours, few}, Spec{ws, node, ours, few}, Spec{poll, k6, ours, few}, Spec{poll, ours, ours, few})
	list = append(list, Spec{closed, wrk, bare, connections}, Spec{closed, wrk, ours, connections}, Spec{closed, ours, ours, connections})
	for _, n := range fanOuts {
		for _, server := range []string{hub, ours, node, centrifuge} {
			if s := (Spec{ws, ours, server, n}); s != (Spec{ws, ours, ours, many}) { // which is there
				list = append(list, s)
			}
		}
	}
	return list
}
