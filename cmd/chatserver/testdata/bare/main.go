// Bare answers every request alike, as a handler on net/http with nothing else
// does. BenchmarkPoll compares the chat server with it.
package main

import (
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/pollpush/pollpush/internal/serving"
)

var flags struct {
	Listen        string   `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address to serve on; port 0 takes a free one (${default})."`
	ExitWithStdin bool     `help:"Shut down when standard input ends."`
	Status        int      `default:"200" help:"Status of the answers (${default})."`
	Header        []string `placeholder:"NAME:VALUE" sep:"none" help:"A line of their header, beside Date; repeatable."`
	Body          string   `help:"Their body."`
}

func main() {
	serving.Main(serving.Program{
		Name:        "bare",
		Description: "Answers every HTTP request alike.",
		Flags:       &flags, Listen: &flags.Listen, ExitWithStdin: &flags.ExitWithStdin,
		Start: func(l net.Listener, _ io.Writer) (serving.Server, error) {
			return serving.Server{
				Line:  serving.Line{URL: "http://" + l.Addr().String()},
				Serve: func() error { return http.Serve(l, handler()) },
				Close: func() {},
			}, nil
		},
	})
}

func handler() http.HandlerFunc {
	var header [][2]string
	for _, line := range flags.Header {
		name, value, _ := strings.Cut(line, ":")
		header = append(header, [2]string{name, value})
	}
	body := []byte(flags.Body)
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range header {
			w.Header().Set(line[0], line[1])
		}
		w.WriteHeader(flags.Status)
		if len(body) > 0 {
			w.Write(body)
		}
	}
}
