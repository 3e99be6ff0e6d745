package foreign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/loadgen"
)

// What `pollpush check` says can be measured is what the load generator's own
// clients manage.
func TestCheckAgreesWithTheLoad(t *testing.T) {
	t.Parallel()
	const all = "poll poll-etag longpoll sse ws ws-deflate ws-batch socketio-polling socketio-ws"
	way := func(name string) func(t *testing.T) string {
		return func(t *testing.T) string { return startTiny(t, name) }
	}
	var both sync.WaitGroup
	defer both.Wait()
	for name, c := range map[string]struct {
		start func(t *testing.T) string
		can   string // be measured
	}{
		"ours":          {func(t *testing.T) string { return ours(t).url }, all},
		"ours, plain":   {func(t *testing.T) string { return plain(t, "--batch", "0s").url }, "poll poll-etag longpoll sse ws socketio-polling socketio-ws"},
		"node-socketio": {func(t *testing.T) string { return example(t).url }, "poll poll-etag longpoll socketio-polling socketio-ws"},

		"a tiny chat":                           {way(""), "poll longpoll sse ws"},
		"tiny: polling only":                    {way("polling only"), "poll longpoll"},
		"tiny: ids with holes":                  {way("ids with holes"), "poll longpoll sse ws"},
		"tiny: ids that fall":                   {way("ids that fall"), ""},
		"tiny: texts in capitals":               {way("texts in capitals"), ""},
		"tiny: messages without room":           {way("messages without room"), ""},
		"tiny: after is ignored":                {way("after is ignored"), "sse ws"},
		"tiny: POST is answered 200":            {way("POST is answered 200"), "ws"},
		"tiny: wait is ignored":                 {way("wait is ignored"), "poll sse ws"},
		"tiny: ETag":                            {way("ETag"), "poll poll-etag longpoll sse ws"},
		"tiny: no 304":                          {way("no 304"), "poll longpoll sse ws"},
		"tiny: answers to the connection's end": {way("answers to the connection's end"), "poll longpoll sse ws"},
		"tiny: events as text":                  {way("events as text"), "poll longpoll ws"},
		"tiny: events of another name":          {way("events of another name"), "poll longpoll ws"},
		"tiny: an event to say hello":           {way("an event to say hello"), "poll longpoll sse ws"},
		"tiny: no acks":                         {way("no acks"), "poll longpoll sse"},
		"tiny: binary frames":                   {way("binary frames"), "poll longpoll sse"},
		"tiny: an extension unasked":            {way("an extension unasked"), "poll longpoll sse"},
		"tiny: batch":                           {way("batch"), "poll longpoll sse ws ws-batch"},
		"tiny: deflate":                         {way("deflate"), "poll longpoll sse ws ws-deflate"},
	} {
		url := c.start(t)
		both.Go(func() {
			results, err := contract.Check(t.Context(), url, nil, contract.Part{Needed: true, Transports: transport.Names()})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			for _, tr := range transport.Names() {
				want := slices.Contains(strings.Fields(c.can), tr)
				if lacking := contract.Lacking(results, tr); len(lacking) == 0 != want {
					t.Errorf("%s, %s: that it can be measured: check says %v, want %v", name, tr, !want, want)
					for _, r := range lacking {
						t.Logf("%s: %s: %v", r.Group, r.Name, r.Fault)
					}
				}
			}
		})
		for _, tr := range transport.All() {
			both.Go(func() {
				want := slices.Contains(strings.Fields(c.can), tr.Name)
				enough := 10 * time.Second // for what never comes
				if want {
					enough = patience
				}
				ctx, cancel := context.WithTimeout(t.Context(), enough)
				defer cancel()
				err := measure(ctx, url, tr)
				assert.Check(t, err == nil == want, "%s, %s: that it can be measured: %v, want %v; the load: %v", name, tr.Name, !want, want, err)
			})
		}
	}
}

// measure has two clients of the load generator in a room of a server, one of
// which speaks. Where both get everything, once and in order, and what they
// sample is as it was published, it can be measured.
func measure(ctx context.Context, url string, tr transport.Transport) error {
	const nonce = "k3x9"
	room := fmt.Sprintf("pollpush-%d-0", rand.Uint32())
	var texts []string
	for seq := range int64(3) {
		texts = append(texts, loadgen.Text(nonce, 1, 0, loadgen.Tag{Seq: seq, Due: time.Duration(seq)}, 60))
	}
	listening, published := make(chan error, 2), make(chan struct{})
	var speaker *loadgen.Client
	for i := range 2 {
		c, err := loadgen.Dial(ctx, tr.Name, loadgen.Target{URL: url, Room: room, User: fmt.Sprintf("client-%d", i), Publishes: i == 0})
		if err != nil {
			return err
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { c.Close() })()
		if i == 0 {
			speaker = c
		}
		go func() {
			err := hears(c, tr.Name, room, texts, published)
			listening <- err
			for !tr.Paced && err == nil { // acknowledgements may still come
				_, err = c.Receive()
			}
		}()
	}
	for _, text := range texts {
		if err := speaker.Publish(text); err != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	close(published)
	return errors.Join(<-listening, <-listening)
}

// hears receives texts, and then nothing more.
func hears(c *loadgen.Client, name, room string, texts []string, published <-chan struct{}) error {
	var last uint64
	receive := func() ([]loadgen.Delivery, error) {
		if c.Polls() {
			c.Poll()
		}
		return c.Receive()
	}
	for got := 0; got < len(texts); {
		ds, err := receive()
		if err != nil {
			return err
		}
		for _, d := range ds {
			var m message
			if err := json.Unmarshal(d.JSON, &m); err != nil {
				return err
			}
			if got == len(texts) || m.ID <= last || m.ID != d.ID || m.Room != room || m.Text != texts[got] {
				return fmt.Errorf("%s, after %d messages", d.JSON, got)
			}
			got, last = got+1, m.ID
		}
	}
	if c.Polls() {
		<-published // what is posted is answered with JSON, too
		return pollsNothing(c, receive, name)
	}
	if tr, _ := transport.Find(name); tr.Wait == 0 && tr.Heartbeat == 0 { // it does not ask again by itself
		return nil
	}
	// A client that asks again at once is not answered at once. For one that is, the client has
	// an error.
	defer time.AfterFunc(1500*time.Millisecond, func() { c.Close() }).Stop()
	_, err := receive()
	var answer *loadgen.AnswerError
	if errors.As(err, &answer) {
		return err
	}
	return nil
}

// pollsNothing polls twice where there is no news. The second answer to a
// conditional poll has no JSON at all.
func pollsNothing(c *loadgen.Client, receive func() ([]loadgen.Delivery, error), name string) error {
	before := int64(0)
	for range 2 {
		before = c.Bytes().Layers.In.Envelope
		ds, err := receive()
		if err != nil || len(ds) > 0 {
			return errors.Join(err, fmt.Errorf("%d deliveries too many", len(ds)))
		}
	}
	if c.Bytes().Layers.In.Envelope > before && name == "poll-etag" {
		return errors.New("no 304")
	}
	return nil
}
