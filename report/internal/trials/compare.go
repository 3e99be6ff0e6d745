package trials

// At names a transport at a point.
func At(transport, point string) string {
	if point == "" {
		return transport
	}
	return transport + " at " + point
}
