package server

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pollpush/pollpush/server/wire"
)

// tally is what the server counts. The counts are compared with the load
// generator's, to the byte.
type tally struct {
	wire.Tally
	requests   atomic.Int64
	websockets atomic.Int64
	streams    atomic.Int64
	waiting    atomic.Int64
	posted     atomic.Int64
	deliveries atomic.Int64
	panics     atomic.Int64
}

// collectors read the tally when they are scraped, and cost nothing until then.
func (s *Server) collectors() []prometheus.Collector {
	t := &s.tally
	counter := func(name, help string, v *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "pollpush", Name: name, Help: help}, func() float64 { return float64(v.Load()) })
	}
	gauge := func(name, help string, v *atomic.Int64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "pollpush", Name: name, Help: help}, func() float64 { return float64(v.Load()) })
	}
	return []prometheus.Collector{
		counter("http_requests_total", "HTTP requests received, including WebSocket handshakes and this scrape.", &t.requests),
		counter("connections_total", "Connections accepted.", &t.Connections),
		gauge("connections", "Open connections.", &t.Open),
		gauge("websockets", "Open WebSockets of the chat, excluding those of Socket.IO.", &t.websockets),
		gauge("streams", "Open streams of Server-Sent Events.", &t.streams),
		gauge("waiting_polls", "Long polls waiting for news.", &t.waiting),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "pollpush", Name: "sessions", Help: "Open Socket.IO sessions, over WebSocket or polling."},
			func() float64 { return float64(s.socketio.Sessions()) }),
		counter("frames_sent_total", "WebSocket frames sent in full, including control frames.", &t.FramesSent),
		counter("frames_received_total", "WebSocket frames received in full, including control frames.", &t.FramesReceived),
		counter("bytes_sent_total", "Bytes sent on all connections, counting all protocols above TCP.", &t.BytesSent),
		counter("bytes_received_total", "Bytes received on all connections, counting all protocols above TCP.", &t.BytesReceived),
		counter("messages_posted_total", "Messages accepted.", &t.posted),
		counter("deliveries_total", "Messages delivered to push subscribers or in poll answers.", &t.deliveries),
		counter("slow_readers_total", "Connections closed because their backlog exceeded the limit.", &t.SlowReaders),
		counter("stalled_readers_total", "Connections closed because their backlog was not read in time.", &t.StalledReaders),
		counter("panics_total", "Recovered panics: each is a bug.", &t.panics),
		collectors.NewGoCollector(),
	}
}

func (s *Server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.collectors()...)
	// Compressed, the length of a scrape would depend on who asks.
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true})
}
