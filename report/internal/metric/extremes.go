package metric

// WeighedAll are the metrics by which all transports of a point are set beside
// each other.
var WeighedAll = []*Metric{&Latency50, &Stale, &Requests, &Bandwidth, &CpuPerClient, &MemoryPerClient}
