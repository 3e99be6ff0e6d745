package contract

// listener gets a room's messages in some way.
type listener interface {
	// message waits for the next one.
	message() (message, error)
}

// wants waits for messages of these texts, with ids from first on. A message
// may come twice, as long as the order is kept.
func (v *visit) wants(l listener, asked string, first uint64, texts ...string) error {
	var got []message
	for len(got) < len(texts) {
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
		if wrong := wrongTexts(got, first, texts[:len(got)]); wrong != "" {
			return &Fault{asked, wrong, "deliver every message, in the order of ids, as it was posted"}
		}
	}
	return nil
}
