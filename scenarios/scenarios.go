// Package scenarios holds the scenarios that come with the program, so that it
// runs anywhere. Package internal/scenario reads them.
package scenarios

import "embed"

// FS holds every scenario as NAME.yaml, schema.json, which editors check them
// with, and in published/NAME.yaml what a scenario paper-… is compared with.
//
//go:embed *.yaml schema.json published
var FS embed.FS

// Names lists the standard scenarios in the order to show them in.
// The example, which explains every key, is not one of them.
var Names = []string{
	"chat-1k", "short", "quiet", "busy", "poll-10k", "ws-10k", "ws-100k", "ws-200k", "polls-1m",
	"scale", "rate", "interval",
	"paper-tutorial", "paper-lubbers", "paper-vandevyvere", "paper-wrk2-freeze", "paper-etherpad",
}
