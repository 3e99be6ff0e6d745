package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pollpush/pollpush/internal/file"
	"github.com/pollpush/pollpush/internal/live"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/loadgen"
)

// overrides are the flags that replace a scenario's keys: one for each key.
type overrides struct {
	Flags kong.Plugins `embed:"" group:"Override the scenario:"`
}

// newOverrides makes the flags, none of them given.
func newOverrides() overrides {
	var fields []reflect.StructField
	for _, k := range scenario.Keys() {
		if k.Flag() == "" {
			continue
		}
		help := k.About
		if k.Sweeps {
			help += " A comma-separated list measures each value."
		}
		kind := reflect.TypeFor[*string]()
		if k.IsTruth() {
			kind = reflect.TypeFor[*truthFlag]()
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", len(fields)), Type: kind,
			Tag: reflect.StructTag(fmt.Sprintf("key:%q name:%q placeholder:%q help:%q", k.Path, k.Flag(), k.Placeholder(), help)),
		})
	}
	return overrides{kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}}
}

// list returns the flags that were given, as the scenario package takes them.
func (o overrides) list() (list []scenario.Override) {
	for _, flags := range o.Flags {
		v := reflect.ValueOf(flags).Elem()
		for i := range v.NumField() {
			if given := v.Field(i); !given.IsNil() {
				tag := v.Type().Field(i).Tag
				list = append(list, scenario.Override{Key: tag.Get("key"), Value: given.Elem().String(), Origin: "--" + tag.Get("name")})
			}
		}
	}
	return list
}

// truthFlag is true alone, as for chatserver, or what follows "=". A word after it
// that is no truth is a scenario's name.
type truthFlag string

// Decode reads the flag.
func (f *truthFlag) Decode(ctx *kong.DecodeContext) error {
	*f = "true"
	next := ctx.Scan.Peek()
	if text := fmt.Sprint(next.Value); next.Type == kong.FlagValueToken || text == "true" || text == "false" {
		ctx.Scan.Pop()
		*f = truthFlag(text)
	}
	return nil
}

// IsBool says that the flag stands without a value, too.
func (*truthFlag) IsBool() bool { return true }

// overridden reports whether the flag of a key was given.
func (o overrides) overridden(key string) bool {
	return slices.ContainsFunc(o.list(), func(o scenario.Override) bool { return o.Key == key })
}

// suitTarget refuses what only a chatserver that pollpush starts obeys.
func (o overrides) suitTarget(with string) error {
	for _, o := range o.list() {
		if strings.HasPrefix(o.Key, "server.") {
			return usage("%s %s: cannot be used with %s", o.Origin, o.Value, with)
		}
		if o.Key == "tls" {
			return usage("%s %s: cannot be used with %s, whose URL decides: https or http", o.Origin, o.Value, with)
		}
	}
	return nil
}

// readTrust reads the certificates in PEM that a flag names a file of: as text,
// and as what is trusted then. Without a file, "" and nil mean the system's.
func readTrust(flag, path string) (string, *x509.CertPool, error) {
	if path == "" {
		return "", nil, nil
	}
	const most = 16 << 20 // all that a system trusts is less than one
	text, err := file.Read(path, most)
	if err != nil {
		return "", nil, usage("%s: %w", flag, err)
	}
	if len(text) == 0 {
		return "", nil, usage("%s %s: the file is empty; give certificates in PEM", flag, path)
	}
	roots, err := loadgen.Roots(string(text))
	if err != nil {
		return "", nil, usage("%s %s: %w", flag, path, err)
	}
	return string(text), roots, nil
}

// liveAddress is where the live page is served unless an address is given: for
// this machine alone.
const liveAddress = "127.0.0.1:0"

// liveFlag is --live or --live=ADDRESS: its value is only what follows "=", so
// that a scenario's name may follow the flag.
type liveFlag struct{ address string } // "" does without

// Decode reads the flag.
func (l *liveFlag) Decode(ctx *kong.DecodeContext) error {
	l.address = liveAddress
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	l.address = fmt.Sprint(ctx.Scan.Pop().Value)
	if !isAddress(l.address) {
		return fmt.Errorf("%q is not an address: write HOST:PORT, as in --live=127.0.0.1:9000, or omit it", l.address)
	}
	return nil
}

// misread finds an address where a scenario's name should be: it was written
// without "=".
func (l *liveFlag) misread(scenarios []string) error {
	for _, name := range scenarios {
		if l.address != "" && isAddress(name) {
			return usage("--live %s: put \"=\" before the address, as in --live=%s", name, name)
		}
	}
	return nil
}

// isAddress reports whether text has the form HOST:PORT.
func isAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err == nil
}

// IsBool says that the flag stands without a value, too.
func (l *liveFlag) IsBool() bool { return true }

// open serves the page that --live asks for, and says where it is; nil without it.
func (l *liveFlag) open(stderr io.Writer) (*live.Page, error) {
	if l.address == "" {
		return nil, nil
	}
	page, err := live.Listen(l.address)
	if err != nil {
		return nil, refuse("--live=%s: the page cannot be served there: %w; give another address, or --live alone for a free port", l.address, err)
	}
	fmt.Fprintf(stderr, "Live: %s\n", page.URL)
	return page, nil
}
