// Centrifuge is a chat on the library of that name: its node, clients and queues,
// over a one-way WebSocket as its examples have it. The envelope that the library
// puts around a message is cut off, since pollpush's clients expect none.
package main

import (
	"bytes"
	"context"
	"log"
	"net/http"
	"sync"

	"github.com/centrifugal/centrifuge"
	"github.com/gorilla/websocket"

	"github.com/pollpush/pollpush/internal/peers/servers/peer"
)

// transport is one client's connection.
type transport struct {
	mu     sync.Mutex // a publisher's ack is written beside what the library writes
	conn   *websocket.Conn
	closed chan struct{}
	once   sync.Once
}

func (t *transport) Name() string                      { return "websocket" }
func (t *transport) AcceptProtocol() string            { return "h1" }
func (t *transport) Protocol() centrifuge.ProtocolType { return centrifuge.ProtocolTypeJSON }
func (t *transport) Unidirectional() bool              { return true }
func (t *transport) Emulation() bool                   { return false }
func (t *transport) DisabledPushFlags() uint64         { return ^centrifuge.PushFlagPublication }
func (t *transport) ProtocolVersion() centrifuge.ProtocolVersion {
	return centrifuge.ProtocolVersion2
}
func (t *transport) PingPongConfig() centrifuge.PingPongConfig {
	return centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1}
}

// Write sends the message that is the data of a push:
// {"channel":"lobby","pub":{"data":{…}}}.
func (t *transport) Write(push []byte) error {
	_, data, found := bytes.Cut(push, []byte(`"data":`))
	if !found {
		return nil
	}
	return t.send(data[:bytes.LastIndexByte(data, '}')-1])
}

func (t *transport) WriteMany(pushes ...[]byte) error {
	for _, p := range pushes {
		if err := t.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func (t *transport) send(b []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conn.WriteMessage(websocket.TextMessage, b)
}

func (t *transport) Close(centrifuge.Disconnect) error {
	t.once.Do(func() { close(t.closed) })
	return t.conn.Close()
}

// rooms numbers the messages of each room, and publishes them in that order.
type rooms struct {
	node *centrifuge.Node
	mu   sync.Mutex
	last map[string]uint64
}

func (r *rooms) publish(room string, s peer.Said) (id uint64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[room]++
	id = r.last[room]
	_, err = r.node.Publish(room, peer.Message(id, room, s))
	return id, err
}

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferPool: new(sync.Pool)}

type roomKey struct{}

func (r *rooms) serve(w http.ResponseWriter, request *http.Request) {
	conn, err := upgrader.Upgrade(w, request, nil)
	if err != nil {
		log.Print(err)
		return
	}
	room := request.PathValue("room")
	t := &transport{conn: conn, closed: make(chan struct{})}
	ctx := context.WithValue(context.Background(), roomKey{}, room)
	ctx = centrifuge.SetCredentials(ctx, &centrifuge.Credentials{})
	client, done, err := centrifuge.NewClient(ctx, r.node, t)
	if err != nil {
		log.Print(err)
		conn.Close()
		return
	}
	defer func() { _ = done() }()
	client.Connect(centrifuge.ConnectRequest{})
	conn.SetReadLimit(peer.MaxMessage)
	for {
		var s peer.Said
		if conn.ReadJSON(&s) != nil {
			return
		}
		id, err := r.publish(room, s)
		if err != nil || t.send(peer.Ack(id)) != nil {
			return
		}
	}
}

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(ctx context.Context, _ centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		room, _ := ctx.Value(roomKey{}).(string)
		return centrifuge.ConnectReply{Subscriptions: map[string]centrifuge.SubscribeOptions{room: {}}}, nil
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	r := &rooms{node: node, last: map[string]uint64{}}
	mux.HandleFunc("GET /api/rooms/{room}/ws", r.serve)
	peer.Serve(mux)
}
