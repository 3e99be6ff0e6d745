package metric

// SweptColumns are the metrics that decide, beside each other.
var SweptColumns = []struct {
	Head string
	*Metric
}{
	{"requests per client", &Requests},
	{"latency, p50", &Latency50},
	{"p99", &Latency99},
	{"stale", &Stale},
	{"bytes per delivery, in", &BytesIn},
	{"out", &BytesOut},
	{"bandwidth per client", &Bandwidth},
	{"server CPU per client", &CpuPerClient},
	{"memory per client", &MemoryPerClient},
	{"lost", &Lost},
}
