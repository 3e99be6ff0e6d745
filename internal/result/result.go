// Package result holds what happened: one [Trial] for each line of a run's
// trials.jsonl. The file is the only truth of a run; every table, chart and
// verdict is made from it and from nothing else.
//
// Units are base units, named by the suffix: _s seconds, _bytes bytes; all
// other numbers are counts, or shares between 0 and 1 (_share).
package result

import (
	"time"
)

// Schema is the version of the line format that this package writes.
const Schema = 2

// FileName is the name of the results file in a run's folder.
const FileName = "trials.jsonl"

// Status says how far a trial came.
type Status string

const (
	Complete Status = "complete" // all phases ran to their end
	Partial  Status = "partial"  // interrupted; holds what was measured until then
	Failed   Status = "failed"   // a process died, or the trial could not be run
)

// Validity says how far a trial's numbers can be trusted.
type Validity string

const (
	Valid   Validity = "valid"
	Suspect Validity = "suspect" // disturbed from outside, or too little was measured
	Invalid Validity = "invalid" // the number itself is broken; enters no verdict
)

// Reason is one doubt about a trial.
type Reason struct {
	Code     string   `json:"code"`     // stable, for programs: "publish_late"
	Validity Validity `json:"validity"` // what this reason alone makes of the trial
	Text     string   `json:"text"`     // what was found and what is allowed, for people
}

// Trial is one transport, run once with fresh processes. Unless a field says
// otherwise it covers the steady state only.
type Trial struct {
	Schema       int       `json:"schema"`
	Run          string    `json:"run"`
	Scenario     string    `json:"scenario"`
	ScenarioHash string    `json:"scenario_hash"` // of all that the scenario asks for, overrides included
	Flags        []string  `json:"flags"`         // that replaced keys of the scenario, each with its value
	Transport    string    `json:"transport"`
	Trial        int       `json:"trial"`   // from 1
	Attempt      int       `json:"attempt"` // from 1; 2 repeats a suspect first attempt
	Clients      int       `json:"clients"`
	Asked        Asked     `json:"asked"`
	Started      time.Time `json:"started"`
	WindowS      float64   `json:"window_s"` // the steady state as measured

	Status   Status   `json:"status"`
	Validity Validity `json:"validity"`
	Reasons  []Reason `json:"reasons"`

	// Messages due in the steady state, wherever their deliveries fall up to
	// the end of the drain.
	Offered    int64 `json:"offered"`    // due by the schedule
	Sent       int64 `json:"sent"`       // handed to the transport
	NotSent    int64 `json:"not_sent"`   // offered = sent + not sent
	Published  int64 `json:"published"`  // accepted by the server
	Expected   int64 `json:"expected"`   // published × clients of the room = delivered − duplicated + lost
	Delivered  int64 `json:"delivered"`  // duplicates included
	Lost       int64 `json:"lost"`       // never seen by a client that should have
	Duplicated int64 `json:"duplicated"` // seen again by the same client
	Reordered  int64 `json:"reordered"`  // seen after a later one

	// WindowDeliveries counts the deliveries that happened within the window,
	// whenever their messages were due: what bytes and CPU are divided by.
	WindowDeliveries int64 `json:"window_deliveries"`
	// WindowPublished counts the messages acknowledged within the window,
	// whenever they were due: what was achieved of the rate asked for.
	WindowPublished int64 `json:"window_published"`

	Requests    Requests         `json:"requests"`
	Connections Connections      `json:"connections"`
	Errors      map[string]int64 `json:"errors"` // by kind, in the whole trial
	Bytes       Bytes            `json:"bytes"`  // on the clients' connections

	Latency    *Quantiles `json:"latency_s"` // message due to message seen by a client
	LatencyHDR string     `json:"latency_hdr"`

	PublishLatency    *Quantiles `json:"publish_latency_s"` // message due to acknowledged
	PublishLatencyHDR string     `json:"publish_latency_hdr"`

	// Polling transports only.
	PollResponse    *Quantiles `json:"poll_response_s,omitempty"` // poll due to answered
	PollResponseHDR string     `json:"poll_response_hdr,omitempty"`
	PollService     *Quantiles `json:"poll_service_s,omitempty"` // poll sent to answered: hides what a stall delayed
	PollServiceHDR  string     `json:"poll_service_hdr,omitempty"`

	// PublishService is a message's way from being sent to acknowledged: the
	// uncorrected twin of PublishLatency.
	PublishService    *Quantiles `json:"publish_service_s"`
	PublishServiceHDR string     `json:"publish_service_hdr"`

	Fanout       *Fanout `json:"fanout_s"`
	StaleShare   float64 `json:"stale_share"` // mean over the clients
	ScheduleLate Late    `json:"schedule_late_s"`

	// Totals are of the whole trial, all phases, the controller's own requests
	// included: what an outside counter sees.
	Totals Totals `json:"totals"`
	// ServerTotals is the server's own count of the same, where it offers one,
	// read after Totals and before TotalsAfter, which differ by what passed
	// meanwhile, such as heartbeats.
	ServerTotals *Totals `json:"server_totals,omitempty"`
	TotalsAfter  Totals  `json:"totals_after"`

	Server    *Cost    `json:"server,omitempty"` // absent where the server's process is not known
	Generator Cost     `json:"generator"`        // all shards together
	Series    []Second `json:"series"`
	Env       Env      `json:"env"`
}

// Asked is what the scenario asked for: the inputs of the model.
type Asked struct {
	PublishRate   float64 `json:"publish_rate"` // messages per second and room
	Arrivals      string  `json:"arrivals"`     // "poisson" or "constant"
	PayloadBytes  int     `json:"payload_bytes"`
	PollIntervalS float64 `json:"poll_interval_s"`
	Paced         bool    `json:"paced"`                 // the transport polls at that interval
	WaitS         float64 `json:"wait_s,omitempty"`      // the transport asks again at once, and is answered after this time at the latest
	HeartbeatS    float64 `json:"heartbeat_s,omitempty"` // the same, but it is a heartbeat that ends the wait, and is answered
	BatchS        float64 `json:"batch_s,omitempty"`     // the server gathers messages for this time
	Rooms         int     `json:"rooms"`
	Publishers    int     `json:"publishers"` // publishing clients per room
	SteadyS       float64 `json:"steady_s"`
	Trials        int     `json:"trials"`
	Shards        int     `json:"shards"`  // loadgen processes used
	Servers       int     `json:"servers"` // chatserver processes used; 0 with a target
}

// Requests counts HTTP requests answered or failed: Total = Σ ByStatus + Errors.
type Requests struct {
	Total    int64            `json:"total"`
	ByStatus map[string]int64 `json:"by_status"` // key "200"; a WebSocket handshake is a "101"
	Errors   int64            `json:"errors"`    // no answer came
	Empty    int64            `json:"empty"`     // polls answered without a message
}

// Connections counts the clients' TCP connections.
type Connections struct {
	Held   int64 `json:"held"`   // open at the end of the steady state
	Opened int64 `json:"opened"` // in the whole trial
	Failed int64 `json:"failed"` // never came to be, in the whole trial
	Lost   int64 `json:"lost"`   // closed by the other side or broken, in the whole trial
}

// Bytes are counted at the connection: everything above TCP.
type Bytes struct {
	In  int64 `json:"in"`  // server to client
	Out int64 `json:"out"` // client to server
}

// Quantiles summarises a histogram, in seconds. A percentile that fewer than
// ten samples lie beyond is null, never a number: p99 takes 1,000 samples,
// p99.9 takes 10,000.
type Quantiles struct {
	P50  *float64 `json:"p50"`
	P90  *float64 `json:"p90"`
	P99  *float64 `json:"p99"`
	P999 *float64 `json:"p999"`
	Max  float64  `json:"max"`
	Mean float64  `json:"mean"`
	N    int64    `json:"n"`
}

// Fanout is the time from a message being due until 50 %, 99 % and all of the
// room's clients had it: the median and the worst over the messages.
type Fanout struct {
	T50      float64 `json:"t50"`
	T99      float64 `json:"t99"`
	T100     float64 `json:"t100"`
	T100Max  float64 `json:"t100_max"`
	Messages int64   `json:"messages"` // that reached every client
}

// Late tells how late the generator itself was with what it had to do.
type Late struct {
	Publish *Quantiles `json:"publish"`
	Poll    *Quantiles `json:"poll,omitempty"`
}

// Totals is what passes a point between clients and server.
type Totals struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections"`
	FramesIn    int64 `json:"frames_in"` // WebSocket frames, server to client
	FramesOut   int64 `json:"frames_out"`
	BytesIn     int64 `json:"bytes_in"` // server to client
	BytesOut    int64 `json:"bytes_out"`
}

// Cost is what one side's processes took, read from outside of them.
type Cost struct {
	Processes int     `json:"processes"`
	CPUUserS  float64 `json:"cpu_user_s"`
	CPUSysS   float64 `json:"cpu_sys_s"`

	RSSIdleBytes  int64 `json:"rss_idle_bytes"`  // before the first client
	RSSStartBytes int64 `json:"rss_start_bytes"` // at the start of the steady state
	RSSMeanBytes  int64 `json:"rss_mean_bytes"`
	RSSPeakBytes  int64 `json:"rss_peak_bytes"`

	// From inside a Go process that offers /metrics; zero elsewhere.
	Goroutines int64   `json:"goroutines,omitempty"`
	HeapBytes  int64   `json:"heap_bytes,omitempty"`
	StackBytes int64   `json:"stack_bytes,omitempty"`
	GCPauseS   float64 `json:"gc_pause_s,omitempty"`
	GCCycles   int64   `json:"gc_cycles,omitempty"`
}

// CPUS is user and system time together, in seconds.
func (c Cost) CPUS() float64 { return c.CPUUserS + c.CPUSysS }

// Second is one second of the trial, all shards together. T is its start, in
// seconds from the start of the warm-up: ramp-up seconds are negative.
type Second struct {
	T          float64 `json:"t"`
	Phase      string  `json:"phase"` // ramp-up, warm-up, steady or drain
	Clients    int64   `json:"clients"`
	Requests   int64   `json:"requests"`
	Published  int64   `json:"published"`
	Deliveries int64   `json:"deliveries"`
	BytesIn    int64   `json:"bytes_in"`
	BytesOut   int64   `json:"bytes_out"`

	ServerCPUS     float64 `json:"server_cpu_s"`
	ServerRSSBytes int64   `json:"server_rss_bytes"`
}

// Env is where a trial ran.
type Env struct {
	Go          string `json:"go"`
	Commit      string `json:"commit"` // of pollpush; "-dirty" marks uncommitted changes
	OS          string `json:"os"`
	Kernel      string `json:"kernel"`
	CPUModel    string `json:"cpu_model"`
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memory_bytes"`
	NoFile      int64  `json:"nofile"` // descriptors that one process may hold
	Target      string `json:"target,omitempty"`

	// Disturbance in the steady state, in cores: 0.1 is a tenth of one core.
	StealCores   float64  `json:"steal_cores"`
	ForeignCores *float64 `json:"foreign_cores"`      // taken by processes that are not the trial's; null where the server's process is not known
	CPUPressure  *float64 `json:"cpu_pressure_share"` // PSI "some", null where the kernel has none
}
