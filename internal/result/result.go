// Package result holds what happened: one [Trial] for each line of a run's
// trials.jsonl. The file is the only truth of a run; every table, chart and
// verdict is made from it and from nothing else.
//
// Units are base units, named by the suffix: _s seconds, _bytes bytes; all
// other numbers are counts, or shares between 0 and 1 (_share).
package result

import "time"

// Schema is the version of the line format that this package writes.
const Schema = 5

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
	Schema       int      `json:"schema"`
	Run          string   `json:"run"`
	Scenario     string   `json:"scenario"`
	ScenarioHash string   `json:"scenario_hash"`   // of all that the scenario asks for at this point, overrides included
	Swept        []string `json:"swept,omitempty"` // keys of which the run measures several values: its trials differ in their hashes
	Flags        []string `json:"flags"`           // that replaced keys of the scenario, each with its value
	// Limits are the relative changes that a comparison is to tolerate, by
	// metric, as the scenario has them.
	Limits    map[string]float64 `json:"limits,omitempty"`
	Transport string             `json:"transport"`
	Trial     int                `json:"trial"`   // from 1
	Attempt   int                `json:"attempt"` // from 1; a later one repeats one that was disturbed or interrupted
	Clients   int                `json:"clients"`
	Asked     Asked              `json:"asked"`
	Started   time.Time          `json:"started"`
	WindowS   float64            `json:"window_s"` // the steady state as measured

	Status   Status   `json:"status"`
	Validity Validity `json:"validity"`
	Reasons  []Reason `json:"reasons"`

	Counts
	// AnswerHeaders are the bytes of each line in the head of one poll's answer
	// with news, by the header's name; the status line has the name "".
	AnswerHeaders map[string]int64 `json:"answer_headers,omitempty"`
	Errors        map[string]int64 `json:"errors"` // by kind, in the whole trial
	Bytes         Bytes            `json:"bytes"`  // on the clients' connections
	// PhaseBytes are the same by phase, in order: all that passed in the trial.
	PhaseBytes []PhaseBytes `json:"phase_bytes"`
	// TCP is what the kernel counted beneath Bytes; absent where it reports none.
	TCP *TCP `json:"tcp,omitempty"`

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

	// The two legs of a delivery, which meet where the server accepts the
	// message: by its own clock, the message's "at", in whole milliseconds.
	// Absent where that clock cannot be held against the generator's.
	AcceptLatency    *Quantiles `json:"accept_latency_s,omitempty"` // message due to accepted; one sample for each message
	AcceptLatencyHDR string     `json:"accept_latency_hdr,omitempty"`
	DeliveryLeg      *Quantiles `json:"delivery_leg_s,omitempty"` // message accepted to seen by a client
	DeliveryLegHDR   string     `json:"delivery_leg_hdr,omitempty"`

	Fanout            *Fanout    `json:"fanout_s"`
	StaleShare        float64    `json:"stale_share"`         // mean over the clients
	StaleShareClients *Quantiles `json:"stale_share_clients"` // over the clients: shares, not seconds
	ScheduleLate      Late       `json:"schedule_late_s"`
	PauseS            float64    `json:"pause_s"` // longest time in which a shard stood still

	// Totals are of the whole trial, all phases, the controller's own requests
	// included: what an outside counter sees.
	Totals Totals `json:"totals"`
	// ServerTotals is the server's own count of the same, where it offers one,
	// read after Totals and before TotalsAfter, which differ by what passed
	// meanwhile, such as heartbeats.
	ServerTotals *Totals `json:"server_totals,omitempty"`
	TotalsAfter  Totals  `json:"totals_after"`

	Server    *Cost     `json:"server,omitempty"` // absent where the server's process is not known
	Generator Cost      `json:"generator"`        // all shards together
	Series    []Second  `json:"series"`
	Profiles  *Profiles `json:"profiles,omitempty"`
	// Calibration is what the machine is known to add; absent where it is not.
	Calibration *Calibration `json:"calibration,omitempty"`
	Env         Env          `json:"env"`
}

// Profiles are files in the run's folder, of the server's steady state.
type Profiles struct {
	CPU  string `json:"cpu"`
	Heap string `json:"heap"`
}

// Calibration is what `pollpush calibrate` found on the machine of the trial,
// for its transport, with or without TLS as the trial, at the size nearest to the
// trial's.
type Calibration struct {
	Measured time.Time  `json:"measured"`
	Commit   string     `json:"commit"`
	Clients  int        `json:"clients,omitempty"` // in all rooms
	Rooms    int        `json:"rooms,omitempty"`
	Floor    *Quantiles `json:"floor_s"` // delivery latency against a null target, less its known delay
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
	TLS           bool    `json:"tls,omitempty"`
	FreezeAtS     float64 `json:"freeze_at_s,omitempty"` // into the steady state: the server is stopped
	FreezeS       float64 `json:"freeze_s,omitempty"`    // for so long
	Rooms         int     `json:"rooms"`
	Publishers    int     `json:"publishers"` // publishing clients per room
	WarmUpS       float64 `json:"warm_up_s"`
	SteadyS       float64 `json:"steady_s"`
	Trials        int     `json:"trials"`
	// What else the run was to measure: the transports of this point, and the
	// hashes of all points.
	Transports []string `json:"transports,omitempty"`
	Points     []string `json:"points,omitempty"`
	Shards     int      `json:"shards"`  // loadgen processes used
	Servers    int      `json:"servers"` // chatserver processes used; 0 with a target
}

// Counts are what a shard counted, and what all of them did.
type Counts struct {
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

	Requests    Requests    `json:"requests"`
	Connections Connections `json:"connections"`
}

// Requests counts HTTP requests answered or failed: Total = Σ ByStatus + Errors.
type Requests struct {
	Total    int64            `json:"total"`
	ByStatus map[string]int64 `json:"by_status"` // key "200"; a WebSocket handshake is a "101"
	Errors   int64            `json:"errors"`    // no answer came
	Empty    int64            `json:"empty"`     // polls answered without a message
}

// Answered counts polls that were answered well: with news, or that there are none.
func (r Requests) Answered() int64 { return r.ByStatus["200"] + r.ByStatus["304"] }

// Connections counts the clients' TCP connections.
type Connections struct {
	Held int64 `json:"held"` // open at the end of the steady state
	// HeldMean is the mean over the steady state. A client that polls may hold
	// none between two polls.
	HeldMean float64 `json:"held_mean"`
	Opened   int64   `json:"opened"` // in the whole trial
	Failed   int64   `json:"failed"` // never came to be, in the whole trial
	Lost     int64   `json:"lost"`   // broken off by the other side, in the whole trial
	// Reconnects counts the connections that were opened in the steady state in
	// place of one that had ended: as its server had announced, while it was idle,
	// or broken off. Only the last are among Lost.
	Reconnects int64 `json:"reconnects"`

	Handshakes int64  `json:"handshakes,omitempty"` // of TLS, in the whole trial
	TLS        string `json:"tls,omitempty"`        // version and cipher suite
	Deflate    string `json:"deflate,omitempty"`    // what was agreed of permessage-deflate, where messages are not compressed each by itself
}

// Bytes are counted at the connection: everything above TCP.
type Bytes struct {
	In     int64  `json:"in"`  // server to client
	Out    int64  `json:"out"` // client to server
	Layers Layers `json:"layers"`
}

// Layers is what the bytes of each direction are made of.
type Layers struct {
	In  Layer `json:"in"`
	Out Layer `json:"out"`
}

// Layer is one direction's bytes from the inside out; the sum is all of them.
type Layer struct {
	Text        int64 `json:"text"`        // of messages, as it is in their JSON
	Envelope    int64 `json:"envelope"`    // JSON around the text, and JSON without any
	Compression int64 `json:"compression"` // what compressing added to the two: negative as a rule
	Protocol    int64 `json:"protocol"`    // headers, chunks, frames, events, packets
	TLS         int64 `json:"tls"`         // records and handshakes
}

// Sum is all bytes of the direction.
func (l Layer) Sum() int64 { return l.Text + l.Envelope + l.Compression + l.Protocol + l.TLS }

// The phases of a trial, in order.
var Phases = [...]string{"ramp-up", "warm-up", "steady", "drain"}

// PhaseBytes are the bytes of one phase.
type PhaseBytes struct {
	Phase string `json:"phase"`
	Bytes
}

// TCP is what the kernel reports of the clients' connections (TCP_INFO). On
// loopback a segment may hold 64 KiB, where a network has 1,500 bytes.
type TCP struct {
	In          Segments `json:"in"`
	Out         Segments `json:"out"`
	Retransmits int64    `json:"retransmits"` // by the clients' side
}

// Segments are one direction's.
type Segments struct {
	Segments     int64 `json:"segments"`      // all, acknowledgements included
	DataSegments int64 `json:"data_segments"` // those that carry bytes
	HeaderBytes  int64 `json:"header_bytes"`  // the IP and TCP headers of all
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

// Late reports how late the generator itself was with what it had to do.
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

	// What being connected takes: from before the first client until all are
	// connected and nothing is said yet.
	Before      *Memory `json:"before,omitempty"`
	Connected   *Memory `json:"connected,omitempty"`
	CPUConnectS float64 `json:"cpu_connect_s"`       // user and system time in between
	Descriptors int64   `json:"descriptors"`         // open at the end of the steady state
	Switches    int64   `json:"context_switches"`    // voluntary, in the steady state
	Preemptions int64   `json:"context_preemptions"` // involuntary

	// From inside a Go process that offers /metrics; zero elsewhere.
	Goroutines int64   `json:"goroutines,omitempty"`
	HeapBytes  int64   `json:"heap_bytes,omitempty"`
	StackBytes int64   `json:"stack_bytes,omitempty"`
	GCPauseS   float64 `json:"gc_pause_s,omitempty"`
	GCCycles   int64   `json:"gc_cycles,omitempty"`
}

// Memory is what processes hold at an instant.
type Memory struct {
	RSSBytes    int64 `json:"rss_bytes"`
	HeapBytes   int64 `json:"heap_bytes,omitempty"`  // in use; from inside a Go process
	StackBytes  int64 `json:"stack_bytes,omitempty"` // in use; from inside a Go process
	SocketBytes int64 `json:"socket_bytes"`          // of the kernel, for its sockets; in no RSS
}

// CPUS is user and system time together, in seconds.
func (c Cost) CPUS() float64 { return c.CPUUserS + c.CPUSysS }

// Second is one second of the trial, all shards together. T is its start, in
// seconds from the start of the warm-up: ramp-up seconds are negative.
type Second struct {
	T     float64 `json:"t"`
	Phase string  `json:"phase"` // ramp-up, warm-up, steady or drain
	SecondCounts
	ServerCPUS     float64 `json:"server_cpu_s"`
	ServerRSSBytes int64   `json:"server_rss_bytes"`
}

// SecondCounts is what shards count in each second.
type SecondCounts struct {
	Clients    int64 `json:"clients"` // that have joined by its end
	Requests   int64 `json:"requests"`
	Published  int64 `json:"published"`
	Deliveries int64 `json:"deliveries"`
	// Latencies are those deliveries by their latency; absent in older results. A
	// delivery belongs to the second in which it was seen, whenever it was due.
	Latencies Latencies `json:"latencies,omitempty"`
	Empty     int64     `json:"empty"` // polls answered without a message
	BytesIn   int64     `json:"bytes_in"`
	BytesOut  int64     `json:"bytes_out"`
}
