package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CheckOrigins returns an error unless each of the origins has the form in which
// browsers send theirs: scheme://host or scheme://host:port.
func CheckOrigins(origins []string) error {
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			return fmt.Errorf("origin %q: want scheme://host or scheme://host:port, without a path", o)
		}
	}
	return nil
}

// mayConnect says whether a page of the request's origin may open a WebSocket.
// Clients that are no browsers send no origin and may.
func mayConnect(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(allowed, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
