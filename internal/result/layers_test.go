package result

import (
	"strings"
	"testing"
)

func TestCheckLayers(t *testing.T) {
	steady := func(change func(*Bytes)) func(*Trial) {
		return func(t *Trial) {
			change(&t.Bytes)
			t.PhaseBytes[2].Bytes = t.Bytes
		}
	}
	for _, c := range []struct {
		name   string
		change func(*Trial)
		want   string // lines; none for a sound trial
	}{
		{"sound", func(*Trial) {}, ""},
		{"nothing measured", func(t *Trial) {
			t.Bytes, t.PhaseBytes, t.WindowDeliveries, t.WindowPublished, t.Validity = Bytes{}, nil, 0, 0, Invalid
			t.Doubt(RateNotReached, Invalid, "x")
		}, ""},
		{"compressed", steady(func(b *Bytes) { b.Layers.In.Compression, b.In = -400_000, 200_000 }), ""},
		{"encrypted", steady(func(b *Bytes) { b.Layers.Out.TLS, b.Out = 22, 300_022 }), ""},
		{"written before there were layers", func(t *Trial) { t.Schema, t.Bytes.Layers, t.PhaseBytes = 2, Layers{}, nil }, ""},

		{"one byte in no layer", steady(func(b *Bytes) { b.In++ }),
			"steady: the layers of 600001 bytes in add up to 600000\nbytes: the layers of 600001 bytes in add up to 600000"},
		{"one byte twice", steady(func(b *Bytes) { b.Layers.Out.TLS++ }),
			"steady: the layers of 300000 bytes out add up to 300001\nbytes: the layers of 300000 bytes out add up to 300001"},
		{"another phase does not add up", func(t *Trial) { t.PhaseBytes[3].Out = 7 }, "drain: the layers of 7 bytes out add up to 0"},
		{"a layer below 0", func(t *Trial) { t.PhaseBytes[0].Layers.In = Layer{Text: 5, Protocol: -5} },
			"phase_bytes[0].layers.in.protocol = -5: below 0"},
		{"compressed to less than nothing", func(t *Trial) { t.PhaseBytes[0].Layers.In = Layer{Text: 5, Compression: -6, Protocol: 1} },
			"ramp-up: text and envelope in are compressed to -1 bytes"},
		{"not the steady state's", func(t *Trial) { t.PhaseBytes[1].Bytes, t.PhaseBytes[2].Bytes = t.Bytes, Bytes{} }, `bytes differ from those of the phase "steady"`},
		{"no phases", func(t *Trial) { t.PhaseBytes = nil }, `bytes differ from those of the phase "steady"`},
		{"a phase too few", func(t *Trial) { t.PhaseBytes = t.PhaseBytes[:3] }, "phase_bytes has 3 phases, not 4"},
		{"a phase too many", func(t *Trial) { t.PhaseBytes = append(t.PhaseBytes, PhaseBytes{Phase: "after"}) }, "phase_bytes has 5 phases, not 4"},
		{"out of order", func(t *Trial) { t.PhaseBytes[0].Phase = "warmup" },
			`phase_bytes: phase 1 is "warmup", not one of ["ramp-up" "warm-up" "steady" "drain"] in order`},
	} {
		wantCheck(t, c.name, c.want, c.change)
	}
}

// The sound trial's text: 2,000 deliveries and 1,000 answers of 100 bytes.
// Two clients may each have an answer to a poll under way at both edges, which
// holds 10 messages: 4,000 bytes; and 0.5 % of 300,000 bytes are forgiven.
func TestJudgeLayers(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   int64
		change func(*Trial)
		want   bool // that it is doubted
	}{
		{"exact", 300_000, func(*Trial) {}, false},
		{"nearly too much", 305_500, func(*Trial) {}, false},
		{"too much", 305_501, func(*Trial) {}, true},
		{"the answers without their text", 200_000, func(*Trial) {}, false},
		{"nearly too little", 194_500, func(*Trial) {}, false},
		{"too little", 194_499, func(*Trial) {}, true},
		{"pushed, and nearly too much", 302_300, func(t *Trial) { t.Asked.Paced = false }, false},
		{"pushed, and too much", 302_301, func(t *Trial) { t.Asked.Paced = false }, true},
		{"a target with other messages", 600_000, func(t *Trial) { t.Env.Target = "http://x" }, false},
		{"a target with too little", 194_499, func(t *Trial) { t.Env.Target = "http://x" }, true},
		{"written before there were layers", 0, func(t *Trial) { t.Schema = 2 }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			trial := sound(t, c.change)
			l := &trial.Bytes.Layers.In
			l.Text, l.Protocol = c.text, 600_000-c.text
			trial.judgeLayers()
			doubted := len(trial.Reasons) == 1 && trial.Reasons[0].Code == Mismatch && trial.Reasons[0].Validity == Invalid &&
				strings.HasPrefix(trial.Reasons[0].Text, "text: ")
			if doubted != c.want || !c.want && len(trial.Reasons) > 0 {
				t.Errorf("reasons %v", trial.Reasons)
			}
		})
	}
}
