// Package peer is what other people's servers need so that pollpush's clients can
// be their load: the contract's paths, ids and messages, and nothing else of it.
package peer

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// MaxMessage is the longest message that a client may send.
const MaxMessage = 16 << 10

// Said is what a client publishes.
type Said struct {
	User string `json:"user"`
	Text string `json:"text"`
}

type message struct {
	ID   uint64 `json:"id"`
	Room string `json:"room"`
	Said
	At int64 `json:"at"`
}

// Message is what a room's clients get of it, and Ack what its publisher does.
func Message(id uint64, room string, s Said) []byte {
	b, err := json.Marshal(message{id, room, s, time.Now().UnixMilli()})
	if err != nil {
		panic(err) // strings and numbers only
	}
	return b
}

// Ack answers a publisher.
func Ack(id uint64) []byte { return fmt.Appendf(nil, `{"ack":%d}`, id) }

// Serve serves on a free port, which it prints as chatserver does, until standard
// input ends.
func Serve(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"url\":\"http://%s\",\"pid\":%d}\n", l.Addr(), os.Getpid())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(l, mux))
}
