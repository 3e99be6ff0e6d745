// Package localhost dials servers. To it the name localhost is both loopback
// addresses (RFC 6761, 6.3), as it is to browsers: many a hosts file knows only
// the one of IPv4.
package localhost

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Dial is d.DialContext, which also tries the addresses of localhost that the
// system's resolver does not name. The error is that of the system's first.
func Dial(ctx context.Context, d *net.Dialer, network, addr string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, addr)
	host, port, malformed := net.SplitHostPort(addr)
	if err == nil || malformed != nil || !strings.EqualFold(host, "localhost") {
		return c, err
	}
	for _, ip := range []string{"::1", "127.0.0.1"} {
		if c, again := d.DialContext(ctx, network, net.JoinHostPort(ip, port)); again == nil {
			return c, nil
		}
	}
	return nil, err
}

// Resolve returns the addresses that a host has, in the order in which they are to
// be tried.
func Resolve(ctx context.Context, host, port string) (all []netip.AddrPort, err error) {
	number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return nil, err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if strings.EqualFold(host, "localhost") {
		addrs, err = append(addrs, netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})), nil
	}
	for _, a := range addrs {
		if at := netip.AddrPortFrom(a.Unmap(), uint16(number)); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all, err
}

// Client asks one question of a server and follows no redirect. A server of
// https is trusted by roots; nil is the system's.
func Client(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots},
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return Dial(ctx, &net.Dialer{}, network, addr)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
