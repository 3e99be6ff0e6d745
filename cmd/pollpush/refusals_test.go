package main

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
	"gotest.tools/v3/assert"

	"github.com/pollpush/pollpush/internal/calibration"
	"github.com/pollpush/pollpush/internal/control"
	"github.com/pollpush/pollpush/internal/result"
	"github.com/pollpush/pollpush/internal/scenario"
	"github.com/pollpush/pollpush/internal/transport"
	"github.com/pollpush/pollpush/report/gate"
)

// refusal is a command line that ends with a code before anything is done.
type refusal struct {
	args string // '…' is one word
	code int
	said string // on standard error; " .. " stands for whatever is between
}

var wordPattern = regexp.MustCompile(`'[^']*'|\S+`)

// words splits a command line.
func words(line string) []string {
	list := wordPattern.FindAllString(line, -1)
	for i := range list {
		list[i] = strings.Trim(list[i], "'")
	}
	return list
}

// wantRefused runs command lines in dir, and checks that each is refused in
// words, without a trace.
func wantRefused(t *testing.T, dir string, list []refusal) {
	t.Helper()
	t.Chdir(dir)
	before := pathsIn(t, dir)
	for _, c := range list {
		e := inside(t, words(c.args)...)
		ok := e.code == c.code && e.stdout == "" && strings.Contains(e.stderr, "pollpush: ")
		for said := range strings.SplitSeq(c.said, " .. ") {
			ok = ok && strings.Contains(e.stderr, said)
		}
		assert.Check(t, ok, "%s: exit code %d, want %d and %q; stdout %q, stderr:\n%s", c.args, e.code, c.code, c.said, e.stdout, e.stderr)
		if after := pathsIn(t, dir); !slices.Equal(before, after) {
			t.Fatalf("%s: it left %q", c.args, slices.DeleteFunc(after, func(path string) bool { return slices.Contains(before, path) }))
		}
	}
	wantNoneLeft(t, dir)
}

func pathsIn(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	assert.NilError(t, err)
	return paths
}

// pipe makes a pipe that nobody holds, whose opening would wait for somebody.
func pipe(t *testing.T, path string) {
	t.Helper()
	assert.NilError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	assert.NilError(t, unix.Mkfifo(path, 0o644))
}

// closedAddress is an address of loopback that nobody listens on.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	l.Close()
	return l.Addr().String()
}

// answering is a server that gives one answer to everything.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// Package scenario tests what is wrong with scenario files.
func TestRunRefuses(t *testing.T) {
	dir := workplace(t)
	write(t, filepath.Join(dir, "bad.yaml"), strings.Replace(tiny, "clients: 20\ntrials: 1", "clients: 0\ntrials: 0", 1))
	write(t, filepath.Join(dir, "full", "trials.jsonl"), "precious\n")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer taken.Close()
	at, page := taken.Addr().String(), answering(t, 200, "<html>It works!</html>")
	const target = "run tiny.yaml --target http://127.0.0.1:1 "
	wantRefused(t, dir, []refusal{
		{"rnu", badInput, "rnu .. see pollpush --help"},
		{"run tiny.yaml --cleints 5", badInput, "--cleints .. see pollpush --help"},
		{"run tiny.yaml --clients", badInput, "--clients"},
		{"run shrot", badInput, `scenario shrot: no such scenario (did you mean "short"?); choose from chat-1k, short,`},
		{"run shrot.yaml", badInput, `scenario shrot.yaml: no such file (did you mean "short"?) .. or give a file's path`},
		{"run .", badInput, "scenario .: is a directory; give a scenario's name or file"},
		{"run tiny.yaml nope", badInput, "scenario nope: no such scenario"},
		{"run bad.yaml", badInput, "bad.yaml:3: clients 0: must be .. bad.yaml:4: trials 0: must be"},
		{"run tiny.yaml --clients=-1 --steady 20", badInput, "--clients -1: must be 1 to 1,000,000 .. --steady 20: has no unit; write 20s"},
		{"run tiny.yaml --rooms 21", badInput, "--rooms 21: must be at most clients, which is 20"},

		{"run tiny.yaml tiny.yaml --out both", badInput, "--out is the folder of one run, but 2 scenarios"},
		{"run tiny.yaml --out=", badInput, `--out "": give a folder`},
		{"run tiny.yaml --out full", refused, "full is not empty (it holds trials.jsonl): results are never overwritten; choose another with --out"},
		{"run tiny.yaml --out tiny.yaml/run", refused, "tiny.yaml/run cannot be created .. not a directory .. choose another with --out"},

		{"run tiny.yaml --target-pid 1", badInput, "--target-pid 1: needs --target"},
		{"run tiny.yaml --target-ca tiny.yaml", badInput, "--target-ca tiny.yaml: needs --target"},
		{"run tiny.yaml --target=", badInput, `--target "" .. omit the flag`},
		{"run tiny.yaml --target nonsense", badInput, "--target: target .. give a server's base address, such as http://127.0.0.1:8080"},
		{"run tiny.yaml --target http://127.0.0.1:8080/api", badInput, "below a path"},
		{"run tiny.yaml --target http://no-such-host.invalid:80", refused, "no-such-host.invalid"},
		{"run tiny.yaml --target http://" + closedAddress(t), refused, "target .. connection refused; is the server running there?"},
		{"run tiny.yaml --target " + page, refused, "target " + page + " is not a chat server .. answered 200 OK with HTML .. docs/contract.md"},
		{"run tiny.yaml --target " + answering(t, 404, "nothing"), refused, "answered 404 Not Found"},
		{target + "--target-pid 0", badInput, "--target-pid 0: must be"},
		{target + "--target-pid me", badInput, "--target-pid"},
		{target + "--history 5", badInput, "--history 5: cannot be used with --target"},
		{target + "--tls true", badInput, "--tls true: cannot be used with --target, whose URL decides"},
		{target + "--target-ca tiny.yaml", badInput, "--target-ca tiny.yaml: found no certificate"},
		{target + "--profile", badInput, "--profile: works only with servers that pollpush starts, not with --target"},

		{"run tiny.yaml --live=9000", badInput, `"9000" is not an address: write HOST:PORT`},
		{"run tiny.yaml --live=127.0.0.1:70000", badInput, "is not an address"},
		{"run tiny.yaml --live=", badInput, "is not an address"},
		{"run --live 127.0.0.1:9000", badInput, "as in --live=127.0.0.1:9000"},
		{"run tiny.yaml --live=" + at, refused, "--live=" + at + ": the page cannot be served there: "},
		{"run tiny.yaml --live=192.0.2.1:9000", refused, "give another address, or --live alone for a free port"},
	})
}

func TestResumeRefuses(t *testing.T) {
	dir := workplace(t)
	kept := func(name string, o order) {
		text, err := o.keep()
		assert.NilError(t, err)
		write(t, filepath.Join(dir, name, orderFile), string(text[orderFile]))
	}
	kept("sound", order{File: "tiny.yaml", Source: tiny})
	kept("broken", order{File: "tiny.yaml", Source: tiny})
	kept("faulty", order{File: "tiny.yaml", Source: tiny, Keys: []scenario.Override{{Key: "clients", Value: "many", Origin: "--clients"}}})
	write(t, filepath.Join(dir, "broken", result.FileName), "once\n")
	write(t, filepath.Join(dir, "foreign", orderFile), "[]")
	write(t, filepath.Join(dir, "torn", orderFile), "{")
	const alone = "--resume sound: resumes the run with its original settings; omit the scenario and all other flags"
	wantRefused(t, dir, []refusal{
		{"run --resume=", badInput, `--resume "": give a folder`},
		{"run --resume nowhere", refused, "--resume nowhere: there is no order.json; give the folder of a run, as `pollpush run` prints it"},
		{"run --resume foreign", badInput, "order.json was not written by `pollpush run`"},
		{"run --resume torn", badInput, "order.json was not written by `pollpush run`"},
		{"run --resume faulty", badInput, "--clients many: is not a whole number"},
		{"run --resume broken", badInput, "broken/trials.jsonl:1: is not JSON"},
		{"run short --resume sound", badInput, alone},
		{"run --resume sound --clients 5", badInput, alone},
		{"run --resume sound --baseline sound", badInput, alone},
		{"run --resume sound --out other", badInput, alone},
	})
}

// What a comparison with the baseline would refuse in the end is refused before
// anything is measured.
func TestBaselineRefuses(t *testing.T) {
	dir := workplace(t)
	asked := strings.NewReplacer("[poll, ws]", "[ws]", "clients: 20", "clients: 2", "20/s", "5/s", "publishers: 4", "publishers: 1").Replace(tiny)
	write(t, filepath.Join(dir, "asked.yaml"), asked)
	grid, err := order{File: "asked.yaml", Source: asked}.grid()
	assert.NilError(t, err)
	writeRun(t, filepath.Join(dir, "base"), 1, func(t *result.Trial) { t.ScenarioHash = grid.Points[0].Hash() })
	write(t, filepath.Join(dir, "broken", result.FileName), "once\n")
	const run = "run asked.yaml --baseline "
	wantRefused(t, dir, []refusal{
		{run + "nowhere", refused, "nowhere: no such file or folder .. or omit --baseline to go on without"},
		{run + "broken", badInput, "broken/trials.jsonl:1: is not JSON"},
		{run + "base --transports ws,poll", badInput, "--baseline base: .. the base has no trial of poll (transports: ws, and poll, ws)"},
		{run + "base --clients 2,30", badInput, "clients: 2, and 30"},
		{run + "base --rate 10/s", badInput, "publish.rate: 5, and 10"},
		{run + "base --seed 9", badInput, "flags: none, and --seed 9"},
		{run + "base --trials 2 --target http://" + closedAddress(t), refused, "is the server running there?"}, // which is asked next
	})
}

func TestCalibrateRefuses(t *testing.T) {
	dir := workplace(t)
	env := control.Env()
	path := calibration.Path(calibrations, env.Machine())
	write(t, filepath.Join(dir, path), "{")
	env.CPUModel, env.Cores = "Another CPU", env.Cores+1
	other := calibration.New(env)
	if err := other.Write(filepath.Join(dir, "other.json")); err != nil {
		t.Fatal(err)
	}
	broken := "calibration " + path + ": is not JSON .. delete it, and run `pollpush calibrate` again"
	wantRefused(t, dir, []refusal{
		{"calibrate --transports smoke", badInput, `unknown transport "smoke"; choose from`},
		{"calibrate --transports=", badInput, `--transports "": give at least one, or omit the flag`},
		{"calibrate --confirm -1", badInput, "--confirm"},
		{"calibrate --quick", badInput, broken},
		{"run tiny.yaml", badInput, broken},
		{"run tiny.yaml --calibration " + path, badInput, broken},
		{"run tiny.yaml --calibration nowhere.json", badInput, "calibration nowhere.json: .. make one with `pollpush calibrate`"},
		{"run tiny.yaml --calibration other.json", badInput, "belongs to the machine " + other.Machine + " (Another CPU .. run `pollpush calibrate` here"},
	})
}

// Package result tests what is wrong with results.
func TestResultsRefused(t *testing.T) {
	dir := workplace(t)
	good := lineOf(t, aTrial())
	another := aTrial()
	another.Run = "another-run"
	for name, text := range map[string]string{
		"good": good, "empty": "", "broken": good + "nonsense\n", "cut": good + good[:len(good)/2], "later": `{"schema": 99}` + "\n",
		"sums": strings.Replace(good, `"delivered":10`, `"delivered":11`, 1), "two": good + lineOf(t, another), "folder/" + result.FileName: "inside", "unwritable": good,
	} {
		write(t, filepath.Join(dir, name, result.FileName), text)
	}
	write(t, filepath.Join(dir, "hollow", "notes.txt"), "no results")
	write(t, filepath.Join(dir, "unwritable", "charts"), "a file where a folder should be")
	list := []refusal{
		{"report empty", badInput, "empty/trials.jsonl: holds no trial"},
		{"report later", badInput, "later/trials.jsonl:1: has schema 99, but this pollpush reads up to 5: use a newer pollpush"},
		{"report sums", badInput, "sums/trials.jsonl:1: broken invariants: expected 10 ≠ delivered 11 − duplicated 0 + lost 0"},
		{"report two", badInput, `two/trials.jsonl:2: belongs to run "another-run" .. began with run "a-run"`},
		{"compare good cut", badInput, "cut/trials.jsonl:2: the line is cut off: its writer was killed; delete it to use the lines before"},
		{"report", badInput, "<dir>"},
		{"compare nowhere good", refused, "make the base with `pollpush run SCENARIO --out nowhere`, or pass --allow-missing-baseline"},
		{"compare hollow good", refused, "make the base with `pollpush run SCENARIO --out hollow/base`"},
		{"compare . good", refused, " holds a run: give that as the base"},
	}
	const remedy = "; give a run's folder, as `pollpush run` prints it"
	for name, said := range map[string]string{
		"nowhere": "nowhere: no such file or folder" + remedy, "hollow": "hollow: holds no trials.jsonl" + remedy, "folder": "folder/trials.jsonl: is not a regular file",
		"/dev/zero": "/dev/zero: is not a regular file", "tiny.yaml": "tiny.yaml:1: is not JSON", "tiny.yaml/below": "tiny.yaml/below",
		"broken": "broken/trials.jsonl:2: is not JSON", "broken/trials.jsonl": "broken/trials.jsonl:2: is not JSON",
	} {
		code := badInput
		if strings.HasSuffix(said, remedy) {
			code = refused
		}
		list = append(list, refusal{"report " + name, code, said}, refusal{"compare good " + name + " --allow-missing-baseline", code, said})
		if code == badInput {
			list = append(list, refusal{"compare " + name + " good --allow-missing-baseline", badInput, said})
		}
	}
	wantRefused(t, dir, list)
	inside(t, "report", "unwritable").wantExit(t, refused, "the report cannot be written", "unwritable/charts")
	allowed := inside(t, "compare", "nowhere", "good", "--allow-missing-baseline")
	if allowed.code != fine || allowed.stdout != "Nothing was compared: there is no base nowhere.\n" {
		t.Errorf("exit code %d, it said %q", allowed.code, allowed.stdout)
	}
}

func TestCompareRefuses(t *testing.T) {
	dir := workplace(t)
	invalid := func(code, text string) func(*result.Trial) {
		return func(t *result.Trial) {
			t.Doubt(code, result.Invalid, "%s", text)
			t.Validity = result.Invalid
		}
	}
	for name, change := range map[string]func(*result.Trial){
		"base":   same,
		"late":   invalid(result.PublishLate, "80 ms late"),
		"broken": invalid(result.Mismatch, "counts differ"),
		"short":  func(t *result.Trial) { t.Asked.Trials = 6 },
		"other":  func(t *result.Trial) { t.ScenarioHash = "ba9876543210" },
		"cut":    func(t *result.Trial) { t.Asked.Transports = []string{"poll", "ws"} },
		"swept":  func(t *result.Trial) { t.Asked.Points = []string{"0123456789ab", "ba9876543210"} },
		"mute": func(t *result.Trial) {
			t.Asked.PublishRate = 1.0 / 30
			t.Offered, t.Sent, t.Published, t.Expected, t.Delivered, t.WindowDeliveries, t.WindowPublished = 0, 0, 0, 0, 0, 0, 0
			t.Latency, t.LatencyHDR, t.Bytes = nil, "", result.Bytes{}
			for i := range t.PhaseBytes {
				t.PhaseBytes[i].Bytes = result.Bytes{}
			}
			t.Doubt(result.TooFew, result.Suspect, "no message was due")
			t.Validity = result.Suspect
		},
	} {
		writeRun(t, filepath.Join(dir, name), 3, change)
		writeRun(t, filepath.Join(dir, name+"-again"), 3, change)
	}
	const same = "compare base base-again "
	wantRefused(t, dir, []refusal{
		{"compare a", badInput, "<new>"},
		{"compare base late", badInput, "new run: ws trial 1 is invalid for its timing (80 ms late) .. --counts-only"},
		{"compare late base", badInput, "base: ws trial 1 is invalid"},
		{"compare base broken --counts-only", badInput, "ws trial 1 is invalid (counts differ)"},
		{"compare base short", badInput, "new run: ws has 3 of 6 trials: the run is partial"},
		{"compare base cut", badInput, "new run: poll has 0 of 3 trials: the run is partial"},
		{"compare cut base --counts-only", badInput, "base: poll has 0 of 3 trials"},
		{"compare base swept", badInput, "new run: has no trial at 1 point of its plan (hash ba9876543210)"},
		{"compare base base", badInput, "base and base are the same run: give the folders of two runs"},
		{"compare base base/trials.jsonl --learn", badInput, "are the same run"},
		{"compare mute mute-again", badInput, "ws: nothing was delivered on either side: no verdict"},
		{"compare mute mute-again --counts-only --markdown c.md", badInput, "ws: nothing was delivered on either side: no verdict"},
		{"compare mute base", badInput, "ws: nothing was delivered in the base: no verdict"},
		{"compare base other", badInput, "nothing in common .. 0123456789ab .. ba9876543210 .. record it again"},
		{same + "--limit bytes-per-delivery=5%", badInput, `--limit bytes-per-delivery: no such metric (did you mean "bytes-per-delivery-in"?); choose from requests-per-client,`},
		{same + "--limit lost=5", badInput, "--limit 5: is not a limit; must be a percentage from 0% to 1000%"},
		{same + "--limit lost", badInput, "--limit lost: must be METRIC=LIMIT"},
		{same + "--limit lost=1% --limit lost=2%", badInput, "--limit lost: occurs twice"},
		{same + "--limit=", badInput, `--limit "": give at least one, or omit the flag`},
		{same + "--markdown - --junit -", badInput, "only one of them can be standard output"},
		{same + "--markdown nowhere/c.md --junit -", refused, "the comparison cannot be written .. nowhere/c.md"},
		{same + "--learn", badInput, "they are the same run"},
	})
	e := inside(t, words("compare base late --counts-only")...)
	assert.Check(t, e.code == fine, "counts only: exit code %d: %s", e.code, e.stderr)
}

// What cannot be measured is refused before anything is.
func TestAbRefuses(t *testing.T) {
	dir := workplace(t)
	script(t, filepath.Join(dir, "good", "chatserver"), "#!/bin/sh\n")
	write(t, filepath.Join(dir, "text", "chatserver"), "#!/bin/sh\n")
	write(t, filepath.Join(dir, "full", "base", "notes.txt"), "precious")
	const (
		folders  = "ab good good tiny.yaml "
		urls     = "ab http://127.0.0.1:1 http://127.0.0.1:2 "
		commands = "ab true true --ready "
		dies     = "ab 'echo out of order >&2; exit 1' true --ready http://127.0.0.1:1"
	)
	taken := answering(t, 200, "")
	wantRefused(t, dir, []refusal{
		{"ab 'touch started' true --ready " + taken, refused, "base: another server already listens on " + strings.TrimPrefix(taken, "http://") + ": stop it"},
		{"ab nowhere good", refused, "no server in nowhere"},
		{"ab good full", refused, "go build -o"},
		{"ab good text", refused, "is not a program"},
		{"ab tiny.yaml good", refused, "no server in tiny.yaml"},
		{folders + "--out full", refused, "full/base is not empty"},
		{"ab good good shrot", badInput, `did you mean "short"?`},
		{folders + "--limit bites=5%", badInput, "--limit bites"},
		{folders + "--clients 0", badInput, "--clients 0: must be"},
		{folders + "--noise nowhere.json", refused, "nowhere.json does not exist; record it with"},
		{folders + "--noise tiny.yaml", badInput, "noise tiny.yaml: is not JSON"},
		{"ab good", badInput, "<new>"},
		{"ab 127.0.0.1:3000 good", refused, "the URL of a running server, or the command that starts one with --ready URL"},
		{"ab http://[::1:80 http://127.0.0.1:1", badInput, `"http://[::1:80" is not the URL of a server: give two URLs such as http://127.0.0.1:8080`},
		{"ab http://127.0.0.1:1 good", badInput, "is not the URL of a server: give two URLs"},
		{"ab http://127.0.0.1:1 http://127.0.0.1:1", refused, "base: target http://127.0.0.1:1 does not answer"},
		{"ab http://127.0.0.1:1 https://127.0.0.1:1", badInput, "one is http, the other https"},
		{urls + "--target-pid=", badInput, `--target-pid "" .. omit the flag`},
		{urls + "--target-pid 1", badInput, "--target-pid: give the ids of both servers' processes"},
		{urls + "--target-pid 1,0", badInput, "--target-pid: give the ids"},
		{urls + "--history 5", badInput, "--history 5: cannot be used with servers other than pollpush's chatserver"},
		{folders + "--target-pid 1,2", badInput, "--target-pid: needs the URLs of two running servers"},
		{folders + "--target-ca tiny.yaml", badInput, "--target-ca"},
		{commands + "http://127.0.0.1:1 --tls true", badInput, "whose URL decides"},
		{commands + "127.0.0.1:3000", badInput, `--ready "127.0.0.1:3000": give a URL of the server with its port, such as http://127.0.0.1:3000/healthz`},
		{commands + "http://127.0.0.1/healthz", badInput, "with its port"},
		{commands + "http://127.0.0.1:1 --ready-within 0s", badInput, "--ready-within 0s: must be more than 0s"},
		{"ab true http://127.0.0.1:1 --ready http://127.0.0.1:1", badInput, `"http://127.0.0.1:1" is not a command`},
		{"ab '' true --ready http://127.0.0.1:1", badInput, `"" is not a command`},
		{dies, refused, "base: the start command ended .. it printed: out of order"},
		{"ab 'exec sleep 1000' true --ready-within 100ms --ready http://127.0.0.1:1", refused, "was not ready within 100ms: http://127.0.0.1:1 does not answer"},
	})
}

func TestCheckRefuses(t *testing.T) {
	page, down := answering(t, 200, "<html>"), answering(t, 404, "nothing")
	const general = "give a server's base address, such as"
	dir := workplace(t)
	write(t, filepath.Join(dir, "empty.pem"), "")
	wantRefused(t, dir, []refusal{
		{"check http://" + closedAddress(t), refused, "connection refused"},
		{"check " + page, refused, `200 with "<html>"; it must speak the chat contract`},
		{"check " + down, refused, `404 with "nothing"; it must speak the chat contract`},
		{"check nonsense", badInput, general},
		{"check " + page + "/api", badInput, "below a path cannot be measured"},
		{"check", badInput, `expected "<url>"`},
		{"check " + page + " --for poll,wss", badInput, `unknown transport "wss"; choose from poll, `},
		{"check " + page + " --for=", badInput, `--for "" .. omit the flag`},
		{"check " + page + " --for poll --transports sse", badInput, "--for and --transports can't be used together"},
		{"check https://127.0.0.1:1 --ca empty.pem", badInput, "--ca empty.pem: the file is empty"},
	})
}

func TestProbeRefuses(t *testing.T) {
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/messages") && !strings.Contains(r.URL.RawQuery, "after") {
			fmt.Fprint(w, `{"messages":[],"last":0}`)
			return
		}
		http.Error(w, "there is nothing", http.StatusNotFound)
	}))
	t.Cleanup(bare.Close)
	moved := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	t.Cleanup(moved.Close)
	var first sync.Once
	later := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusForbidden
		first.Do(func() { status = http.StatusOK })
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(status)
	}))
	t.Cleanup(later.Close)
	failing, closed := answering(t, http.StatusServiceUnavailable, "out of order"), closedAddress(t)
	list := []refusal{
		{"probe wss " + bare.URL, badInput, `unknown transport "wss"; choose from poll, poll-etag, `},
		{"probe ws nonsense", badInput, "give a server's base address, such as"},
		{"probe ws " + bare.URL + "/nowhere", badInput, "give the server's base address"},
		{"probe ws " + bare.URL + " --room a.b", badInput, `--room "a.b": want 1 to 64 characters of`},
		{"probe ws " + bare.URL + " --after -1", badInput, "--after"},
		{"probe ws https://127.0.0.1:1 --ca nowhere.pem", badInput, "nowhere.pem: no such file"},
		{"probe poll " + bare.URL + " --interval 0s", badInput, "--interval 0s: want at least 10ms"},
		{"probe ws http://" + closed, refused, "connection refused; is the server running there?"},
		{"probe ws http://" + closed + " --after 0", refused, "connection refused"},
		{"probe ws " + moved.URL, refused, "is redirected to " + moved.URL + "/elsewhere: redirects are not followed"},
		{"probe ws " + moved.URL + " --after 0", refused, "the server answered 302: a redirect to /elsewhere, which is not followed"},
		{"probe sse " + later.URL + " --after 5", refused, "trying again in .. the server answered 403"},
		{"probe ws " + answering(t, 200, "{}\x1b[2J"), refused, `found 200 OK with "{}\x1b[2J", want the room's last message; or use --after ID`},
	}
	for _, name := range transport.Names() {
		list = append(list,
			refusal{"probe " + name + " " + bare.URL, refused, "cannot be received over " + name + ": the server answered 404: there is nothing"},
			refusal{"probe " + name + " " + failing + " --after 0", refused, "cannot be received over " + name + ": the server answered 503: out of order"})
	}
	wantRefused(t, workplace(t), list)
}

func TestDemoAndServeRefuse(t *testing.T) {
	url, _ := serve(t)
	taken := strings.TrimPrefix(url, "http://")
	wantRefused(t, workplace(t), []refusal{
		{"demo --listen " + taken, refused, taken + " .. address already in use"},
		{"demo --listen 127.0.0.1:0 --room 'a b'", badInput, "--room a b .. a room name is"},
		{"run tiny.yaml --target " + url + " --target-pid 999999999", refused, "--target-pid: process 999999999: no such process .. omit the flag"},
	})
	for _, c := range []refusal{ // in the words of chatserver
		{"serve --listen " + taken, refused, "address already in use"},
		{"serve --history 0", badInput, "--history 0: want at least 1 message"},
		{"serve --histroy 5", badInput, "--histroy"},
	} {
		e := inside(t, words(c.args)...)
		assert.Check(t, e.code == c.code && strings.Contains(e.stderr, c.said), "%s: exit code %d: %s", c.args, e.code, e.stderr)
	}
}

// Opening a pipe waits for whoever is at its other end. What is named as a file
// is refused at once where it is none.
func TestPipesAreRefused(t *testing.T) {
	dir := workplace(t)
	for _, name := range []string{"good", "ordered", "noisy", "reported"} {
		write(t, filepath.Join(dir, name, result.FileName), lineOf(t, aTrial()))
	}
	o, err := order{File: "tiny.yaml", Source: tiny}.keep()
	assert.NilError(t, err)
	write(t, filepath.Join(dir, "begun", orderFile), string(o[orderFile]))
	for _, path := range []string{
		"pipe", "kept/" + control.Env().Machine() + ".json", "ordered/" + orderFile, "begun/" + result.FileName, "noisy/" + gate.NoiseFile, "reported/report.md",
	} {
		pipe(t, filepath.Join(dir, path))
	}
	const irregular, unread = "is not a regular file; give one", "is a pipe without a reader"
	wantRefused(t, dir, []refusal{
		{"run pipe", badInput, irregular},
		{"run /dev/zero", badInput, "scenario /dev/zero: " + irregular},
		{"run /dev/ptmx", badInput, irregular},
		{"run tiny.yaml --calibration pipe", badInput, irregular},
		{"run tiny.yaml --calibration kept", badInput, irregular},
		{"run tiny.yaml --target https://127.0.0.1:1 --target-ca pipe", badInput, irregular},
		{"check https://127.0.0.1:1 --ca pipe", badInput, irregular},
		{"probe ws https://127.0.0.1:1 --ca pipe", badInput, irregular},
		{"run --resume ordered", badInput, irregular},
		{"run --resume begun", badInput, irregular},
		{"report pipe", badInput, irregular},
		{"compare pipe good", badInput, irregular},
		{"compare good pipe", badInput, irregular},
		{"compare noisy good", badInput, irregular},
		{"compare noisy good --learn", badInput, irregular},
		{"ab . . tiny.yaml --noise pipe", badInput, irregular},
		{"ab . . pipe", badInput, irregular},
	})
	for _, line := range []string{"report reported", "compare good ordered --markdown pipe", "compare good ordered --junit pipe"} {
		e := inside(t, words(line)...)
		assert.Check(t, e.code == refused && strings.Contains(e.stderr, unread), "%s: exit code %d: %s", line, e.code, e.stderr)
	}
}
