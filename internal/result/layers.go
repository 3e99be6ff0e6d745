package result

import (
	"math"
	"strings"
)

// layered is the first schema whose trials show what their bytes are made of.
const layered = 3

// checkLayers compares the bytes of a trial, by phase and by layer, with each
// other. Where nothing was measured there are no phases.
func (t *Trial) checkLayers(must must) {
	must(len(t.PhaseBytes) == 0 || len(t.PhaseBytes) == len(Phases), "phase_bytes has %d phases, not %d", len(t.PhaseBytes), len(Phases))
	var steady Bytes
	for i, p := range t.PhaseBytes {
		must(i >= len(Phases) || p.Phase == Phases[i], "phase_bytes: phase %d is %q, not one of %q in order", i+1, p.Phase, Phases)
		if p.Phase == "steady" {
			steady = p.Bytes
		}
		checkBytes(p.Phase, p.Bytes, must)
	}
	must(t.Bytes == steady, "bytes differ from those of the phase %q", "steady")
	checkBytes("bytes", t.Bytes, must)
	if t.TCP != nil {
		for _, s := range []Segments{t.TCP.In, t.TCP.Out} {
			// A segment has 20 bytes for IPv4 or 40 for IPv6, 20 for TCP, and 12 for timestamps or none.
			must(s.DataSegments <= s.Segments && 40*s.Segments <= s.HeaderBytes && s.HeaderBytes <= 72*s.Segments,
				"tcp: %d segments with %d of data and %d bytes of headers", s.Segments, s.DataSegments, s.HeaderBytes)
		}
	}
}

func checkBytes(of string, b Bytes, must must) {
	for _, d := range []struct {
		name  string
		all   int64
		layer Layer
	}{{"in", b.In, b.Layers.In}, {"out", b.Out, b.Layers.Out}} {
		l := d.layer
		must(l.Sum() == d.all, "%s: the layers of %d bytes %s add up to %d", of, d.all, d.name, l.Sum())
		must(l.Text+l.Envelope+l.Compression >= 0, "%s: text and envelope %s are compressed to %d bytes", of, d.name, l.Text+l.Envelope+l.Compression)
	}
}

// textSlack is how many messages each client may have under way at an edge of
// the steady state, counted there as text and not as deliveries, or the other
// way round; of one that polls or is sent batches, all that has gathered too.
func (t *Trial) textSlack() int64 {
	const pushed = 2
	waited := t.Asked.BatchS
	if t.Asked.Paced {
		waited = t.Asked.PollIntervalS
	}
	return max(pushed, int64(math.Ceil(t.Asked.PublishRate*waited)))
}

// judgeLayers compares the text that came over the connections with the
// deliveries, which are counted elsewhere: in bytes of the text layer,
//
//	deliveries × payload ≤ text ≤ (deliveries + messages acknowledged) × payload
//
// give or take 0.5 %, and what is under way at both edges: an acknowledgement
// may repeat the text. A target's rooms may hold other messages than the
// trial's: of one only too little text is doubted.
func (t *Trial) judgeLayers() {
	if t.Schema < layered {
		return
	}
	payload := int64(t.Asked.PayloadBytes)
	least, most := t.WindowDeliveries*payload, (t.WindowDeliveries+t.WindowPublished)*payload
	under := 2*t.textSlack()*int64(t.Clients)*payload + int64(maxMismatch*float64(most))
	if text := t.Bytes.Layers.In.Text; text < least-under || text > most+under && t.Env.Target == "" {
		t.Doubt(Mismatch, Invalid, "text: %d bytes came, but %d deliveries of %d bytes each were counted (%d bytes may be in flight)",
			text, t.WindowDeliveries, payload, under)
	}
}

// The bounds of what a trial reports of an answer's head, whoever wrote that.
const (
	MaxAnswerHeaders = 64 // names, the status line's among them
	maxHeaderName    = 64 // bytes
)

// OtherHeaders is the name under which the lines are added up that have none to
// tell: what is no name of a header, or too long, or one too many. No header
// can have it.
const OtherHeaders = "(others)"

// statusLine is the shortest one.
const statusLine = len("HTTP/1.1 200\r\n")

// IsHeaderName reports whether s can name a header (RFC 9110, 5.1), in at most
// 64 bytes.
func IsHeaderName(s string) bool {
	other := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	}
	return s != "" && len(s) <= maxHeaderName && !strings.ContainsFunc(s, other)
}

// checkAnswerHeaders: where an answer's head is reported, all of its lines are.
func (t *Trial) checkAnswerHeaders(must must) {
	if len(t.AnswerHeaders) == 0 {
		return
	}
	must(len(t.AnswerHeaders) <= MaxAnswerHeaders+1, "answer_headers: %d names: must be at most %d, and %q", len(t.AnswerHeaders), MaxAnswerHeaders, OtherHeaders)
	must(t.AnswerHeaders[""] >= int64(statusLine), "answer_headers: a status line of %d bytes: must have at least %d", t.AnswerHeaders[""], statusLine)
	for name, n := range t.AnswerHeaders {
		switch {
		case name == "":
		case name == OtherHeaders:
			must(n > 0, "answer_headers: %d bytes of others: must be more than 0", n)
		case !IsHeaderName(name):
			must(false, "answer_headers: %.80q is not a header name", name)
		default:
			must(n >= int64(len(name)+len(":\r\n")), "answer_headers: %d bytes of %s, fewer than its name takes", n, name)
		}
	}
}
