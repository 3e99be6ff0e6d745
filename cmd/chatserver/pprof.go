package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"
)

// checkPprof refuses what others than this host could reach: profiles tell of
// the program's insides, and taking one slows it down.
func checkPprof(address string) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil || !addr.Addr().IsLoopback() {
		return fmt.Errorf("--pprof %q: want a loopback address and a port, such as 127.0.0.1:0", address)
	}
	return nil
}

// serveProfiles serves Go's profiles on a listener of their own, so that asking
// for them is none of what the server counts. It ends when the listener is
// closed.
func serveProfiles(listener net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // the heap's and others, by their names
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	_ = server.Serve(listener)
}
