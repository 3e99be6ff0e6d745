package contract

import "fmt"

// listener gets a room's messages in some way.
type listener interface {
	// message waits for the next one.
	message() (message, error)
}

// loadTexts are like what a load publishes: ASCII that JSON need not escape.
var loadTexts = []string{"~k3x9.0.1z~ hello, you :-)", "~k3x9.1.2a~ http://example.org/a/17 100% wow!", "~k3x9.2.3b~ so what?"}

const deliverRemedy = "deliver every message, in the order of ids, as it was posted"

// wants waits for messages of these texts, with ids from first on.
func (v *visit) wants(l listener, asked string, first uint64, texts ...string) error {
	return v.hear(l, len(texts), func(got []message) error {
		if wrong := wrongTexts(got, first, texts[:len(got)]); wrong != "" {
			return &Fault{asked, wrong, deliverRemedy}
		}
		return nil
	})
}

// wantsGrowing waits for messages of these texts, in a room. That their ids grow,
// from one on that follows last, is all that a load needs of them.
func (v *visit) wantsGrowing(l listener, asked, room string, last uint64, texts ...string) error {
	return v.hear(l, len(texts), func(got []message) error {
		m, want := got[len(got)-1], texts[len(got)-1]
		if m.ID <= last || m.Room != room || m.Text != want {
			return &Fault{asked, fmt.Sprintf("message %d %s of room %s, after message %d, instead of %s of room %s", m.ID, quote(m.Text), quote(m.Room), last, quote(want), quote(room)), deliverRemedy}
		}
		last = m.ID
		return nil
	})
}

// hear waits for n messages and judges them as they come. A message may come
// twice, as long as the order is kept.
func (v *visit) hear(l listener, n int, judge func(got []message) error) error {
	var got []message
	for len(got) < n {
		m, err := l.message()
		if fault, ok := err.(*Fault); ok && len(got) > 0 {
			fault.Found += ", after message " + quote(got[len(got)-1].Text)
		}
		if err != nil {
			return err
		}
		if n := len(got); n > 0 && m.ID == got[n-1].ID {
			continue
		}
		got = append(got, m)
		if err := judge(got); err != nil {
			return err
		}
	}
	return nil
}
